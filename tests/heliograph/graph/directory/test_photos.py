from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from heliograph.errors import Invalid, NotFound
from heliograph.graph import GraphClient

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

LENE = "4f9a2d6e-3c1b-4a57-9d28-7be0c6a1f053"
PHOTO = {
    "@odata.context": f"https://graph.microsoft.com/v1.0/$metadata#users('{LENE}')/photo/$entity",
    "@odata.mediaContentType": "image/jpeg",
    "@odata.mediaEtag": '"BA09D118"',
    "id": "240X240",
    "width": 240,
    "height": 240,
}


async def test_what_is_known_of_a_photo(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, PHOTO)
    photo = await graph.photos.get(LENE)
    assert photo is not None
    assert (photo.id, photo.width, photo.media_type) == ("240X240", 240, "image/jpeg")
    assert photo.media_etag == '"BA09D118"'
    assert (recorder.last.method, recorder.last.path) == ("GET", f"/users/{LENE}/photo")
    assert recorder.last.permission == "ProfilePhoto.Read.All"


@pytest.mark.parametrize("code", ["ImageNotFound", "ErrorNonExistentMailbox"])
async def test_no_photo_is_none(graph: GraphClient, recorder: "Recorder", code: str) -> None:
    """Both answers are documented."""
    recorder.answer(200, {"id": "1X1", "width": 1, "height": 1}).refuse(404, code)
    assert await graph.photos.get(LENE) is None
    assert await graph.photos.get(LENE) is None


async def test_sizes_are_listed(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"value": [{"id": "48X48", "width": 48, "height": 48}, PHOTO]})
    assert [photo.width async for photo in graph.photos.sizes(LENE)] == [48, 240]
    assert recorder.last.path == f"/users/{LENE}/photos"


@pytest.mark.parametrize(
    ("size", "path"), [(None, "photo/$value"), (48, "photos/48x48/$value")], ids=["largest", "48"]
)
async def test_the_image_comes_piece_by_piece(
    graph: GraphClient, recorder: "Recorder", size: int | None, path: str
) -> None:
    recorder.answer(200, "jpeg")
    async with graph.photos.content(LENE, size=size) as pieces:
        assert b"".join([piece async for piece in pieces]) == b'"jpeg"'
    assert recorder.last.path == f"/users/{LENE}/{path}"
    assert recorder.last.sink is not None
    assert recorder.last.mailbox == LENE


def test_a_size_that_graph_does_not_make_is_refused_before_the_call(graph: GraphClient) -> None:
    with pytest.raises(Invalid, match=r"a size out of 48, 64, .* is expected, not 50"):
        graph.photos.content(LENE, size=50)


async def test_no_image_is_not_found(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.refuse(404, "ImageNotFound")
    async with graph.photos.content(LENE) as pieces:
        with pytest.raises(NotFound):
            await anext(pieces)


async def test_an_image_is_uploaded_from_memory_or_a_source(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    async def source() -> AsyncIterator[bytes]:
        yield b"jpeg"

    recorder.answer(200).answer(200)
    await graph.photos.upload(LENE, b"jpeg")
    assert (recorder.last.method, recorder.last.path) == ("PUT", f"/users/{LENE}/photo/$value")
    assert recorder.last.headers == {"content-type": "image/jpeg"}
    assert (recorder.last.content, recorder.last.source) == (b"jpeg", None)
    assert recorder.last.permission == "ProfilePhoto.ReadWrite.All"
    await graph.photos.upload(LENE, source)
    assert (recorder.last.content, recorder.last.source) == (None, source)


async def test_an_image_of_4_mb_is_refused_before_the_call(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    with pytest.raises(Invalid, match="less than 4 MB"):
        await graph.photos.upload(LENE, bytes(4 * 1024 * 1024))
    assert recorder.requests == []


async def test_deleting_no_photo_is_done(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(204).refuse(404, "ImageNotFound")
    for _ in range(2):
        await graph.photos.delete(LENE)
    assert (recorder.last.method, recorder.last.path) == ("DELETE", f"/users/{LENE}/photo/$value")
