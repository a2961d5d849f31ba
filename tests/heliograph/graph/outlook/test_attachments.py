import re
from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from heliograph.effects import JournaledTransport
from heliograph.errors import Invalid, NotFound, Unavailable
from heliograph.graph import GraphClient, Request, Response
from heliograph.graph.outlook.attachments import LARGEST_BYTES, SMALL_BYTES, NewAttachment
from heliograph.graph.outlook.uploads import PIECE_BYTES, UploadSession
from heliograph.settings import Tenant
from heliograph.workflow import Journal

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

LENE = "lene.holm@contoso.com"
PLACE = f"/users/{LENE}/messages/m/attachments"
URL = "https://outlook.office.com/api/v2.0/Users('l')/Messages('m')/AttachmentSessions('s')?authtoken=x"
MIB = 1024 * 1024


class Outlook:
    """One upload session, which takes what comes in order and then ends; it can lose answers."""

    def __init__(self, *, lose: int = 0, location: bool = True, part: int = 0) -> None:
        self.requests: list[Request] = []
        self.received = bytearray()
        self.pieces: list[int] = []
        self._lose = lose  # the answer to this piece, counted from 1
        self._location = location
        self._part = part  # so many bytes of the lost piece arrive
        self._size: int | None = None

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        if request.upload_url is None:
            return self._graph(request)
        assert request.upload_url == URL
        if request.method == "GET":
            return answer(200, {"nextExpectedRanges": [str(len(self.received))]})
        return self._take(request)

    def _graph(self, request: Request) -> Response:
        if request.path.endswith("/createUploadSession"):
            assert isinstance(request.json, dict)
            self._size = request.json["AttachmentItem"]["size"]
            return answer(201, {"uploadUrl": URL, "nextExpectedRanges": ["0-"]})
        if request.path == PLACE:
            return answer(
                200, {"value": [{"id": "a", "name": "audit.pdf"}] if not self._size else []}
            )
        return answer(200, {"id": request.path.rpartition("/")[2], "name": "audit.pdf"})

    def _take(self, request: Request) -> Response:
        match = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", request.headers["content-range"])
        assert match is not None
        assert request.content is not None
        first, last, size = (int(each) for each in match.groups())
        assert last - first + 1 == len(request.content)
        if self._size is None:
            return answer(404, {"error": {"code": "ErrorItemNotFound"}})
        assert size == self._size
        if first != len(self.received):
            return answer(416, {"error": {"code": "ErrorInvalidContentRange"}})
        self.pieces.append(len(request.content))
        if len(self.pieces) == self._lose:
            self.received += request.content[: self._part or None]
            self._end()
            raise Unavailable("no answer")
        self.received += request.content
        if self._end():
            headers = {"location": "https://outlook.office.com/api/Messages('m')/Attachments('a1')"}
            return Response(status=201, headers=headers if self._location else {})
        return answer(200, {"nextExpectedRanges": [str(len(self.received))]})

    def _end(self) -> bool:
        if len(self.received) == self._size:
            self._size = None
        return self._size is None


class Repeating:
    """Sends once more what went unanswered, as the client's own transport does."""

    def __init__(self, inner: Outlook) -> None:
        self._inner = inner

    async def send(self, request: Request) -> Response:
        try:
            return await self._inner.send(request)
        except Unavailable:
            return await self._inner.send(request)


def answer(status: int, body: object) -> Response:
    return Response(status=status, content=msgspec.json.encode(body))


