from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from heliograph.errors import Forbidden, GraphError, NotFound, NotPermitted, Throttled, Unavailable
from heliograph.graph import GraphClient, Request, Response
from heliograph.graph.batch import Batches
from heliograph.graph.calls import Calls
from heliograph.graph.subscriptions import Subscription
from heliograph.graph.transport import body
from heliograph.graph.values.objects import User

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

UNTIL = datetime(2026, 11, 29, 8, tzinfo=UTC)


class Nap:
    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def batches(recorder: "Recorder", nap: Nap) -> Batches:
    calls = Calls(recorder, origin="https://graph.microsoft.com")
    return Batches(calls, sleep=nap, chance=lambda: 0.0)


def gets(count: int) -> list[Request]:
    return [Request(method="GET", path=f"/users/{number}") for number in range(count)]


def item(number: int, status: int = 200, **more: object) -> dict[str, object]:
    return {"id": str(number), "status": status, "body": {"id": str(number)}} | more


def sent(request: Request) -> list[dict[str, Any]]:
    content = body(request) or b""
    written: list[dict[str, Any]] = msgspec.json.decode(content)["requests"]
    return written


def ids(outcomes: list[Response | GraphError]) -> list[str]:
    return [
        msgspec.json.decode(outcome.content)["id"]
        for outcome in outcomes
        if isinstance(outcome, Response)
    ]


async def test_answers_come_in_the_order_of_the_requests(recorder: "Recorder") -> None:
    recorder.answer(200, {"responses": [item(2), item(0), item(1)]})
    assert ids(await batches(recorder, Nap()).send(gets(3))) == ["0", "1", "2"]
    assert recorder.last.path == "/$batch"
    assert not recorder.last.is_write


async def test_twenty_go_in_one_batch(recorder: "Recorder") -> None:
    for count in (20, 20, 1):
        recorder.answer(200, {"responses": [item(place) for place in range(count)]})
    assert len(await batches(recorder, Nap()).send(gets(41))) == 41
    assert [len(sent(request)) for request in recorder.requests] == [20, 20, 1]


async def test_an_item_is_written_relative_with_its_headers(recorder: "Recorder") -> None:
    recorder.answer(200, {"responses": [item(0)]})
    request = Request(
        method="PATCH",
        path="/subscriptions/x",
        params={"$select": "id"},
        headers={"prefer": "y"},
        json={"a": None},
    )
    await batches(recorder, Nap()).send([request])
    assert sent(recorder.last) == [
        {
            "id": "0",
            "method": "PATCH",
            "url": "/subscriptions/x?$select=id",
            "body": {"a": None},
            "headers": {"prefer": "y", "content-type": "application/json"},
        }
    ]
    assert recorder.last.is_write
    assert recorder.last.is_repeatable


async def test_throttled_items_alone_are_tried_again_after_the_longest_wait(
    recorder: "Recorder",
) -> None:
    nap = Nap()
    first = [
        item(0),
        item(1, 429, headers={"Retry-After": "7"}),
        item(2, 429, headers={"Retry-After": "3"}),
    ]
    recorder.answer(200, {"responses": first})
    recorder.answer(200, {"responses": [item(1, body={"id": "2"}), item(0, body={"id": "1"})]})
    assert ids(await batches(recorder, nap).send(gets(3))) == ["0", "1", "2"]
    assert nap.seconds == [7.0]
    assert [written["url"] for written in sent(recorder.last)] == ["/users/1", "/users/2"]


async def test_items_that_stay_throttled_end_as_errors(recorder: "Recorder") -> None:
    for _ in range(5):
        recorder.answer(200, {"responses": [item(0, 429)]})
    (outcome,) = await batches(recorder, Nap()).send(gets(1))
    assert isinstance(outcome, Throttled)


async def test_a_broken_write_is_not_tried_again(recorder: "Recorder") -> None:
    recorder.answer(200, {"responses": [item(0, 503)]})
    (outcome,) = await batches(recorder, Nap()).send([Request(method="POST", path="/x")])
    assert isinstance(outcome, Unavailable)
    assert len(recorder.requests) == 1


async def test_each_item_fails_alone(recorder: "Recorder") -> None:
    refused = {"error": {"code": "Authorization_RequestDenied", "message": "No."}}
    answers = [item(0), item(1, 403, body=refused), {"id": "2", "status": 204}]
    recorder.answer(200, {"responses": answers})
    fine, denied, empty, missing = await batches(recorder, Nap()).send(gets(4))
    assert isinstance(fine, Response)
    assert isinstance(denied, Forbidden)
    assert denied.code == "Authorization_RequestDenied"
    assert isinstance(empty, Response)
    assert empty.content == b""
    assert isinstance(missing, GraphError)


