from typing import TYPE_CHECKING

from heliograph.graph import GraphClient

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

LENE = "lene.holm@contoso.com"
HOME = f"/users/{LENE}"
CALENDAR = {
    "id": "AAMkAGYxZDM0CalAAA=",
    "name": "Calendar",
    "color": "auto",
    "hexColor": "",
    "isDefaultCalendar": True,
    "changeKey": "nfZyf7VcrEKLNoU37KWlkQAAA0x0+w==",
    "canEdit": True,
    "allowedOnlineMeetingProviders": ["teamsForBusiness"],
    "isRemovable": False,
    "owner": {"name": "Lene Holm", "address": LENE},
}


async def test_the_default_calendar_and_another_are_read(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(200, CALENDAR).answer(200, {"id": "c"})
    calendar = await graph.calendars.get(LENE)
    assert calendar.owner is not None
    assert (calendar.is_default_calendar, calendar.owner.address) == (True, LENE)
    assert (await graph.calendars.get(LENE, "c=")).id == "c"
    assert recorder.calls == [f"GET {HOME}/calendar", f"GET {HOME}/calendars/c%3D"]
    assert recorder.is_outlook(LENE)


async def test_calendars_are_listed_and_made_in_a_group_or_outside(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(200, {"value": [CALENDAR]}).answer(200, {"value": [{"id": "2"}]})
    recorder.answer(201, {"id": "3"}).answer(201, {"id": "4"})
    assert [calendar.id async for calendar in graph.calendars.list(LENE)] == [CALENDAR["id"]]
    assert [calendar.id async for calendar in graph.calendars.list(LENE, group="g")] == ["2"]
    await graph.calendars.create(LENE, {"name": "Shifts", "color": "lightBlue"})
    assert recorder.last.json == {"name": "Shifts", "color": "lightBlue"}
    await graph.calendars.create(LENE, {"name": "Shifts"}, group="g")
    assert recorder.calls == [
        f"GET {HOME}/calendars",
        f"GET {HOME}/calendarGroups/g/calendars",
        f"POST {HOME}/calendars",
        f"POST {HOME}/calendarGroups/g/calendars",
    ]


async def test_a_calendar_is_changed_and_deleted(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"id": "c", "name": "New"}).answer(204).refuse(404, "ErrorItemNotFound")
    assert (await graph.calendars.update(LENE, "c", {"name": "New"})).name == "New"
    await graph.calendars.delete(LENE, "c")
    await graph.calendars.delete(LENE, "c")
    one = f"{HOME}/calendars/c"
    assert recorder.calls == [f"PATCH {one}", f"DELETE {one}", f"DELETE {one}"]


async def test_a_group_of_calendars_lives_and_dies(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    group = {"id": "g", "name": "Teams", "classId": "0006f0b7-0000-0000-c000-000000000046"}
    recorder.answer(201, group).answer(200, group).answer(200, {"value": [group]})
    recorder.answer(200, {**group, "name": "Groups"}).answer(204).refuse(404, "ErrorItemNotFound")
    assert (await graph.calendar_groups.create(LENE, "Teams")).class_id == group["classId"]
    assert recorder.last.json == {"name": "Teams"}
    assert (await graph.calendar_groups.get(LENE, "g")).name == "Teams"
    assert [found.id async for found in graph.calendar_groups.list(LENE)] == ["g"]
    assert (await graph.calendar_groups.rename(LENE, "g", "Groups")).name == "Groups"
    await graph.calendar_groups.delete(LENE, "g")
    await graph.calendar_groups.delete(LENE, "g")
    assert recorder.calls == [
        f"POST {HOME}/calendarGroups",
        f"GET {HOME}/calendarGroups/g",
        f"GET {HOME}/calendarGroups",
        f"PATCH {HOME}/calendarGroups/g",
        f"DELETE {HOME}/calendarGroups/g",
        f"DELETE {HOME}/calendarGroups/g",
    ]
    assert recorder.is_outlook(LENE)
