"""The control API, faults, the local authority: what only the simulator has."""

import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest

from heliograph.simulator.certificates import Authority


async def test_row_24_clock_is_set_forward(scene: Any) -> None:
    before = (await scene.control("GET", "state")).json()["time"]
    await scene.advance(days=400)
    after = (await scene.control("GET", "state")).json()["time"]
    assert int(after[:4]) == int(before[:4]) + 1


async def test_row_22_fault_refuses_so_many_calls_with_retry_after(scene: Any) -> None:
    fault = {"status": 429, "retryAfter": 2.128, "times": 2, "path": "/USERS"}
    assert (await scene.control("POST", "faults", json=fault)).status_code == 200
    for _ in range(2):
        answer = await scene.graph.get("/users")
        assert answer.status_code == 429
        assert answer.headers["retry-after"] == "2.128"
        assert answer.json()["error"]["code"] == "TooManyRequests"
        assert (await scene.graph.get("/groups")).status_code == 200
    assert (await scene.graph.get("/users")).status_code == 200


async def test_row_22_retry_after_may_be_absent(scene: Any) -> None:
    await scene.control("POST", "faults", json={"status": 503, "times": 1, "path": "/groups"})
    answer = await scene.graph.get("/groups")
    assert answer.status_code == 503
    assert "retry-after" not in answer.headers


async def test_fault_may_only_delay(scene: Any) -> None:
    await scene.control("POST", "faults", json={"status": 200, "delay": 0.1, "path": "/groups"})
    answer = await scene.graph.get("/groups")
    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() >= 0.1
    assert (await scene.graph.get("/groups")).elapsed.total_seconds() < 0.1


async def test_fault_may_speak_in_other_words(scene: Any) -> None:
    fault = {"status": 403, "code": "ErrorAccessDenied", "message": "No.", "method": "get"}
    (waiting,) = (await scene.control("POST", "faults", json=fault)).json()["value"]
    assert (waiting["times"], waiting["method"]) == (1, "get")
    assert (await scene.graph.post("/users", json={})).status_code == 400
    error = (await scene.graph.get("/users")).json()["error"]
    assert (error["code"], error["message"]) == ("ErrorAccessDenied", "No.")
    assert (await scene.control("GET", "faults")).json() == {"value": []}


async def test_faults_are_forgotten_on_demand(scene: Any) -> None:
    await scene.control("POST", "faults", json={"status": 503, "times": 100})
    assert (await scene.control("DELETE", "faults")).json() == {"value": []}
    assert (await scene.graph.get("/users")).status_code == 200


async def test_row_24_equal_seeds_tell_in_equal_forms(stage: Any) -> None:
    told = []
    for _ in range(2):
        async with stage(seed=5) as scene:
            user = (await scene.users())[0]["id"]
            await scene.subscribe(f"users/{user}/messages", "created")
            for _ in range(6):
                await scene.act("messages.received", user=user)
            told.append([item["resource"] for item in await scene.receiver.some(6)])
    assert told[0] == told[1]


async def test_row_24_waits_are_hurried_by_the_speed(scene: Any) -> None:
    clock = scene.simulator.world.clock
    assert (await scene.control("POST", "clock", json={"speed": 10_000})).status_code == 200
    before = clock.now()
    await clock.wait(60)
    assert (clock.now() - before).total_seconds() < 1


