import asyncio
import json
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from heliograph.errors import QueueUnavailable
from heliograph.lanes import Lane
from listener.bodies import Bodies
from listener.checks import ASK_WITHIN_SECONDS
from tests.heliograph.entra import CLIENT, NOW, TENANT, claims, token
from tests.listener.builders import (
    CONTENT,
    MAIL,
    SUBSCRIPTION,
    USER,
    Listener,
    Records,
    a_body,
    a_registration,
    an_item,
)

URLS = ("/graph/notifications", "/graph/lifecycle")


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.mark.parametrize("path", URLS)
async def test_genuine_notification_is_stored_and_then_accepted(
    listener: Listener, path: str
) -> None:
    answer = await listener.post(path=path)
    assert (answer.status_code, answer.content) == (202, b"")
    (arrival,) = listener.store.accepted
    assert arrival.lane == Lane(tenant=TENANT, kind="messages", id=MAIL, owner=USER)
    assert arrival.news.received_at == NOW * 1000
    assert not arrival.urgent


@pytest.mark.parametrize("path", URLS)
async def test_lifecycle_items_are_urgent_on_both_urls(listener: Listener, path: str) -> None:
    item = an_item(changeType=..., resource=..., resourceData=..., lifecycleEvent="missed")
    await listener.post(a_body(an_item(), item), path=path)
    assert [arrival.urgent for arrival in listener.store.accepted] == [False, True]
    assert listener.store.accepted[1].lane.kind == "subscriptions"
    assert listener.store.calls == 1


async def test_one_post_is_one_call_of_the_store(listener: Listener) -> None:
    items = [an_item(resource=f"Users/{USER}/Messages/{i}") for i in range(1_000)]
    assert (await listener.post(a_body(*items))).status_code == 202
    assert (len(listener.store.accepted), listener.store.calls) == (1_000, 1)


async def test_post_of_nothing_is_accepted(listener: Listener) -> None:
    assert (await listener.post(b'{"value":[]}')).status_code == 202


async def test_answer_waits_for_the_store(listener: Listener) -> None:
    gate = asyncio.Event()

    class Slow(type(listener.store)):  # type: ignore[misc]  # a class of a value's own
        async def store(self, arrivals: Any) -> None:
            await gate.wait()
            await super().store(arrivals)

    listener.store = Slow()
    posting = asyncio.create_task(listener.post())
    for _ in range(20):
        await asyncio.sleep(0)
    assert not posting.done()
    gate.set()
    assert (await posting).status_code == 202


async def test_notification_that_overtook_its_subscription_is_accepted(listener: Listener) -> None:
    listener.records = Records(a_registration(subscription_id=None))
    await listener.post()
    assert len(listener.store.accepted) == 1


async def test_registration_is_asked_for_once(listener: Listener) -> None:
    await listener.post(a_body(*[an_item()] * 10))
    assert listener.records.asked == ["r1"]


async def test_unknown_is_only_what_redis_does_not_know(listener: Listener) -> None:
    await listener.post(a_body(an_item("r9")))
    assert listener.records.asked == ["r9"]
    assert listener.store.refused == ["unknown_subscription"]


async def test_unproven_client_state_never_asks_redis(listener: Listener) -> None:
    await listener.post(a_body(an_item(clientState="r1.forged")))
    assert listener.records.asked == []
    assert listener.store.refused == ["client_state"]


async def test_redis_that_cannot_be_asked_is_503(listener: Listener) -> None:
    listener.records.error = QueueUnavailable("away")
    assert (await listener.post()).status_code == 503
    assert listener.store.calls == 0


async def test_redis_that_cannot_store_is_503(listener: Listener) -> None:
    listener.store.error = QueueUnavailable("away")
    answer = await listener.post()
    assert (answer.status_code, answer.text) == (503, "not stored, send again")
    assert answer.headers["retry-after"]


async def test_registrations_that_redis_does_not_tell_in_time_are_503(listener: Listener) -> None:
    class Frozen(Records):
        async def get(self, _: str) -> None:
            await asyncio.Event().wait()

    listener.records = Frozen()
    items = [an_item(f"r{number}") for number in range(50)]
    async with asyncio.timeout(ASK_WITHIN_SECONDS + 0.2):
        assert (await listener.post(a_body(*items))).status_code == 503


