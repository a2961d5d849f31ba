"""Attachments: graph-users-api.md, 9, M12."""

import base64
from typing import Any

import pytest

from tests.heliograph.simulator.graph.outlook.owners import IMMUTABLE, Owner, mail

MIB = 1024 * 1024


def file(content: bytes = b"3.14", **more: Any) -> dict[str, Any]:
    encoded = base64.b64encode(content).decode()
    type_ = "#microsoft.graph.fileAttachment"
    return {"@odata.type": type_, "name": "plan.txt", "contentBytes": encoded, **more}


@pytest.fixture
async def item(lene: Owner) -> str:
    return f"messages/{(await lene.post('messages', mail()))['id']}"


async def test_a_file_is_attached_read_and_detached(lene: Owner, item: str) -> None:
    before = await lene.get(item)
    made = await lene.post(f"{item}/attachments", file())
    assert made["@odata.type"] == "#microsoft.graph.fileAttachment"
    assert (made["contentType"], made["size"], made["isInline"]) == ("text/plain", 4, False)
    after = await lene.get(item)
    assert (before["hasAttachments"], after["hasAttachments"]) == (False, True)
    assert before["changeKey"] != after["changeKey"]
    path = f"{item}/attachments/{made['id']}"
    assert (await lene.get(path))["contentBytes"] == file()["contentBytes"]
    raw = await lene.call("GET", f"{path}/$value")
    assert (raw.content, raw.headers["content-type"]) == (b"3.14", "text/plain")
    await lene.delete(path)
    assert (await lene.get(item))["hasAttachments"] is False
    assert await lene.refused("GET", path) == (404, "ErrorItemNotFound")


async def test_inline_attachments_do_not_count(lene: Owner, item: str) -> None:
    await lene.post(f"{item}/attachments", file(isInline=True, contentId="logo"))
    assert (await lene.get(item))["hasAttachments"] is False
    assert (await lene.value(f"{item}/attachments"))[0]["contentId"] == "logo"


async def test_bytes_may_be_spared(lene: Owner, item: str) -> None:
    await lene.post(f"{item}/attachments", file())
    (listed,) = await lene.value(f"{item}/attachments?$select=id,name,size,contentType,isInline")
    assert "contentBytes" not in listed
    cast = await lene.value(f"{item}/attachments?$select=microsoft.graph.fileAttachment/contentId")
    assert set(cast[0]) == {"@odata.type", "id", "contentId"}


async def test_attachments_come_with_the_message_on_request(lene: Owner, item: str) -> None:
    await lene.post(f"{item}/attachments", file())
    assert "attachments" not in await lene.get(item)
    whole = await lene.get(f"{item}?$expand=attachments")
    assert whole["attachments"][0]["contentBytes"] == file()["contentBytes"]
    part = await lene.get(f"{item}?$expand=attachments($select=id,name)&$select=subject")
    assert set(part["attachments"][0]) == {"@odata.type", "id", "name"}


async def test_ids_of_attachments_have_two_forms_as_well(lene: Owner, item: str) -> None:
    default = (await lene.post(f"{item}/attachments", file()))["id"]
    (immutable,) = [one["id"] for one in await lene.value(f"{item}/attachments", headers=IMMUTABLE)]
    assert default != immutable
    moved = await lene.post(f"{item}/move", {"destinationId": "archive"})
    path = f"messages/{moved['id']}/attachments"
    assert await lene.refused("GET", f"{path}/{default}") == (404, "ErrorItemNotFound")
    assert (await lene.get(f"{path}/{immutable}", headers=IMMUTABLE))["id"] == immutable


async def test_items_and_references_are_attached(lene: Owner, item: str) -> None:
    inner = {"@odata.type": "#microsoft.graph.message", "subject": "Inside"}
    made = await lene.post(
        f"{item}/attachments",
        {"@odata.type": "#microsoft.graph.itemAttachment", "name": "Mail", "item": inner},
    )
    path = f"{item}/attachments/{made['id']}"
    assert "item" not in await lene.get(path)
    whole = await lene.get(f"{path}?$expand=microsoft.graph.itemattachment/item")
    assert whole["item"]["subject"] == "Inside"
    assert "Subject: Inside" in (await lene.call("GET", f"{path}/$value")).text
    made = await lene.post(
        f"{item}/attachments",
        {
            "@odata.type": "#microsoft.graph.referenceAttachment",
            "name": "Link",
            "sourceUrl": "https://x",
        },
    )
    refused = await lene.refused("GET", f"{item}/attachments/{made['id']}/$value")
    assert refused == (405, "ErrorInvalidRequest")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "x"}, "RequestBodyRead"),
        (file(contentBytes="!"), "RequestBodyRead"),
        (file(name=""), "ErrorRequiredPropertyMissing"),
    ],
)
async def test_a_malformed_attachment_is_refused(
    lene: Owner, item: str, body: Any, code: str
) -> None:
    assert await lene.refused("POST", f"{item}/attachments", body) == (400, code)


