"""Photos: uploaded, measured, served, gone (graph-users-api.md, U20 to U23)."""

import struct
from typing import Any

import pytest


def jpeg(width: int, height: int) -> bytes:
    """The beginning of a JPEG as cameras write it: an application segment, then the frame."""
    extra = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + bytes(9)
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes(9)
    return b"\xff\xd8" + extra + frame + b"\xff\xd9"


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("kind", ["image/jpeg", "application/octet-stream"])
async def test_photo_is_kept_and_measured(scene: Any, method: str, kind: str) -> None:
    path = f"/users/{(await scene.users())[0]['userPrincipalName']}/photo"
    for absent in (path, f"{path}/$value"):
        answer = await scene.graph.get(absent)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ImageNotFound")
    content = jpeg(300, 280)
    headers = {"content-type": kind}
    put = await scene.graph.request(method, f"{path}/$value", content=content, headers=headers)
    assert (put.status_code, put.content) == (200, b"")
    got = await scene.graph.get(f"{path}/$value")
    assert (got.content, got.headers["content-type"]) == (content, "image/jpeg")
    shown = (await scene.graph.get(path)).json()
    assert (shown["id"], shown["width"], shown["height"]) == ("300X280", 300, 280)
    assert shown["@odata.mediaEtag"] == got.headers["etag"]
    assert "photo/$entity" in shown["@odata.context"]


async def test_sizes_up_to_the_stored_one_can_be_had(scene: Any) -> None:
    path = f"/users/{(await scene.users())[0]['id']}"
    await scene.graph.put(
        f"{path}/photo/$value", content=jpeg(240, 240), headers={"content-type": "image/jpeg"}
    )
    listed = (await scene.graph.get(f"{path}/photos")).json()["value"]
    assert [row["id"] for row in listed] == [
        *("48X48", "64X64", "96X96", "120X120", "240X240"),
    ]
    assert (await scene.graph.get(f"{path}/photos/96x96/$value")).status_code == 200
    assert (await scene.graph.get(f"{path}/photos/240X240")).json()["width"] == 240
    for above in ("360x360", "50x50", "large"):
        assert (await scene.graph.get(f"{path}/photos/{above}/$value")).status_code == 404


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"GIF89a", "image/jpeg", 400),
        (b"\xff\xd8\xff", "image/jpeg", 400),
        (jpeg(1, 1) + bytes(4 * 1024 * 1024), "image/jpeg", 413),
        (jpeg(1, 1), "text/plain", 415),
    ],
    ids=["gif", "cut", "large", "type"],
)
async def test_what_is_no_photo_is_refused(
    scene: Any, content: bytes, kind: str, status: int
) -> None:
    path = f"/users/{(await scene.users())[0]['id']}/photo/$value"
    answer = await scene.graph.put(path, content=content, headers={"content-type": kind})
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/json")


async def test_photo_needs_a_mailbox(stage: Any) -> None:
    async with stage(users=16) as scene:
        path = f"/users/{(await scene.users())[12]['id']}/photo/$value"
        answer = await scene.graph.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ErrorNonExistentMailbox")


async def test_photo_is_deleted_and_tells_of_a_change_that_shows_nothing(scene: Any) -> None:
    user = (await scene.users())[0]["id"]
    path = f"/users/{user}/photo/$value"
    await scene.graph.put(path, content=jpeg(50, 50), headers={"content-type": "image/jpeg"})
    await scene.subscribe("users", "updated,deleted")
    assert (await scene.graph.delete(path)).status_code == 204
    assert (await scene.graph.get(path)).status_code == 404
    assert (await scene.graph.delete(path)).status_code == 404
    (item, *_) = await scene.receiver.some()
    assert item["resourceData"]["id"] == user


async def test_photo_in_a_batch_is_text(scene: Any) -> None:
    user = (await scene.users())[0]["id"]
    path = f"/users/{user}/photo/$value"
    await scene.graph.put(path, content=jpeg(50, 50), headers={"content-type": "image/jpeg"})
    body = {"requests": [{"id": "1", "method": "GET", "url": path}]}
    (item,) = (await scene.graph.post("/$batch", json=body)).json()["responses"]
    assert (item["status"], isinstance(item["body"], str)) == (200, True)