async def test_a_batch_that_fails_as_a_whole_fails_for_each(recorder: "Recorder") -> None:
    recorder.answer(200, {"responses": [item(number) for number in range(20)]})
    recorder.fail(Unavailable("no answer"))
    outcomes = await batches(recorder, Nap()).send(gets(22))
    assert [type(outcome) for outcome in outcomes] == [Response] * 20 + [Unavailable] * 2


def statuses(outcomes: list[Response | GraphError]) -> list[int | None]:
    return [outcome.status for outcome in outcomes]


async def test_calls_in_order_depend_on_the_one_before(recorder: "Recorder") -> None:
    recorder.answer(200, {"responses": [item(0), item(1), item(2)]})
    await batches(recorder, Nap()).send(gets(3), in_order=True)
    assert [written.get("dependsOn") for written in sent(recorder.last)] == [None, ["0"], ["1"]]


async def test_what_comes_after_a_failure_is_not_done(recorder: "Recorder") -> None:
    """Nor is it sent at all, where it would be in the next batch."""
    first = [*map(item, range(18)), item(18, 404), item(19, 424)]
    recorder.answer(200, {"responses": first})
    outcomes = await batches(recorder, Nap()).send(gets(21), in_order=True)
    assert statuses(outcomes) == [200] * 18 + [404, 424, 424]
    assert len(recorder.requests) == 1


async def test_what_waits_for_a_throttled_call_goes_with_it_again(recorder: "Recorder") -> None:
    nap = Nap()
    first = [item(0), item(1, 429, headers={"Retry-After": "7"}), item(2, 424)]
    recorder.answer(200, {"responses": first})
    recorder.answer(200, {"responses": [item(0, body={"id": "1"}), item(1, body={"id": "2"})]})
    outcomes = await batches(recorder, nap).send(gets(3), in_order=True)
    assert (ids(outcomes), nap.seconds) == (["0", "1", "2"], [7.0])
    written = sent(recorder.last)
    assert [(one["url"], one.get("dependsOn")) for one in written] == [
        ("/users/1", None),
        ("/users/2", ["0"]),
    ]


async def test_order_holds_where_calls_go_one_by_one(recorder: "Recorder") -> None:
    """As they do where one of them is refused before the batch."""
    recorder.fail(NotPermitted("not for apps", "", permission=None)).answer(200).refuse(404, "No")
    outcomes = await batches(recorder, Nap()).send(gets(3), in_order=True)
    assert statuses(outcomes) == [200, 404, 424]
    assert len(recorder.requests) == 3


async def test_no_requests_need_no_call(recorder: "Recorder") -> None:
    assert await batches(recorder, Nap()).send([]) == []
    assert recorder.requests == []


async def test_many_subscriptions_are_renewed_at_once(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    gone = {"error": {"code": "ResourceNotFound", "message": "The object was not found."}}
    fine = {"id": "a", "resource": "users", "expirationDateTime": "2026-11-29T08:00:00Z"}
    recorder.answer(200, {"responses": [item(1, 404, body=gone), item(0, body=fine)]})
    renewed = await graph.subscriptions.renew_many({"a": UNTIL, "b": UNTIL})
    assert isinstance(renewed["a"], Subscription)
    assert renewed["a"].expiration_date_time == UNTIL
    assert isinstance(renewed["b"], NotFound)
    assert sent(recorder.last)[0]["body"] == {"expirationDateTime": "2026-11-29T08:00:00Z"}


async def test_answers_are_fetched_typed_or_the_first_refusal_is_raised(
    recorder: "Recorder",
) -> None:
    recorder.answer(200, {"responses": [item(1), item(0)]})
    found = await batches(recorder, Nap()).fetch(gets(2), User)
    assert [user.id for user in found] == ["0", "1"]
    recorder.answer(200, {"responses": [item(0), item(1, 404)]})
    with pytest.raises(NotFound):
        await batches(recorder, Nap()).fetch(gets(2), User)


async def test_a_single_call_is_no_batch(recorder: "Recorder") -> None:
    recorder.answer(200, {"id": "0"})
    assert [user.id for user in await batches(recorder, Nap()).fetch(gets(1), User)] == ["0"]
    assert recorder.last.path == "/users/0"