async def test_a_large_file_is_uploaded_in_pieces_without_a_token(lene: Owner, item: str) -> None:
    content = bytes(range(256)) * (16 * 1024)  # 4 MiB
    announced = {
        "AttachmentItem": {"attachmentType": "file", "name": "big.bin", "size": len(content)}
    }
    session = await lene.post(f"{item}/attachments/createUploadSession", announced)
    assert session["nextExpectedRanges"] == ["0-"]
    assert "authtoken=" in session["uploadUrl"]

    async def put(start: int, end: int, total: int = len(content)) -> Any:
        headers = {"content-range": f"bytes {start}-{end - 1}/{total}", "authorization": ""}
        url = session["uploadUrl"]
        return await lene.call("PUT", url, content=content[start:end], headers=headers)

    first = await put(0, 2 * MIB)
    assert (first.status_code, first.json()["nextExpectedRanges"]) == (200, [str(2 * MIB)])
    assert (await put(0, 2 * MIB)).status_code == 416
    assert (await put(2 * MIB, 3 * MIB, total=5)).status_code == 416
    state = await lene.call("GET", session["uploadUrl"])
    assert state.json()["nextExpectedRanges"] == [str(2 * MIB)]
    last = await put(2 * MIB, 4 * MIB)
    assert last.status_code == 201
    (attached,) = await lene.value(f"{item}/attachments?$select=id,size")
    assert attached["size"] == len(content)
    assert f"Attachments('{attached['id']}')" in last.headers["location"]
    raw = await lene.call("GET", f"{item}/attachments/{attached['id']}/$value")
    assert raw.content == content
    assert (await put(0, 1)).status_code == 404


async def test_an_upload_may_be_given_up_and_runs_out(lene: Owner, item: str) -> None:
    body = {"attachmentItem": {"attachmentType": "file", "name": "x", "size": 4 * MIB}}
    for end in ("deleted", "expired"):
        session = await lene.post(f"{item}/attachments/createUploadSession", body)
        if end == "deleted":
            assert (await lene.call("DELETE", session["uploadUrl"])).status_code == 204
        else:
            await lene.scene.advance(hours=2)
        assert (await lene.call("GET", session["uploadUrl"])).status_code == 404


@pytest.mark.parametrize(
    ("announced", "refused"),
    [
        (
            {"attachmentType": "file", "name": "x", "size": 3 * MIB - 1},
            (400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize"),
        ),
        (
            {"attachmentType": "file", "name": "x", "size": 151 * MIB},
            (413, "ErrorAttachmentSizeLimitExceeded"),
        ),
        ({"attachmentType": "file", "name": "x"}, (400, "ErrorInvalidRequest")),
        ({"attachmentType": "item", "name": "x", "size": 4 * MIB}, (400, "ErrorInvalidRequest")),
    ],
)
async def test_what_cannot_be_uploaded_is_refused(
    lene: Owner, item: str, announced: Any, refused: tuple[int, str]
) -> None:
    body = {"AttachmentItem": announced}
    assert await lene.refused("POST", f"{item}/attachments/createUploadSession", body) == refused


async def test_a_piece_says_where_it_belongs(lene: Owner, item: str) -> None:
    body = {"attachmentItem": {"attachmentType": "file", "name": "x", "size": 4 * MIB}}
    url = (await lene.post(f"{item}/attachments/createUploadSession", body))["uploadUrl"]
    for headers in ({}, {"content-range": "bytes 0-5/4194304"}):
        answer = await lene.call("PUT", url, content=b"abc", headers=headers)
        assert answer.json()["error"]["code"] == "ErrorInvalidContentRange"
    whole = await lene.call(
        "PUT",
        url,
        content=b"x" * (4 * MIB + 1),
        headers={"content-range": f"bytes 0-{4 * MIB}/{4 * MIB}"},
    )
    assert whole.status_code == 413