def a_content(size: int) -> bytes:
    return bytes(range(256)) * (size // 256) + bytes(size % 256)


def client(outlook: Outlook, tenant: Tenant) -> GraphClient:
    return GraphClient(Repeating(outlook), tenant=tenant)


async def test_attachments_are_listed_without_their_bytes(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    about = {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "id": "a",
        "name": "audit.pdf",
        "size": 9,
    }
    recorder.answer(200, {"value": [about]}).answer(200, about)
    (found,) = [each async for each in graph.attachments.list(LENE, "m")]
    assert (found.kind, found.name, found.size) == ("fileAttachment", "audit.pdf", 9)
    assert "contentBytes" not in recorder.last.params["$select"]
    assert (await graph.attachments.get(LENE, "m", "a=")).name == "audit.pdf"
    assert recorder.calls == [f"GET {PLACE}", f"GET {PLACE}/a%3D"]
    assert recorder.is_outlook(LENE)


async def test_the_content_streams(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, "bytes")
    async with graph.attachments.content(LENE, "m", "a") as pieces:
        assert b"".join([piece async for piece in pieces]) == b'"bytes"'
    assert recorder.calls == [f"GET {PLACE}/a/$value"]
    recorder.refuse(404, "ErrorItemNotFound")
    with pytest.raises(NotFound):
        async with graph.attachments.content(LENE, "m", "a") as pieces:
            _ = [piece async for piece in pieces]


async def test_a_small_file_goes_out_in_one_request(
    graph: GraphClient, recorder: "Recorder", tmp_path: Path
) -> None:
    file = tmp_path / "badge.png"
    file.write_bytes(b"\x89PNG")
    recorder.answer(201, {"id": "a", "name": "badge.png"})
    assert (await graph.attachments.add(LENE, "m", NewAttachment.from_file(file))).id == "a"
    assert recorder.last.json == {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": "badge.png",
        "contentType": "image/png",
        "contentBytes": "iVBORw==",
    }
    assert recorder.calls == [f"POST {PLACE}"]


async def test_a_picture_stands_in_the_text(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(201, {"id": "a"})
    new = NewAttachment.from_bytes("logo", b"x")
    await graph.attachments.add(
        LENE,
        "m",
        NewAttachment(name=new.name, size=1, source=new.source, is_inline=True, content_id="logo"),
    )
    assert isinstance(recorder.last.json, dict)
    assert recorder.last.json["isInline"] is True
    assert recorder.last.json["contentId"] == "logo"
    assert recorder.last.json["contentType"] == "application/octet-stream"


async def test_the_largest_small_file_is_whole(graph: GraphClient, recorder: "Recorder") -> None:
    content = a_content(SMALL_BYTES - 1)
    recorder.answer(201, {"id": "a"})
    await graph.attachments.add(LENE, "m", NewAttachment.from_bytes("x.bin", content))
    assert isinstance(recorder.last.json, dict)
    assert b64decode(recorder.last.json["contentBytes"]) == content


@pytest.mark.parametrize(
    "size",
    [SMALL_BYTES, 2 * PIECE_BYTES, 2 * PIECE_BYTES + 1, 11 * MIB],
    ids=["smallest", "even", "one-more", "long"],
)
async def test_a_large_file_is_put_in_pieces(tenant: Tenant, tmp_path: Path, size: int) -> None:
    outlook = Outlook()
    file = tmp_path / "audit.pdf"
    file.write_bytes(a_content(size))
    made = await client(outlook, tenant).attachments.add(LENE, "m", NewAttachment.from_file(file))
    assert (made.id, made.name) == ("a1", "audit.pdf")
    assert outlook.received == a_content(size)
    assert all(piece == PIECE_BYTES for piece in outlook.pieces[:-1])
    assert max(outlook.pieces) < 4_000_000
    opening = outlook.requests[0]
    assert (opening.method, opening.path) == ("POST", f"{PLACE}/createUploadSession")
    assert opening.json == {
        "AttachmentItem": {
            "attachmentType": "file",
            "size": size,
            "name": "audit.pdf",
            "contentType": "application/pdf",
        }
    }


async def test_the_whole_file_is_never_in_memory(tenant: Tenant) -> None:
    outlook, held = Outlook(), []

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(32):
            held.append(len(outlook.received))
            yield bytes(MIB)

    new = NewAttachment(name="audit.pdf", size=32 * MIB, source=pieces)
    await client(outlook, tenant).attachments.add(LENE, "m", new)
    behind = [number * MIB - received for number, received in enumerate(held)]
    assert max(behind) <= PIECE_BYTES


@pytest.mark.parametrize("part", [0, MIB], ids=["all-of-it-arrived", "a-part-arrived"])
async def test_a_piece_whose_answer_is_lost_is_not_put_twice(tenant: Tenant, part: int) -> None:
    outlook = Outlook(lose=2, part=part)
    content = a_content(3 * PIECE_BYTES)
    await client(outlook, tenant).attachments.add(
        LENE, "m", NewAttachment.from_bytes("audit.pdf", content)
    )
    assert outlook.received == content


@pytest.mark.parametrize("lose", [0, 3], ids=["no-location", "no-answer"])
async def test_a_lost_end_is_found_on_the_message(tenant: Tenant, lose: int) -> None:
    outlook = Outlook(lose=lose, location=False)
    new = NewAttachment.from_bytes("audit.pdf", a_content(3 * PIECE_BYTES))
    assert (await client(outlook, tenant).attachments.add(LENE, "m", new)).id == "a"
    assert outlook.requests[-1].path == PLACE


@pytest.mark.parametrize(
    ("pieces", "refusal"),
    [(2, "its attachment is not there"), (3, "ErrorItemNotFound")],
    ids=["at-its-end", "on-the-way"],
)
async def test_a_session_that_runs_out_leaves_no_attachment(
    tenant: Tenant, pieces: int, refusal: str
) -> None:
    outlook = Outlook()

    async def source() -> AsyncIterator[bytes]:
        yield bytes(PIECE_BYTES)
        outlook._size = None  # it has run out
        yield bytes((pieces - 1) * PIECE_BYTES)

    new = NewAttachment(name="other.pdf", size=pieces * PIECE_BYTES, source=source)
    with pytest.raises(NotFound, match=refusal):
        await client(outlook, tenant).attachments.add(LENE, "m", new)


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (10, 11),
        (11, 10),
        (2 * PIECE_BYTES, 2 * PIECE_BYTES + 1),
        (2 * PIECE_BYTES + 1, 2 * PIECE_BYTES),
    ],
)
async def test_a_source_has_the_size_that_was_announced(
    tenant: Tenant, size: int, told: int
) -> None:
    source = NewAttachment.from_bytes("x", bytes(size)).source
    with pytest.raises(Invalid, match=f"expected a content of {told} bytes, got"):
        await client(Outlook(), tenant).attachments.add(
            LENE, "m", NewAttachment(name="x", size=told, source=source)
        )


async def test_what_outlook_would_refuse_is_not_sent(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    source = NewAttachment.from_bytes("x", b"x").source
    new = NewAttachment(name="x", size=LARGEST_BYTES + 1, source=source)
    with pytest.raises(Invalid, match="expected an attachment of 150 MB at most, got 157286401"):
        await graph.attachments.add(LENE, "m", new)
    assert recorder.requests == []


async def test_another_refusal_of_a_piece_is_raised(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(201, {"uploadUrl": URL}).refuse(413, "RequestEntityTooLarge")
    with pytest.raises(Invalid):
        await graph.attachments.add(LENE, "m", NewAttachment.from_bytes("x", bytes(SMALL_BYTES)))


async def test_an_attachment_is_taken_off(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(204).refuse(404, "ErrorItemNotFound")
    await graph.attachments.delete(LENE, "m", "a")
    await graph.attachments.delete(LENE, "m", "a")
    assert recorder.calls == [f"DELETE {PLACE}/a"] * 2


async def test_a_repeated_run_ends_an_upload_once(tenant: Tenant) -> None:
    """Each attempt has a session of its own; its last piece alone is an effect."""
    entries: dict[str, bytes] = {}

    async def write(key: str, entry: bytes) -> None:
        entries[key] = entry

    new = NewAttachment.from_bytes("audit.pdf", a_content(3 * PIECE_BYTES))
    pieces = []
    for _ in range(2):
        outlook = Outlook()
        journal = Journal("run", entries, write=write, clock=lambda: 0)
        graph = GraphClient(JournaledTransport(outlook, journal), tenant=tenant)
        assert (await graph.attachments.add(LENE, "m", new)).id == "a1"
        pieces.append(len(outlook.pieces))
    assert pieces == [3, 2]


def test_the_address_of_a_session_is_in_no_repr() -> None:
    session: Any = UploadSession(upload_url=URL, next_expected_ranges=["7-9"])
    assert repr(session) == "UploadSession(next_byte=7)"
