"""Calendars and calendar groups: graph-users-api.md, 7, K1 to K6."""

import pytest

from tests.heliograph.simulator.graph.outlook.owners import Owner

BUILT_IN = "0006f0b7-0000-0000-c000-000000000046"


async def test_the_default_calendar_and_the_groups_are_always_there(lene: Owner) -> None:
    (default,) = await lene.value("calendars")
    assert default["owner"] == {"name": lene.user["displayName"], "address": lene.address}
    assert (default["isDefaultCalendar"], default["isRemovable"], default["canEdit"]) == (
        True,
        False,
        True,
    )
    assert (await lene.get("calendar"))["id"] == default["id"]
    groups = await lene.value("calendarGroups")
    assert [one["name"] for one in groups] == [
        "My Calendars",
        "Other Calendars",
        "People's Calendars",
    ]
    assert groups[0]["classId"] == BUILT_IN
    mine = await lene.value(f"calendarGroups/{groups[0]['id']}/calendars")
    assert [one["id"] for one in mine] == [default["id"]]


async def test_a_calendar_is_made_changed_and_deleted(lene: Owner) -> None:
    made = await lene.post("calendars", {"name": "Visits", "color": "LightBlue"})
    assert (made["color"], made["hexColor"], made["isRemovable"]) == ("lightBlue", "#a6d1f5", True)
    path = f"calendars/{made['id']}"
    changed = await lene.patch(path, {"name": "Trips", "color": "lightGreen"})
    assert (changed["name"], changed["hexColor"]) == ("Trips", "#87d28e")
    assert changed["changeKey"] != made["changeKey"]
    assert len(await lene.value("calendars?$select=name&$filter=name eq 'Trips'")) == 1
    await lene.delete(path)
    assert await lene.refused("GET", path) == (404, "ErrorItemNotFound")


async def test_a_calendar_keeps_its_name_to_itself(lene: Owner) -> None:
    assert await lene.refused("POST", "calendars", {"name": "calendar"}) == (
        409,
        "ErrorFolderExists",
    )
    assert (await lene.refused("POST", "calendars", {"color": "auto"}))[0] == 400


async def test_the_default_calendar_stays_until_another_is_the_default(lene: Owner) -> None:
    first = (await lene.get("calendar"))["id"]
    refused = await lene.refused("DELETE", f"calendars/{first}")
    assert refused == (400, "ErrorDeleteDistinguishedFolder")
    second = (await lene.post("calendars", {"name": "New"}))["id"]
    await lene.patch(f"calendars/{second}", {"isDefaultCalendar": True})
    assert (await lene.get("calendar"))["id"] == second
    await lene.delete(f"calendars/{first}")


async def test_a_group_is_made_filled_renamed_and_deleted_when_it_is_empty(lene: Owner) -> None:
    group = await lene.post("calendarGroups", {"name": "Clients"})
    path = f"calendarGroups/{group['id']}"
    calendar = await lene.post(f"{path}/calendars", {"name": "Fabrikam"})
    assert [one["id"] for one in await lene.value(f"{path}/calendars")] == [calendar["id"]]
    assert (await lene.patch(path, {"name": "Customers"}))["name"] == "Customers"
    assert (await lene.get(path))["name"] == "Customers"
    assert (await lene.refused("DELETE", path))[0] == 400
    await lene.delete(f"calendars/{calendar['id']}")
    await lene.delete(path)
    assert (await lene.refused("GET", path))[0] == 404


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_groups_that_are_always_there_stay(lene: Owner, method: str) -> None:
    group = (await lene.value("calendarGroups"))[0]["id"]
    body = {"name": "Mine"} if method == "PATCH" else None
    assert await lene.refused(method, f"calendarGroups/{group}", body) == (
        400,
        "ErrorInvalidRequest",
    )
