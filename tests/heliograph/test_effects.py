"""The one door for effects: what the journal has as done is not sent again."""

from dataclasses import replace

import msgspec

from heliograph.effects import JournaledTransport
from heliograph.graph.calls import Calls
from heliograph.graph.outlook.uploads import PIECE_BYTES, put_in_pieces
from heliograph.graph.streaming import of_bytes
from heliograph.graph.transport import Request, Response
from heliograph.workflow import Journal


class Graph:
    """A transport that answers in turn, and remembers what it was asked."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.asked: list[Request] = []

    async def send(self, request: Request) -> Response:
        self.asked.append(request)
        status = self.statuses.pop(0) if self.statuses else 201
        content = f"answer {len(self.asked)}".encode()
        return Response(status=status, content=content, caller="user")


class Runs:
    """The attempts of one run, over one journal."""

    def __init__(self) -> None:
        self.entries: dict[str, bytes] = {}

    async def write(self, key: str, entry: bytes) -> None:
        self.entries[key] = entry

    def attempt(self, graph: Graph) -> tuple[JournaledTransport, Journal]:
        journal = Journal("run", self.entries, write=self.write, clock=lambda: 1)
        return JournaledTransport(graph, journal), journal


DRAFT = Request(method="POST", path="/users/u/messages", json={"subject": "hi"})


async def test_write_of_an_earlier_attempt_is_answered_from_the_journal() -> None:
    runs, graph = Runs(), Graph()
    first = await runs.attempt(graph)[0].send(DRAFT)
    again = await runs.attempt(graph)[0].send(DRAFT)
    assert again == first
    assert len(graph.asked) == 1


async def test_an_answer_from_before_a_caller_was_recorded_was_the_apps() -> None:
    runs, graph = Runs(), Graph()
    await runs.attempt(graph)[0].send(DRAFT)
    ((key, entry),) = runs.entries.items()
    line = msgspec.msgpack.decode(entry)
    line["result"] = msgspec.msgpack.encode({"status": 201, "headers": {}, "content": b"answer 1"})
    runs.entries[key] = msgspec.msgpack.encode(line)
    again = await runs.attempt(graph)[0].send(DRAFT)
    assert (again.content, again.caller) == (b"answer 1", "app")


def a_photo(content: bytes) -> Request:
    return Request(method="PUT", path="/users/u/photo/$value", source=of_bytes(content))


async def test_the_same_stream_again_is_answered_from_the_journal() -> None:
    runs, graph = Runs(), Graph()
    first = await runs.attempt(graph)[0].send(a_photo(b"smile"))
    assert await runs.attempt(graph)[0].send(a_photo(b"smile")) == first
    assert len(graph.asked) == 1


async def test_another_stream_to_the_same_place_is_another_effect() -> None:
    runs, graph = Runs(), Graph()
    await runs.attempt(graph)[0].send(a_photo(b"smile"))
    await runs.attempt(graph)[0].send(a_photo(b"frown"))
    assert len(graph.asked) == 2


class UploadGraph(Graph):
    """Opens upload sessions, and takes the pieces."""

    async def send(self, request: Request) -> Response:
        answer = await super().send(request)
        session = b'{"uploadUrl": "https://graph.example/session"}'
        return answer if request.upload_url else replace(answer, content=session)


async def test_files_that_end_alike_are_uploads_of_their_own() -> None:
    """The last piece alone is the effect; it stands for all of them, and for the file's name."""
    runs, graph, end = Runs(), UploadGraph(), b"z" * 10
    opening = Request(method="POST", path="/users/u/createUploadSession", json={"name": "a"})
    renamed = replace(opening, json={"name": "b"})
    for session, begin in [(opening, b"a"), (opening, b"b"), (opening, b"a"), (renamed, b"a")]:
        calls = Calls(runs.attempt(graph)[0], origin="https://graph.example")
        file = of_bytes(begin * PIECE_BYTES + end)
        await put_in_pieces(calls, session, file, size=PIECE_BYTES + len(end))
    assert [request.content for request in graph.asked if request.is_write] == [end] * 3


async def test_equal_writes_within_a_run_are_two_effects() -> None:
    runs, graph = Runs(), Graph()
    for _ in range(2):
        transport, journal = runs.attempt(graph)
        await transport.send(DRAFT)
        await transport.send(DRAFT)
        assert [effect.what for effect in journal.effects] == ["POST /users/u/messages"] * 2
    assert len(graph.asked) == 2


async def test_refused_write_is_no_effect_and_is_sent_again() -> None:
    runs, graph = Runs(), Graph(503, 201)
    transport, journal = runs.attempt(graph)
    assert (await transport.send(DRAFT)).status == 503
    assert journal.effects == []
    assert (await runs.attempt(graph)[0].send(DRAFT)).status == 201


async def test_reads_leave_no_trace() -> None:
    runs, graph = Runs(), Graph(200, 200)
    transport, _ = runs.attempt(graph)
    for _ in range(2):
        await transport.send(Request(method="GET", path="/users/u"))
    assert runs.entries == {}
    assert len(graph.asked) == 2


async def test_journal_holds_no_body_of_the_request() -> None:
    """The intent names what is written where; contents stay out of it."""
    runs, graph = Runs(), Graph()
    await runs.attempt(graph)[0].send(DRAFT)
    assert not any(b"hi" in entry for entry in runs.entries.values())
