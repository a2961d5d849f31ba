"""The one door for effects: what the journal has as done is not sent again."""

from heliograph.effects import JournaledTransport
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
        return Response(status=status, content=f"answer {len(self.asked)}".encode())


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
    assert (again.status, again.content) == (first.status, first.content)
    assert len(graph.asked) == 1


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
