"""Subscriptions: the order of checks, the handshake, limits, renewal (change-notifications.md, 1-3)."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from heliograph.simulator.clock import parse
from heliograph.simulator.switches import Switches
from tests.heliograph.simulator.receiver_keys import certificate


def _certificate(key: Any) -> str:
    return base64.b64encode(certificate(key)).decode()


async def _refused(scene: Any, **changes: Any) -> dict[str, Any]:
    wish = {**scene.wish("users"), **changes}
    wish = {name: value for name, value in wish.items() if value != "absent"}
    answer = await scene.graph.post("/subscriptions", json=wish)
    assert answer.status_code >= 400, answer.text
    error = answer.json()["error"]
    return {"status": answer.status_code, "code": error["code"], "message": error["message"]}


async def test_row_3_both_urls_are_asked_to_echo_a_sentence(scene: Any) -> None:
    made = await scene.subscribe("users")
    assert made["@odata.context"].endswith("$metadata#subscriptions/$entity")
    first, second = sorted(scene.receiver.handshakes, key=lambda request: request.target)
    assert first.target.startswith("/lifecycle?validationToken=")
    assert second.target.startswith("/notify?route=a&validationToken=")
    for request in (first, second):
        assert request.method == "POST"
        assert request.body == b""
        assert request.headers["content-type"] == "text/plain; charset=utf-8"
        assert request.query["validationToken"][0].startswith(
            "Validation: Testing client application reachability for subscription Request-Id: "
        )


async def test_row_3_spaces_are_written_in_both_ways(scene: Any) -> None:
    for number in range(8):
        await scene.subscribe(f"users/{number}")
    forms = {"+" in request.target for request in scene.receiver.handshakes}
    assert forms == {True, False}


@pytest.mark.parametrize(
    ("spaces", "written"), [("+", "Validation%3a+"), ("%20", "Validation%3A%20")]
)
async def test_row_3_spaces_are_written_as_the_switch_says(
    stage: Any, spaces: Any, written: str
) -> None:
    async with stage(switches=Switches(handshake_spaces=spaces)) as scene:
        for number in range(4):
            await scene.subscribe(f"users/{number}")
        assert all(written in request.target for request in scene.receiver.handshakes)


async def test_row_3_what_endpoints_answered_can_be_read(scene: Any) -> None:
    await scene.subscribe("users", lifecycleNotificationUrl=None)
    good = scene.receiver.reply
    scene.receiver.reply = lambda request: replace(good(request), status=403)
    await _refused(scene, resource="groups")
    told = (await scene.control("GET", "handshakes")).json()["value"]
    assert [one["status"] for one in told] == [200, 403, 403]
    assert told[0]["fault"] is None
    assert "'Forbidden'" in told[1]["fault"]


@pytest.mark.parametrize("on", ["/notify", "/lifecycle"])
@pytest.mark.parametrize(
    ("fault", "code", "text"),
    [
        ({"status": 202}, "ValidationError", "HTTP status code is 'Accepted'"),
        ({"status": 403}, "ValidationError", "HTTP status code is 'Forbidden'"),
        ({"content_type": "text/html"}, "ValidationError", "must respond with 200 OK"),
        ({"body": b'"quoted"'}, "ValidationError", "must respond with 200 OK"),
        ({"after": 1.0}, "InvalidRequest", "Subscription validation request timed out."),
    ],
    ids=["202", "403", "html", "quoted", "slow"],
)
async def test_row_3_wrong_answer_refuses_the_subscription(
    stage: Any, on: str, fault: dict[str, Any], code: str, text: str
) -> None:
    async with stage(handshake_timeout=0.2) as scene:
        good = scene.receiver.reply

        def reply(request: Any) -> Any:
            faulty = request.target.startswith(on)
            return replace(good(request), **fault) if faulty else good(request)

        scene.receiver.reply = reply
        assert text in (refusal := await _refused(scene))["message"]
        assert (refusal["status"], refusal["code"]) == (400, code)
        assert (await scene.graph.get("/subscriptions")).json()["value"] == []


async def test_row_3_dead_endpoint_refuses_the_subscription(scene: Any) -> None:
    refusal = await _refused(scene, notificationUrl="https://127.0.0.1:1/notify")
    assert refusal["message"].startswith("The underlying connection was closed")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"changeType": "absent"}, "changeType is a required property"),
        ({"expirationDateTime": "absent"}, "expirationDateTime is a required property"),
        ({"expirationDateTime": "2030-01-01T00:00:00"}, "Could not process subscription"),
        ({"expirationDateTime": "2020-01-01T00:00:00Z"}, "in the future"),
        ({"changetype": "updated"}, "Could not process subscription creation payload"),
        ({"notificationUrl": "http://example.com/"}, "scheme='http' is not supported."),
        ({"notificationUrl": "ftp://localhost/"}, "scheme='ftp' is not supported."),
        ({"changeType": "created"}, "Invalid 'changeType' attribute: 'created'."),
        ({"changeType": "updated,moved"}, "Invalid 'changeType' attribute"),
        ({"resource": "drives"}, "not supported"),
        ({"resource": "me/messages"}, "/me request is only valid"),
        ({"clientState": "x" * 129}, "at most 128"),
        ({"latestSupportedTlsVersion": "v9"}, "latestSupportedTlsVersion"),
        ({"vapidPublicKey": "x"}, "Web push"),
        ({"includeResourceData": True}, "Resource data is not supported"),
    ],
)
async def test_row_2_bad_payload_is_refused_before_any_handshake(
    scene: Any, changes: dict[str, Any], text: str
) -> None:
    refusal = await _refused(scene, **changes)
    assert refusal["status"] == 400
    assert text in refusal["message"]
    assert scene.receiver.handshakes == []


@pytest.mark.parametrize(
    ("resource", "minutes"),
    [("users", 41_760), ("users/{id}/messages", 10_070), ("users/{id}/events", 10_070)],
)
async def test_row_5_expiration_over_the_maximum_is_refused_after_the_handshake(
    scene: Any, resource: str, minutes: int
) -> None:
    resource = resource.replace("{id}", (await scene.users())[0]["id"])
    later = (datetime.now(UTC) + timedelta(minutes=minutes + 2)).isoformat()
    refusal = await _refused(scene, resource=resource, expirationDateTime=later)
    assert refusal["code"] == "ExtensionError"
    assert f"can only be {minutes} minutes in the future" in refusal["message"]
    assert len(scene.receiver.handshakes) == 2
    await scene.subscribe(
        resource,
        expirationDateTime=(datetime.now(UTC) + timedelta(minutes=minutes)).isoformat(),
    )


async def test_row_5_short_expiration_is_raised(scene: Any) -> None:
    soon = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    made = await scene.subscribe("users", expirationDateTime=soon)
    life = parse(made["expirationDateTime"]) - datetime.now(UTC)
    assert timedelta(minutes=44) < life <= timedelta(minutes=45)


async def test_row_4_duplicate_is_409_and_another_change_type_is_not(scene: Any) -> None:
    made = await scene.subscribe("users", "updated,deleted")
    refusal = await _refused(scene, resource="/Users", changeType="deleted,updated")
    assert refusal["status"] == 409
    assert made["id"] in refusal["message"]
    await scene.subscribe("users", "updated")


async def test_row_4_duplicates_pass_where_the_switch_says_so(stage: Any) -> None:
    async with stage(switches=Switches(refuse_duplicates=False)) as scene:
        one, two = await scene.subscribe("users"), await scene.subscribe("users")
        assert one["id"] != two["id"]


async def test_row_4_quotas_refuse_with_403(stage: Any) -> None:
    async with stage(directory_quota=1, mailbox_quota=1) as scene:
        user = (await scene.users())[0]["id"]
        await scene.subscribe("users")
        await scene.subscribe(f"users/{user}/messages", "created")
        for resource in ("groups", f"users/{user}/events"):
            refusal = await _refused(scene, resource=resource)
            assert (refusal["status"], refusal["code"]) == (403, "ExtensionError")
            assert "Maximum number of subscriptions" in refusal["message"]


async def test_row_4_default_quotas_are_those_of_graph(scene: Any) -> None:
    chosen = scene.simulator.world.options
    assert (chosen.directory_quota, chosen.mailbox_quota) == (100, 1_000)
    assert (chosen.tenant_quota, chosen.app_quota) == (1_000, 50_000)


@pytest.mark.parametrize("quota", ["directory_quota", "tenant_quota", "app_quota"])
async def test_row_4_each_quota_of_the_directory_refuses(stage: Any, quota: str) -> None:
    async with stage(**{quota: 2}) as scene:
        first = await scene.subscribe("users")
        await scene.subscribe("groups")
        assert (await _refused(scene, resource="users/x"))["status"] == 403
        await scene.graph.delete(f"/subscriptions/{first['id']}")
        await scene.subscribe("users/x")


async def test_row_4_http_to_anything_but_loopback_is_refused_as_graph_does(stage: Any) -> None:
    async with stage() as scene:
        refusal = await _refused(scene, notificationUrl="http://192.0.2.1/notify")
        assert refusal["message"] == "NotificationUrl scheme='http' is not supported."
        await scene.subscribe("users")
    async with stage(allow_http=False) as strict:
        refusal = await _refused(strict)
        assert refusal["message"] == "NotificationUrl scheme='http' is not supported."


async def test_row_2_missing_permission_is_told_after_the_handshake(stage: Any) -> None:
    async with stage(permissions=("User.ReadWrite.All",)) as scene:
        refusal = await _refused(scene)
        assert (refusal["status"], refusal["code"]) == (403, "ExtensionError")
        assert len(scene.receiver.handshakes) == 2


async def test_unknown_mailbox_is_told_by_the_workload(scene: Any) -> None:
    refusal = await _refused(scene, resource="users/nobody@contoso.example/messages")
    assert (refusal["status"], refusal["code"]) == (404, "ExtensionError")


async def test_row_6_created_among_others_is_accepted_but_for_the_switch(stage: Any) -> None:
    async with stage() as scene:
        await scene.subscribe("users", "Updated,Deleted,Created")
    async with stage(switches=Switches(refuse_created=True)) as scene:
        refusal = await _refused(scene, changeType="updated,created")
        assert refusal["message"] == "Invalid 'changeType' attribute: 'created'."


async def _many(scene: Any, count: int) -> None:
    """So many subscriptions, all but the first of them without a handshake."""
    registry = scene.simulator.world.registry
    first = registry.get((await scene.subscribe("users"))["id"])
    for number in range(1, count):
        registry.add(replace(first, id=f"00000000-0000-4000-8000-{number:012d}"))


async def test_row_7_list_hides_client_state_and_pages_and_knows_no_options(scene: Any) -> None:
    await _many(scene, 101)
    first = (await scene.graph.get("/subscriptions")).json()
    second = (await scene.graph.get(first["@odata.nextLink"])).json()
    assert (len(first["value"]), len(second["value"])) == (100, 1)
    assert "@odata.nextLink" not in second
    assert {item["clientState"] for item in first["value"]} == {None}
    one = await scene.graph.get(f"/subscriptions/{second['value'][0]['id']}")
    assert one.json()["clientState"] == "state"
    assert (await scene.graph.get("/subscriptions?$top=5")).status_code == 400


async def test_row_7_pages_stay_whole_while_subscriptions_go(scene: Any) -> None:
    await _many(scene, 250)
    page = (await scene.graph.get("/subscriptions")).json()
    seen = [item["id"] for item in page["value"]]
    for id_ in seen[:50]:
        await scene.graph.delete(f"/subscriptions/{id_}")
    while link := page.get("@odata.nextLink"):
        page = (await scene.graph.get(link)).json()
        seen += [item["id"] for item in page["value"]]
    assert len(seen) == len(set(seen)) == 250


async def test_row_7_list_shows_only_the_subscriptions_of_the_app(scene: Any) -> None:
    made = await scene.subscribe("users")
    registry = scene.simulator.world.registry
    mine = registry.get(made["id"])
    registry.add(replace(mine, id="00000000-0000-4000-8000-000000000001", application_id="other"))
    listed = (await scene.graph.get("/subscriptions")).json()["value"]
    assert [item["id"] for item in listed] == [made["id"]]


async def test_row_7_signed_in_user_sees_his_own_subscriptions_only(scene: Any) -> None:
    """By app, by user, and the whole directory for a Global Administrator (1.3)."""
    one, two = (await scene.users())[:2]
    mine, others = [
        await scene.signed_in(user["userPrincipalName"], "Mail.Read") for user in (one, two)
    ]
    wish = scene.wish("me/messages", "created")
    made = (await scene.graph.post("/subscriptions", json=wish, headers=mine)).json()
    of_app = await scene.subscribe("users")

    async def seen(headers: Any = None) -> set[str]:
        value = (await scene.graph.get("/subscriptions", headers=headers)).json()["value"]
        return {item["id"] for item in value}

    assert await seen(mine) == {made["id"]}
    assert await seen(others) == set()
    assert await seen() == {made["id"], of_app["id"]}
    path = f"/subscriptions/{made['id']}"
    assert (await scene.graph.get(path, headers=others)).status_code == 404
    assert (await scene.graph.delete(path, headers=others)).status_code == 404
    assert (await scene.graph.get(path, headers=mine)).json()["clientState"] == "state"
    reader = await scene.signed_in(one["userPrincipalName"], "Subscription.Read.All")
    assert made["id"] in await seen(reader)


async def test_row_8_patch_renews_and_moves_and_never_adds_a_lifecycle_url(scene: Any) -> None:
    made = await scene.subscribe("users", lifecycleNotificationUrl=None)
    path = f"/subscriptions/{made['id']}"
    later = (datetime.now(UTC) + timedelta(hours=30)).isoformat()
    changed = await scene.graph.patch(
        path,
        json={"expirationDateTime": later, "lifecycleNotificationUrl": scene.receiver.url},
    )
    assert changed.status_code == 200
    assert changed.json()["lifecycleNotificationUrl"] is None
    assert parse(changed.json()["expirationDateTime"]) > parse(made["expirationDateTime"])
    assert len(scene.receiver.handshakes) == 1
    moved = await scene.graph.patch(path, json={"notificationUrl": f"{scene.receiver.url}/new"})
    assert moved.json()["notificationUrl"].endswith("/new")
    assert len(scene.receiver.handshakes) == 2
    refused = await scene.graph.patch(path, json={"clientState": "other"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "InvalidRequest")


async def test_row_8_patch_needs_the_permission_still(scene: Any) -> None:
    made = await scene.subscribe("users")
    path = f"/subscriptions/{made['id']}"
    revoked = {"revoke": ["User.Read.All", "Directory.Read.All"]}
    assert (await scene.control("POST", "permissions", json=revoked)).status_code == 200
    assert (await scene.graph.get(path)).status_code == 401
    await scene.renew_token()
    later = {"expirationDateTime": (datetime.now(UTC) + timedelta(hours=30)).isoformat()}
    for refused in (
        await scene.graph.patch(path, json=later),
        await scene.graph.post(f"{path}/reauthorize"),
    ):
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "ExtensionError")
    await scene.control("POST", "permissions", json={"grant": ["User.Read.All"]})
    await scene.renew_token()
    assert (await scene.graph.patch(path, json=later)).status_code == 200


async def test_row_8_renewal_may_ask_the_receiver_again(stage: Any) -> None:
    async with stage(switches=Switches(handshake_on_renewal=True)) as scene:
        made = await scene.subscribe("users")
        later = (datetime.now(UTC) + timedelta(hours=30)).isoformat()
        await scene.graph.patch(f"/subscriptions/{made['id']}", json={"expirationDateTime": later})
        assert len(scene.receiver.handshakes) == 3


async def test_row_8_reauthorize_is_204_and_leaves_the_expiry(scene: Any) -> None:
    made = await scene.subscribe("users")
    path = f"/subscriptions/{made['id']}"
    answer = await scene.graph.post(f"{path}/reauthorize")
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await scene.graph.get(path)).json()["expirationDateTime"] == made["expirationDateTime"]


async def test_row_4_and_9_expired_or_deleted_subscription_is_404(scene: Any) -> None:
    gone, expiring = await scene.subscribe("users"), await scene.subscribe("groups")
    assert (await scene.graph.delete(f"/subscriptions/{gone['id']}")).status_code == 204
    await scene.advance(hours=21)
    later = {"expirationDateTime": "2099-01-01T00:00:00Z"}
    for id_ in (gone["id"], expiring["id"], "nonsense"):
        path = f"/subscriptions/{id_}"
        for answer in (
            await scene.graph.get(path),
            await scene.graph.patch(path, json=later),
            await scene.graph.post(f"{path}/reauthorize"),
            await scene.graph.delete(path),
        ):
            assert answer.status_code == 404
            assert answer.json()["error"]["message"] == "The object was not found."


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"encryptionCertificate": "absent"}, "encryptionCertificate is a required"),
        ({"encryptionCertificate": "bm9uc2Vuc2U="}, "Certificate validation error"),
        ({"encryptionCertificate": "elliptic"}, "Certificate validation error"),
        ({"encryptionCertificateId": "absent"}, "encryptionCertificateId"),
        ({"resource": "users/{id}/messages"}, "needs a $select"),
        ({"resource": "users/{id}/messages?$select=body"}, "not supported with resource data"),
        ({"resource": "users/{id}/messages?$select=id&$top=1"}, "not supported with"),
    ],
    ids=["none", "unreadable", "elliptic", "no-id", "no-select", "body", "top"],
)
async def test_row_19_rich_subscription_needs_certificate_and_select(
    scene: Any, changes: dict[str, Any], text: str
) -> None:
    user = (await scene.users())[0]["id"]
    base = {
        "resource": "users/{id}/messages?$select=subject",
        "includeResourceData": True,
        "encryptionCertificate": _certificate(rsa.generate_private_key(65537, 2048)),
        "encryptionCertificateId": "one",
        **changes,
    }
    if base["encryptionCertificate"] == "elliptic":
        base["encryptionCertificate"] = _certificate(ec.generate_private_key(ec.SECP256R1()))
    base["resource"] = base["resource"].replace("{id}", user)
    refusal = await _refused(scene, **base)
    assert refusal["status"] == 400
    assert text in refusal["message"]


async def test_row_5_rich_subscription_lives_a_day(scene: Any) -> None:
    user = (await scene.users())[0]["id"]
    later = (datetime.now(UTC) + timedelta(minutes=1_445)).isoformat()
    refusal = await _refused(
        scene,
        resource=f"users/{user}/messages?$select=subject",
        includeResourceData=True,
        encryptionCertificate=_certificate(rsa.generate_private_key(65537, 2048)),
        encryptionCertificateId="one",
        expirationDateTime=later,
    )
    assert "1440 minutes" in refusal["message"]
