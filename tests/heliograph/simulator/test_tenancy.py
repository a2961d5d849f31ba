"""More than one tenant on one simulator: each has its own people, tokens and subscriptions."""

import base64
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.heliograph.simulator.receiver_keys import certificate


async def _tenants(scene: Any) -> list[dict[str, str]]:
    value = (await scene.control("GET", "tenants")).json()["value"]
    return [dict(one) for one in value]


async def _token(scene: Any, tenant: str) -> dict[str, str]:
    ready = scene.simulator.ready
    answer = await scene.graph.post(
        f"{ready['authority']}/{tenant}/oauth2/v2.0/token",
        data={
            "client_id": ready["client_id"],
            "client_secret": ready["client_secret"],
            "grant_type": "client_credentials",
            "scope": "https://graph.microsoft.com/.default",
        },
    )
    assert answer.status_code == 200, answer.text
    return {"authorization": f"Bearer {answer.json()['access_token']}"}


async def test_a_token_of_each_tenant_sees_its_people_only(stage: Any) -> None:
    async with stage(tenants=2) as scene:
        one, two = await _tenants(scene)
        assert one["tenantId"] == scene.simulator.ready["tenant_id"]
        assert (one["clientId"], one["domain"]) == (two["clientId"], "contoso.example")
        seen: dict[str, set[str]] = {}
        for tenant in (one, two):
            for name in (tenant["tenantId"], tenant["domain"]):
                headers = await _token(scene, name)
                users = (await scene.graph.get("/users", headers=headers)).json()["value"]
                assert {user["mail"].partition("@")[2] for user in users} == {tenant["domain"]}
                seen[name] = {user["id"] for user in users}
        assert not seen[one["domain"]] & seen[two["domain"]]


async def test_control_is_aimed_at_a_tenant_by_its_name(stage: Any) -> None:
    async with stage(tenants=2) as scene:
        _, two = await _tenants(scene)
        made = await scene.control(
            "POST", f"activity?tenant={two['domain']}", json={"event": "users.created"}
        )
        assert made.json()["userPrincipalName"] == f"new.hire@{two['domain']}"
        state = (await scene.control("GET", f"state?tenant={two['tenantId']}")).json()
        assert (state["tenantId"], state["users"]) == (two["tenantId"], 13)
        assert (await scene.control("GET", "state")).json()["users"] == 12


async def test_row_13_and_19_tenants_of_one_url_share_a_post_with_a_token_for_each(
    stage: Any,
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    rich = {
        "includeResourceData": True,
        "encryptionCertificate": base64.b64encode(certificate(key)).decode(),
        "encryptionCertificateId": "one",
    }
    async with stage(tenants=2, flush_after=0.2) as scene:
        tenants = await _tenants(scene)
        people = []
        for tenant in tenants:
            headers = await _token(scene, tenant["tenantId"])
            user = (await scene.graph.get("/users", headers=headers)).json()["value"][0]["id"]
            people.append(user)
            wish = scene.wish(f"users/{user}/messages?$select=subject", "created", **rich)
            made = await scene.graph.post("/subscriptions", json=wish, headers=headers)
            assert made.status_code == 201, made.text
        for tenant, user in zip(tenants, people, strict=True):
            event = {"event": "messages.received", "user": user}
            await scene.control("POST", f"activity?tenant={tenant['tenantId']}", json=event)
        (post,) = await scene.receiver.posted()
    body = post.json()
    ids = [tenant["tenantId"] for tenant in tenants]
    assert [item["tenantId"] for item in body["value"]] == ids
    claims = [
        jwt.decode(one, options={"verify_signature": False}) for one in body["validationTokens"]
    ]
    assert [one["tid"] for one in claims] == ids
    assert {one["aud"] for one in claims} == {scene.simulator.ready["client_id"]}


async def test_row_10_changes_of_one_tenant_are_not_told_to_another(stage: Any) -> None:
    async with stage(tenants=2) as scene:
        _, two = await _tenants(scene)
        headers = await _token(scene, two["tenantId"])
        for sender in (None, headers):
            made = await scene.graph.post(
                "/subscriptions", json=scene.wish("users"), headers=sender
            )
            assert made.status_code == 201, made.text
        await scene.control(
            "POST", f"activity?tenant={two['tenantId']}", json={"event": "users.updated"}
        )
        await scene.control("GET", "deliveries?wait=5")
        assert {item["tenantId"] for item in scene.receiver.items} == {two["tenantId"]}


async def test_row_7_subscriptions_of_another_tenant_are_unknown(stage: Any) -> None:
    async with stage(tenants=2) as scene:
        _, two = await _tenants(scene)
        headers = await _token(scene, two["tenantId"])
        mine = await scene.subscribe("users")
        path = f"/subscriptions/{mine['id']}"
        assert (await scene.graph.get(path, headers=headers)).status_code == 404
        listed: httpx.Response = await scene.graph.get("/subscriptions", headers=headers)
        assert listed.json()["value"] == []


async def test_discovery_names_the_tenant_that_was_asked_for(stage: Any) -> None:
    async with stage(tenants=2) as scene:
        authority = scene.simulator.ready["authority"]
        for tenant in await _tenants(scene):
            url = f"{authority}/{tenant['tenantId']}/v2.0/.well-known/openid-configuration"
            assert tenant["tenantId"] in (await scene.graph.get(url)).json()["issuer"]
