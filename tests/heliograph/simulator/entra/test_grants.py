"""Each way to ask for tokens, and what it is refused for."""

from typing import Any

import pytest

from tests.heliograph.simulator.entra.conftest import claims, refused

DELEGATED = "User.Read Mail.Read openid profile offline_access"


@pytest.mark.parametrize("name", ["own", "domain"])
async def test_app_gets_a_token_by_its_secret(scene: Any, ask: Any, name: str) -> None:
    tenant = "" if name == "own" else scene.simulator.world.tenant.domain
    answer = await ask(
        tenant=tenant,
        grant_type="client_credentials",
        scope="https://graph.microsoft.com/.default",
    )
    assert answer.json()["expires_in"] == 3599
    assert "refresh_token" not in answer.json()
    token = claims(answer.json()["access_token"])
    assert (token["idtyp"], token["aud"]) == ("app", "https://graph.microsoft.com")
    assert "User.ReadWrite.All" in token["roles"]
    assert "scp" not in token


async def test_app_may_send_its_secret_by_http_basic(scene: Any) -> None:
    ready = scene.simulator.ready
    answer = await scene.graph.post(
        f"{ready['authority']}/{ready['tenant_id']}/oauth2/v2.0/token",
        data={"grant_type": "client_credentials", "scope": f"{ready['graph']}/.default"},
        auth=(ready["client_id"], ready["client_secret"]),
    )
    assert answer.status_code == 200, answer.text


async def test_older_protocol_names_a_resource_and_answers_numbers_as_text(ask: Any) -> None:
    answer = await ask(
        path="oauth2/token", grant_type="client_credentials", resource="https://graph.microsoft.com"
    )
    assert answer.json()["expires_in"] == "3599"
    assert int(answer.json()["expires_on"]) > 0
    assert answer.json()["resource"] == "https://graph.microsoft.com"


async def test_password_brings_tokens_for_a_signed_in_user(
    scene: Any, ask: Any, person: Any
) -> None:
    answer = await ask(
        tenant="organizations",
        grant_type="password",
        username=person["userPrincipalName"],
        password="Simulated-1234",
        scope=DELEGATED,
        client_info="1",
    )
    body = answer.json()
    token, identity = claims(body["access_token"]), claims(body["id_token"])
    assert token["scp"] == "User.Read Mail.Read openid profile"
    assert (token["oid"], token["upn"]) == (person["id"], person["userPrincipalName"])
    assert "roles" not in token
    assert identity["preferred_username"] == person["userPrincipalName"]
    assert identity["aud"] == scene.simulator.ready["client_id"]
    assert {"refresh_token", "client_info"} <= set(body)
    me = await scene.graph.get("/me", headers={"authorization": f"Bearer {body['access_token']}"})
    assert me.json()["id"] == person["id"]


async def test_created_user_signs_in_with_the_password_of_the_profile(scene: Any, ask: Any) -> None:
    new = {
        "accountEnabled": True,
        "displayName": "Ada Quist",
        "mailNickname": "ada",
        "userPrincipalName": "ada@contoso.example",
        "passwordProfile": {"password": "Correct-Horse-1"},
    }
    await scene.graph.post("/users", json=new)
    form = {"grant_type": "password", "username": "ada@contoso.example", "scope": "User.Read"}
    assert (await ask(**form, password="Correct-Horse-1")).status_code == 200
    assert refused(await ask(**form, password="Simulated-1234")) == (400, "invalid_grant", 50126)


async def test_refresh_token_brings_new_tokens_until_sessions_are_revoked(
    scene: Any, ask: Any, person: Any
) -> None:
    first = await ask(
        grant_type="password",
        username=person["userPrincipalName"],
        password="Simulated-1234",
        scope=DELEGATED,
    )
    form = {"grant_type": "refresh_token", "refresh_token": first.json()["refresh_token"]}
    second = await ask(**form, scope="User.Read")
    assert claims(second.json()["access_token"])["scp"] == "User.Read"
    assert second.json()["refresh_token"] != first.json()["refresh_token"]
    whole = await ask(**form)
    assert claims(whole.json()["access_token"])["scp"] == "User.Read Mail.Read openid profile"
    await scene.advance(seconds=5)
    revoked = await scene.graph.post(f"/users/{person['id']}/revokeSignInSessions")
    assert revoked.json()["value"] is True
    assert refused(await ask(**form)) == (400, "invalid_grant", 50173)


async def test_refresh_token_runs_out_after_90_days(scene: Any, ask: Any, person: Any) -> None:
    first = await ask(
        grant_type="password",
        username=person["userPrincipalName"],
        password="Simulated-1234",
        scope=DELEGATED,
    )
    await scene.advance(days=91)
    answer = await ask(grant_type="refresh_token", refresh_token=first.json()["refresh_token"])
    assert refused(answer) == (400, "invalid_grant", 70008)


async def test_device_is_let_in_by_its_second_poll(ask: Any) -> None:
    device = (await ask(path="oauth2/v2.0/devicecode", scope=DELEGATED, client_secret="")).json()
    assert device["user_code"] in device["message"]
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": device["device_code"],
        "client_secret": "",
    }
    assert refused(await ask(**form)) == (400, "authorization_pending", 70016)
    answer = await ask(**form)
    assert claims(answer.json()["access_token"])["appidacr"] == "0"
    assert refused(await ask(**form)) == (400, "bad_verification_code", 70018)


