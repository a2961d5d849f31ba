"""Photos, licences, admin roles and audits: the client and the simulator, which share no code."""

import struct
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from heliograph.errors import Invalid, NotFound
from heliograph.graph import GraphClient
from heliograph.graph.directory.audits import DirectoryAudit
from heliograph.graph.values.objects import License, User
from heliograph.simulator import Running
from tests.heliograph.graph.conftest import a_hire

USER_ADMIN = "fe930be7-5e62-47db-91af-98c3a49a38b1"
REPORTS_READER = "4a5d8f65-41da-4de4-8968-e035b65339cf"
LARGE = 1_000_000


def a_jpeg(side: int, *, padding: int = 0) -> bytes:
    """The head of a JPEG, which says how large it is, and something after it."""
    frame = struct.pack(">BBHBHHB", 0xFF, 0xC0, 11, 8, side, side, 1) + b"\x01\x11\x00"
    return b"\xff\xd8" + frame + b"\x00" * padding + b"\xff\xd9"


async def test_a_photo_is_uploaded_read_in_its_sizes_and_deleted(
    live: GraphClient, people: list[User]
) -> None:
    person = people[0].id
    assert await live.photos.get(person) is None
    await live.photos.upload(person, a_jpeg(100))
    photo = await live.photos.get(person)
    assert photo is not None
    assert (photo.width, photo.height, photo.media_type) == (100, 100, "image/jpeg")
    assert [one.width async for one in live.photos.sizes(person)] == [48, 64, 96]
    async with live.photos.content(person, size=48) as pieces:
        assert b"".join([piece async for piece in pieces]) == a_jpeg(100)
    async with live.photos.content(person, size=240) as pieces:
        with pytest.raises(NotFound):
            await anext(pieces)
    await live.photos.upload(person, a_jpeg(101))
    changed = await live.photos.get(person)
    assert changed is not None
    assert changed.media_etag != photo.media_etag
    for _ in range(2):
        await live.photos.delete(person)
    assert await live.photos.get(person) is None


async def test_a_large_photo_streams_in_and_out(live: GraphClient, people: list[User]) -> None:
    image = a_jpeg(648, padding=LARGE)

    async def source() -> AsyncIterator[bytes]:
        for start in range(0, len(image), 100_000):
            yield image[start : start + 100_000]

    await live.photos.upload(people[1].id, source)
    async with live.photos.content(people[1].id) as pieces:
        received = [piece async for piece in pieces]
    assert b"".join(received) == image
    assert len(received) > 1


async def test_no_image_and_no_mailbox_are_refused(live: GraphClient, people: list[User]) -> None:
    with pytest.raises(Invalid, match="JPEG"):
        await live.photos.upload(people[0].id, b"GIF89a")
    with pytest.raises(NotFound):
        await live.photos.upload((await a_hire(live)).id, a_jpeg(48))


async def test_licences_are_given_and_taken(live: GraphClient) -> None:
    hire = await a_hire(live)
    sku = max([one async for one in live.licenses.bought()], key=lambda one: one.free)
    wish = License(sku_id=sku.sku_id)
    with pytest.raises(Invalid, match="usage location"):
        await live.licenses.assign(hire.id, add=[wish])
    await live.users.update(hire.id, {"usageLocation": "DK"})
    user = await live.licenses.assign(hire.id, add=[wish])
    assert [one.sku_id for one in user.assigned_licenses or ()] == [sku.sku_id]
    (held,) = [one async for one in live.licenses.of(hire.id)]
    assert held.sku_part_number == sku.sku_part_number
    assert held.service_plans
    (now,) = [one async for one in live.licenses.bought() if one.sku_id == sku.sku_id]
    assert now.free == sku.free - 1
    await live.licenses.assign(hire.id, remove=[sku.sku_id])
    assert [one async for one in live.licenses.of(hire.id)] == []
    with pytest.raises(Invalid):
        await live.licenses.assign(hire.id, remove=[sku.sku_id])


async def test_a_role_is_assigned_once_and_ended(live: GraphClient) -> None:
    hire = await a_hire(live)
    named = live.roles.definitions(where="displayName eq 'User Administrator'")
    (role,) = [one async for one in named]
    assert role.id == USER_ADMIN
    made = await live.roles.assign(hire.id, role.id)
    assert (await live.roles.assign(hire.id, role.id)).id == made.id
    assert [one.id async for one in live.roles.assignments(principal=hire.id)] == [made.id]
    assert made.id in {one.id async for one in live.roles.assignments(role=role.id)}
    for _ in range(2):
        await live.roles.unassign(made.id)
    assert [one async for one in live.roles.assignments(principal=hire.id)] == []


async def test_a_role_is_activated_once_and_its_members_are_known(live: GraphClient) -> None:
    role = await live.roles.activate(REPORTS_READER)
    assert (await live.roles.activate(REPORTS_READER)).id == role.id
    assert role.id in {one.id async for one in live.roles.activated()}
    hire = await a_hire(live)
    await live.roles.assign(hire.id, REPORTS_READER)
    assert [one.id async for one in live.roles.members(role.id)] == [hire.id]


async def entries(found: AsyncIterator[DirectoryAudit]) -> list[DirectoryAudit]:
    return [entry async for entry in found]


async def test_a_change_is_found_by_its_time_target_and_initiator(
    live: GraphClient, simulator: Running
) -> None:
    started = datetime.now(UTC) - timedelta(seconds=1)
    hire = await a_hire(live)
    await live.users.update(hire.id, {"department": "Finance"})
    about = await entries(live.audits.list(target=hire.id))
    assert [entry.activity_display_name for entry in about] == ["Update user", "Add user"]
    (update, _) = about
    assert update.initiated_by is not None
    assert update.initiated_by.app is not None
    assert update.initiated_by.app.app_id == simulator.ready["client_id"]
    assert update.target_resources is not None
    changes = {
        change.display_name: change.new
        for target in update.target_resources
        for change in target.modified_properties or ()
    }
    assert changes["Department"] == ["Finance"]
    ours = live.audits.list(by_app=str(simulator.ready["client_id"]), since=started)
    assert {entry.id for entry in about} <= {entry.id for entry in await entries(ours)}
    assert await entries(live.audits.list(target=hire.id, until=started)) == []
    assert await entries(live.audits.list(target=hire.id, by_user=hire.id)) == []


async def test_an_entry_that_is_late_is_not_there_yet(
    live: GraphClient, simulator: Running
) -> None:
    simulator.world.switches.audits_after = 3600.0
    hire = await a_hire(live)
    assert await entries(live.audits.list(target=hire.id)) == []