@pytest.mark.parametrize(
    ("what", "wish", "words"),
    [
        ("faults", {"status": 200}, "expected 400 to 599"),
        ("faults", {"status": 429, "retry_after": 1}, "unknown field `retry_after`"),
        ("faults", {"times": "often"}, "Expected `int`, got `str` - at `$.times`"),
        ("faults", {"times": 0}, "`int` >= 1"),
        ("clock", {"advance": "far"}, "at `$.advance`"),
        ("clock", {"advance": -1}, ">= 0"),
        ("clock", {"speed": 0}, "> 0"),
        ("activity", {"event": "users.create"}, "expected one of users.created"),
        ("activity", {"user": "somebody"}, "event: expected one of"),
        ("activity", {"event": "users.created", "usr": "x"}, "unknown field `usr`"),
        ("activity", {"event": "events.created", "set": {"start": "noon"}}, "a time with a zone"),
        ("activity", [{"event": "users.created"}, {"after": -1}], "at `$[1].after`"),
        ("lifecycle", {"event": "dance"}, "Invalid enum value 'dance'"),
        ("switches", {"lost": 2}, "<= 1"),
        ("switches", {"losst": 1}, "unknown field `losst`"),
        ("switches", {"forged": ["everything"]}, "Invalid enum value"),
        ("keys", {"size": 1}, "unknown field `size`"),
    ],
)
async def test_wish_that_makes_no_sense_is_one_clear_error(
    scene: Any, what: str, wish: Any, words: str
) -> None:
    answer = await scene.control("POST", what, json=wish)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "BadRequest"
    assert words in answer.json()["error"]["message"]


@pytest.mark.parametrize("body", [b"{", b"[]", b"7", b"\xff"])
async def test_body_that_is_no_wish_is_one_clear_error(scene: Any, body: bytes) -> None:
    answer = await scene.control("POST", "clock", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


async def test_query_that_makes_no_sense_is_one_clear_error(scene: Any) -> None:
    for query in ("since=-1", "limit=few", "nothing=1"):
        answer = await scene.control("GET", f"deliveries?{query}")
        assert answer.status_code == 400
        assert answer.json()["error"]["message"]


async def test_activity_is_bound_by_the_rules_of_graph(scene: Any) -> None:
    wish = {"event": "users.deleted", "user": "nobody"}
    answer = await scene.control("POST", "activity", json=wish)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "Request_ResourceNotFound"


async def test_unknown_path_is_a_json_404(scene: Any) -> None:
    answer = await scene.graph.get(f"{scene.simulator.ready['graph']}/nowhere/else/entirely")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "NotFound"


async def test_authority_that_is_handed_in_signs_the_server(stage: Any, tmp_path: Path) -> None:
    authority = Authority.create()
    certificate, key = tmp_path / "ca.pem", tmp_path / "ca.key"
    certificate.write_bytes(authority.certificate_pem)
    key.write_bytes(authority.key_pem)
    async with stage(tls=True, ca_certificate=certificate, ca_key=key) as scene:
        context = ssl.create_default_context(cafile=str(certificate))
        async with httpx.AsyncClient(verify=context, trust_env=False) as client:
            for host in ("localhost", "127.0.0.1"):
                url = scene.simulator.ready["graph"].replace("localhost", host)
                assert (await client.get(f"{url}/_simulator/state")).status_code == 200


async def test_ca_file_is_private_and_gone_at_the_end(stage: Any) -> None:
    async with stage(tls=True) as scene:
        ca_file = Path(scene.simulator.ready["ca_file"])
        assert ca_file.read_bytes() == scene.simulator.authority.certificate_pem  # noqa: ASYNC240 (quick)
        assert ca_file.parent.stat().st_mode & 0o077 == 0
    assert not ca_file.parent.exists()


async def test_receiver_under_another_authority_needs_ssl_cert_file(
    stage: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with stage(tls=True, allow_http=False) as other:
        monkeypatch.setenv("SSL_CERT_FILE", other.simulator.ready["ca_file"])
        async with stage(tls=True, allow_http=False) as trusting:
            wish = trusting.wish("users", notificationUrl=f"{other.receiver.url}/n")
            assert (await trusting.graph.post("/subscriptions", json=wish)).status_code == 201
        monkeypatch.delenv("SSL_CERT_FILE")
        async with stage(tls=True, allow_http=False) as strict:
            wish = strict.wish("users", notificationUrl=f"{other.receiver.url}/n")
            answer = await strict.graph.post("/subscriptions", json=wish)
    assert answer.status_code == 400
    assert "underlying connection was closed" in answer.json()["error"]["message"]