async def test_device_may_wait_for_somebody_who_enters_its_code(scene: Any, ask: Any) -> None:
    await scene.control("POST", "switches", json={"devicesWait": True})
    people = await scene.users()
    form = {"grant_type": "device_code"}
    outcomes = []
    for wish in ({"user": people[3]["userPrincipalName"]}, {}):
        device = (await ask(path="oauth2/v2.0/devicecode", scope=DELEGATED)).json()
        for _ in range(3):
            pending = await ask(**form, device_code=device["device_code"])
            assert pending.json()["error"] == "authorization_pending"
        entered = await scene.control(
            "POST", "devices", json={"userCode": device["user_code"].lower(), **wish}
        )
        assert entered.status_code == 200, entered.text
        outcomes.append((await ask(**form, device_code=device["device_code"])).json())
    assert claims(outcomes[0]["access_token"])["oid"] == people[3]["id"]
    assert outcomes[1]["error"] == "authorization_declined"


async def test_person_lets_a_device_in_on_the_page_that_it_names(scene: Any, ask: Any) -> None:
    await scene.control("POST", "switches", json={"devicesWait": True})
    person = (await scene.users())[2]
    device = (await ask(path="oauth2/v2.0/devicecode", scope=DELEGATED)).json()
    page = device["verification_uri"]
    assert "user_code" in (await scene.graph.get(page)).text
    name = person["userPrincipalName"]
    wrong = await scene.graph.post(page, data={"user_code": "NONE", "user": name})
    assert wrong.status_code == 400
    done = await scene.graph.post(page, data={"user_code": device["user_code"], "user": name})
    assert done.status_code == 200
    answer = await ask(grant_type="device_code", device_code=device["device_code"])
    assert claims(answer.json()["access_token"])["upn"] == name


async def test_device_code_runs_out(scene: Any, ask: Any) -> None:
    device = (await ask(path="oauth2/v2.0/devicecode", scope=DELEGATED)).json()
    await scene.advance(minutes=15)
    answer = await ask(grant_type="device_code", device_code=device["device_code"])
    assert refused(answer) == (400, "expired_token", 70020)


@pytest.mark.parametrize(
    ("form", "outcome"),
    [
        ({"client_secret": "wrong"}, (401, "invalid_client", 7000215)),
        ({"client_secret": ""}, (401, "invalid_client", 7000216)),
        ({"client_id": "00000000"}, (400, "unauthorized_client", 700016)),
        ({"client_id": ""}, (400, "invalid_request", 900144)),
        ({"scope": "https://elsewhere/.default"}, (400, "invalid_scope", 70011)),
        ({"scope": "https://graph.microsoft.com/User.Read"}, (400, "invalid_scope", 1002012)),
        ({"scope": "User.Read"}, (400, "invalid_scope", 1002012)),
        ({"scope": ""}, (400, "invalid_request", 900144)),
        ({"grant_type": "magic"}, (400, "unsupported_grant_type", 70003)),
        ({"grant_type": ""}, (400, "invalid_request", 900144)),
        ({"tenant": "nowhere.example"}, (400, "invalid_request", 90002)),
        ({"tenant": "common"}, (400, "invalid_request", 50059)),
        ({"grant_type": "password"}, (400, "invalid_request", 900144)),
        ({"grant_type": "password", "username": "nobody"}, (400, "invalid_grant", 50034)),
        ({"grant_type": "authorization_code"}, (400, "invalid_request", 900144)),
        (
            {"grant_type": "authorization_code", "code": "1.x", "redirect_uri": "http://x"},
            (400, "invalid_grant", 70000),
        ),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, (400, "invalid_grant", 9002313)),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
async def test_row_1_refusals_have_the_envelope_of_entra(
    ask: Any, form: dict[str, str], outcome: tuple[int, str, int]
) -> None:
    usual = {
        "grant_type": "client_credentials",
        "scope": "https://graph.microsoft.com/.default",
        "password": "Simulated-1234",
    }
    answer = await ask(**{**usual, **form})
    assert refused(answer) == outcome
    assert {"timestamp", "trace_id", "correlation_id", "error_uri"} <= set(answer.json())


async def test_disabled_user_cannot_sign_in(scene: Any, ask: Any) -> None:
    person = (await scene.users())[4]
    await scene.graph.patch(f"/users/{person['id']}", json={"accountEnabled": False})
    answer = await ask(
        grant_type="password",
        username=person["userPrincipalName"],
        password="Simulated-1234",
        scope="User.Read",
    )
    assert refused(answer) == (400, "invalid_grant", 50057)


async def test_scope_that_was_not_granted_asks_for_consent(stage: Any) -> None:
    async with stage(delegated_permissions=("User.Read", "Mail.Read")) as scene:
        ready, person = scene.simulator.ready, (await scene.users())[0]
        url = f"{ready['authority']}/{ready['tenant_id']}/oauth2/v2.0/token"
        form = {
            "client_id": ready["client_id"],
            "grant_type": "password",
            "username": person["userPrincipalName"],
            "password": "Simulated-1234",
        }
        denied = await scene.graph.post(url, data={**form, "scope": "Calendars.Read"})
        assert refused(denied) == (400, "invalid_grant", 65001)
        everything = f"{ready['graph']}/.default"
        granted = await scene.graph.post(url, data={**form, "scope": everything})
        assert claims(granted.json()["access_token"])["scp"] == "User.Read Mail.Read"