async def test_mistake_of_ours_is_500_without_detail(listener: Listener) -> None:
    listener.store.error = RuntimeError("canary-secret")
    with capture_logs() as logs:
        answer = await listener.post()
    assert (answer.status_code, answer.text) == (500, "failed")
    (line,) = [line for line in logs if line["event"] == "notification.failed"]
    assert line["error"] == "RuntimeError"
    assert "canary-secret" not in str(logs)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", URLS)
async def test_other_methods_are_405(listener: Listener, method: str, path: str) -> None:
    answer = await listener.ask(method, path, params={"validationToken": "x"})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("path", ["/", "/graph", "/graph/notifications/", "/metrics", "/admin"])
async def test_nothing_else_is_served(listener: Listener, path: str) -> None:
    assert (await listener.ask("POST", path)).status_code == 404


async def test_prefix_of_the_public_url_is_served_as_well(listener: Listener) -> None:
    listener.prefix = "/hooks/"
    for path in ("/hooks/graph/notifications", "/graph/notifications"):
        assert (await listener.post(path=path)).status_code == 202


async def test_health_tells_alive_from_ready(listener: Listener) -> None:
    assert (await listener.ask("GET", "/healthz")).status_code == 200
    assert (await listener.ask("GET", "/readyz")).status_code == 200
    listener.store.error = QueueUnavailable("away")
    assert (await listener.ask("GET", "/healthz")).status_code == 200
    assert (await listener.ask("GET", "/readyz")).status_code == 503
    assert (await listener.ask("POST", "/healthz")).status_code == 405


async def test_draining_process_is_not_ready_and_lets_its_connections_go(
    listener: Listener,
) -> None:
    listener.readiness.is_draining = True
    assert (await listener.ask("GET", "/readyz")).status_code == 503
    answer = await listener.post()
    assert (answer.status_code, answer.headers["connection"]) == (202, "close")


# -- rich notifications -----------------------------------------------------------------------


def rich_body(*tokens: str | None, **fields: Any) -> bytes:
    return a_body(an_item(encryptedContent=CONTENT, **fields), validationTokens=tokens)


async def test_verified_rich_news_brings_no_token(listener: Listener) -> None:
    await listener.post(rich_body(token()))
    (arrival,) = listener.store.accepted
    assert (arrival.news.verified, arrival.news.token) == (True, None)
    assert arrival.news.encrypted_content is not None


async def test_rich_news_of_an_unknown_key_brings_its_token(listener: Listener) -> None:
    listener.known_keys = ()
    waiting = token()
    await listener.post(rich_body(waiting))
    (arrival,) = listener.store.accepted
    assert (arrival.news.verified, arrival.news.token) == (False, waiting)


@pytest.mark.parametrize(
    "tokens", [None, [], [token(claims(1, exp=NOW - 400))], [token(), "forged"]], ids=str
)
async def test_s04_rich_news_without_proof_is_dropped_with_the_same_answer(
    listener: Listener, tokens: list[str] | None
) -> None:
    items = [an_item(encryptedContent=CONTENT), an_item()]
    answer = await listener.post(a_body(*items, validationTokens=tokens))
    assert (answer.status_code, answer.content) == (202, b"")
    assert listener.store.refused == ["token"]
    assert len(listener.store.accepted) == 1, "the basic item proves itself"


async def test_s04_forged_rich_news_costs_no_token_check(listener: Listener) -> None:
    await listener.post(rich_body("garbage", clientState="forged"))
    assert listener.store.refused == ["client_state"]


async def test_token_is_judged_at_the_time_of_receipt(listener: Listener) -> None:
    listener.at = NOW + 90_000
    await listener.post(rich_body(token()))
    assert listener.store.refused == ["token"]


# -- threats ----------------------------------------------------------------------------------

FORGED: dict[str, dict[str, Any]] = {
    "no clientState": {"clientState": ...},
    "null clientState": {"clientState": None},
    "another clientState": {"clientState": "random-secret"},
    "another's proof": {"clientState": an_item("r2")["clientState"].replace("r2.", "r1.")},
    "unknown registration": {"clientState": an_item("r9")["clientState"]},
    "another tenant": {"tenantId": "0cea0ab7-2234-4f57-bc80-4d3e66df4791"},
    "another owner": {"resource": "Users/14b0fed8-8714-4140-b0da-f05759d10b5d/Messages/x"},
    "a path that leads elsewhere": {"resource": "users/x/../../directoryRoles"},
}


