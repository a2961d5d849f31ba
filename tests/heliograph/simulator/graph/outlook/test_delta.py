"""Delta of folders and of series (change-notifications.md, 7). The rest is in test_delta.py above."""

from typing import Any

from tests.heliograph.simulator.graph.outlook.owners import IMMUTABLE, Owner, mail
from tests.heliograph.simulator.graph.outlook.test_events import at, event, window
from tests.heliograph.simulator.graph.outlook.test_series import DAILY, occurrence


async def follow(owner: Owner, link: str, **more: Any) -> tuple[list[dict[str, Any]], str]:
    """All that a round tells, and the link to the next."""
    found: list[dict[str, Any]] = []
    while True:
        page = await owner.get(link, **more)
        found += page["value"]
        if "@odata.deltaLink" in page:
            return found, page["@odata.deltaLink"]
        link = page["@odata.nextLink"]


def told(found: list[dict[str, Any]]) -> dict[str, bool]:
    """Of each id whether it was last told as removed."""
    return {entry["id"]: "@removed" in entry for entry in found}


async def test_folders_are_told_with_their_counts(lene: Owner) -> None:
    first, link = await follow(lene, "mailFolders/delta?$select=displayName,totalItemCount")
    names = {one["displayName"] for one in first}
    assert {"Inbox", "Drafts"} <= names
    assert "Top of Information Store" not in names
    await lene.mail()
    made = await lene.post("mailFolders", {"displayName": "New"})
    found, link = await follow(lene, link)
    assert {one["displayName"]: one["totalItemCount"] for one in found} == {"Inbox": 1, "New": 0}
    assert found[0]["@odata.type"] == "#microsoft.graph.mailFolder"
    await lene.delete(f"mailFolders/{made['id']}")
    assert told((await follow(lene, link))[0]) == {made["id"]: True}


async def test_contact_folders_are_told(lene: Owner) -> None:
    _, link = await follow(lene, "contactFolders/delta")
    made = await lene.post("contactFolders", {"displayName": "Auditors"})
    found, link = await follow(lene, link)
    assert [one["displayName"] for one in found] == ["Auditors"]
    await lene.delete(f"contactFolders/{made['id']}")
    assert told((await follow(lene, link))[0]) == {made["id"]: True}


async def test_a_series_is_told_by_its_master_and_briefly_by_its_occurrences(lene: Owner) -> None:
    _, link = await follow(lene, f"calendarView/delta?{window(1, 4)}")
    made = await lene.post("events", event(recurrence=DAILY))
    found, link = await follow(lene, link)
    assert [one.get("type") for one in found] == ["seriesMaster", *["occurrence"] * 3]
    assert set(found[1]) == {
        *("@odata.type", "@odata.etag", "id"),
        *("seriesMasterId", "type", "start", "end"),
    }
    await lene.delete(f"events/{(await occurrence(lene, 2))['id']}")
    second = found[2]["id"]
    found, link = await follow(lene, link)
    assert told(found)[second] is True
    assert len(told(found)) == 4
    path = f"events/{(await occurrence(lene, 3))['id']}"
    await lene.patch(path, {"subject": "Special"})
    found, link = await follow(lene, link)
    assert "Special" in [one.get("subject") for one in found]
    await lene.delete(f"events/{made['id']}")
    found, _ = await follow(lene, link)
    assert all(told(found).values())


async def test_an_exception_that_leaves_the_window_is_told_as_removed(lene: Owner) -> None:
    await lene.post("events", event(recurrence=DAILY))
    _, link = await follow(lene, f"calendarView/delta?{window(1, 4)}")
    last = await occurrence(lene, 3)
    await lene.patch(f"events/{last['id']}", {"start": at(8, day=4), "end": at(9, day=4)})
    assert told((await follow(lene, link))[0])[last["id"]] is True


async def test_each_calendar_is_followed_by_itself(lene: Owner) -> None:
    other = (await lene.post("calendars", {"name": "Other"}))["id"]
    _, link = await follow(lene, f"calendars/{other}/calendarView/delta?{window(1, 4)}")
    assert f"calendars('{other}')" in link
    inside = await lene.post(f"calendars/{other}/events", event())
    outside = await lene.post("events", event())
    found = told((await follow(lene, link))[0])
    assert (found[inside["id"]], found.get(outside["id"], True)) == (False, True)


async def test_the_zone_and_the_bodies_are_as_the_caller_prefers(lene: Owner) -> None:
    await lene.post("events", event())
    headers = {"prefer": 'outlook.timezone="Tokyo Standard Time", odata.maxpagesize=5'}
    page = await lene.call("GET", f"calendarView/delta?{window(1, 4)}", headers=headers)
    assert page.json()["value"][0]["start"]["timeZone"] == "Tokyo Standard Time"
    assert 'outlook.timezone="Tokyo Standard Time"' in page.headers["preference-applied"]


async def test_attachments_come_with_delta_on_request(lene: Owner) -> None:
    path = "mailFolders/drafts/messages/delta?$expand=attachments&$select=subject"
    await lene.post("messages", mail())
    found, _ = await follow(lene, path, headers=IMMUTABLE)
    assert found[0]["attachments"] == []
    assert found[0]["@odata.type"] == "#microsoft.graph.message"