@pytest.mark.parametrize("name", FORGED)
async def test_s01_forged_items_are_answered_as_genuine_ones(listener: Listener, name: str) -> None:
    genuine = await listener.post()
    forged = await listener.post(a_body(an_item(**FORGED[name])))
    assert forged.status_code == genuine.status_code
    assert forged.content == genuine.content
    assert forged.headers == genuine.headers
    assert len(listener.store.accepted) == 1
    assert len(listener.store.refused) == 1


async def test_s02_client_state_is_neither_stored_nor_logged(listener: Listener) -> None:
    states = [an_item()["clientState"], "canary-9d1f-client-state"]
    with capture_logs() as logs:
        await listener.post(a_body(*(an_item(clientState=state) for state in states)))
        listener.store.error = QueueUnavailable("away")
        await listener.post(a_body(*(an_item(clientState=state) for state in states)))
        await listener.post(a_body(an_item(clientState="canary-9d1f", resource=5)))
    stored = b"".join(msgspec.msgpack.encode(arrival.news) for arrival in listener.store.arrivals)
    said = json.dumps(logs, default=str) + stored.decode(errors="replace")
    said += "".join(arrival.lane.name for arrival in listener.store.arrivals)
    assert "canary-9d1f" not in said
    assert states[0].split(".")[1] not in said
    assert logs


async def test_s08_large_bodies_are_413(listener: Listener) -> None:
    listener.bodies = Bodies(most=1_000)
    exact = a_body(an_item())
    padded = exact + b" " * (1_000 - len(exact))
    assert (await listener.post(padded)).status_code == 202
    assert (await listener.post(padded + b" ")).status_code == 413

    async def chunks() -> Any:
        for _ in range(11):
            yield b" " * 100

    assert (await listener.ask("POST", URLS[0], content=chunks())).status_code == 413


async def test_bodies_of_all_requests_together_are_bounded(listener: Listener) -> None:
    async def chunks() -> Any:
        for _ in range(15):
            yield b" " * 100

    listener.bodies = Bodies(most=4_000, at_once=1_000)
    assert (await listener.ask("POST", URLS[0], content=chunks())).status_code == 503
    assert (await listener.post()).status_code == 202, "what was held is given back"


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "identity", "x"])
async def test_s10_content_encodings_are_415(listener: Listener, encoding: str) -> None:
    bomb = b"\x1f\x8b" + b"\x00" * 1_000
    answer = await listener.post(bomb, headers={"content-encoding": encoding})
    assert answer.status_code == 415
    assert listener.store.calls == 0


async def test_more_than_a_thousand_items_are_413_with_an_alarm(listener: Listener) -> None:
    with capture_logs() as logs:
        answer = await listener.post(a_body(*[an_item()] * 1_001))
    assert answer.status_code == 413
    assert [line["log_level"] for line in logs] == ["error"]
    assert listener.store.calls == 0


async def test_s19_health_tells_nothing_about_the_configuration(listener: Listener) -> None:
    listener.store.error = QueueUnavailable("redis://user:canary-password@host")
    for path in ("/healthz", "/readyz"):
        answer = await listener.ask("GET", path)
        assert answer.text in {"alive", "not ready"}


async def test_s24_proof_of_one_tenant_is_no_proof_for_another(listener: Listener) -> None:
    other = "0cea0ab7-2234-4f57-bc80-4d3e66df4791"
    listener.records = Records(a_registration(), a_registration("r2", tenant_id=other))
    await listener.post(a_body(an_item("r1", tenantId=other), an_item("r2")))
    assert listener.store.refused == ["tenant", "tenant"]


async def test_log_has_one_line_with_ids_for_a_post(listener: Listener) -> None:
    with capture_logs() as logs:
        await listener.post(a_body(an_item(), an_item()))
    assert logs == [
        {
            "event": "notification.accepted",
            "log_level": "info",
            "count": 2,
            "lanes": [f"{TENANT}/messages/{USER}/{MAIL}"] * 2,
            "registrations": ["r1"],
            "subscriptions": [SUBSCRIPTION],
        }
    ]


async def test_log_tells_why_items_were_refused(listener: Listener) -> None:
    items = [an_item(clientState="x"), an_item(clientState="y"), an_item(tenantId=CLIENT)]
    with capture_logs() as logs:
        await listener.post(a_body(*items))
    (line,) = logs
    assert line["event"] == "notification.refused"
    assert line["reasons"] == {"client_state": 2, "tenant": 1}
