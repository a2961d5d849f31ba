"""Calendars and calendar groups (graph-users-api.md, 7, K1 to K6)."""

from heliograph.simulator import permissions
from heliograph.simulator.graph.answers import NOTHING
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.outlook.calendar_kinds import CALENDAR, CALENDAR_GROUP
from heliograph.simulator.graph.outlook.kinds import OUTLOOK
from heliograph.simulator.graph.outlook.lists import Listing, collection, mailbox, owner
from heliograph.simulator.graph.outlook.paths import CALENDARS
from heliograph.simulator.graph.outlook.views import View, answered
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.store import Row

routes = Routes()

_READ = permissions.mailbox("Calendars.ReadBasic.All")
_WRITE = permissions.mailbox("Calendars.ReadWrite")
_GROUPS = "/users/{user}/calendarGroups"
_GROUP = f"{_GROUPS}/{{group}}"
_LISTS = ("/users/{user}/calendars", f"{_GROUP}/calendars")
_WRITABLE = frozenset({"name", "color", "isDefaultCalendar", "defaultOnlineMeetingProvider"})

VIEW = View(kind=CALENDAR, has_etag=False, has_two_ids=False)
_GROUP_VIEW = View(kind=CALENDAR_GROUP, has_etag=False, has_two_ids=False)


@routes.on("GET", *_LISTS, needs=_READ)
def list_calendars(call: Call) -> Answer:
    """The calendars of a mailbox, or of a group."""
    box, group = mailbox(call), _group(call)
    rows = [
        (id_, row)
        for id_, row in box.calendars.rows.items()
        if group is None or row["groupId"] == group
    ]
    return collection(call, Listing(view=VIEW), _calendars(call), rows)


@routes.on("POST", *_LISTS, needs=_WRITE)
def create_calendar(call: Call) -> Answer:
    """A new calendar."""
    given = _written(call)
    groups = call.world.outlook.calendar_groups
    return _calendar(call, groups.create(mailbox(call), given, group=_group(call)), status=201)


@routes.on("GET", *CALENDARS, needs=_READ)
def get_calendar(call: Call) -> Answer:
    """One calendar, the default one where the path names none."""
    return _calendar(call, mailbox(call).calendars.rows[calendar_id(call)])


@routes.on("PATCH", *CALENDARS, needs=_WRITE)
def update_calendar(call: Call) -> Answer:
    """A changed calendar."""
    given = _written(call)
    groups = call.world.outlook.calendar_groups
    return _calendar(call, groups.update(mailbox(call), calendar_id(call), given))


@routes.on("DELETE", *CALENDARS[1:], needs=_WRITE)
@routes.on("POST", *(f"{path}/permanentDelete" for path in CALENDARS[1:]), needs=_WRITE)
def delete_calendar(call: Call) -> Answer:
    """A calendar gone, with its events."""
    call.world.outlook.calendar_groups.remove(mailbox(call), calendar_id(call))
    return NOTHING


@routes.on("GET", _GROUPS, needs=_READ)
def list_groups(call: Call) -> Answer:
    """The groups."""
    rows = mailbox(call).calendar_groups.rows.items()
    return collection(call, Listing(view=_GROUP_VIEW), f"{owner(call)}/calendarGroups", rows)


@routes.on("POST", _GROUPS, needs=_WRITE)
def create_group(call: Call) -> Answer:
    """A new group."""
    groups = call.world.outlook.calendar_groups
    return _answer_group(call, groups.create_group(mailbox(call), _name(call)), status=201)


@routes.on("GET", _GROUP, needs=_READ)
def get_group(call: Call) -> Answer:
    """One group."""
    return _answer_group(call, mailbox(call).calendar_groups.rows[str(_group(call))])


@routes.on("PATCH", _GROUP, needs=_WRITE)
def rename_group(call: Call) -> Answer:
    """A group under another name."""
    groups = call.world.outlook.calendar_groups
    row = groups.rename_group(mailbox(call), str(_group(call)), _name(call))
    return _answer_group(call, row)


@routes.on("DELETE", _GROUP, needs=_WRITE)
def delete_group(call: Call) -> Answer:
    """An empty group gone."""
    call.world.outlook.calendar_groups.remove_group(mailbox(call), str(_group(call)))
    return NOTHING


def calendar_id(call: Call) -> str:
    """The id of the calendar that the path names, of the default one where it names none."""
    groups = call.world.outlook.calendar_groups
    _group(call)
    return groups.calendar_id(mailbox(call), call.params.get("calendar"))


def _group(call: Call) -> str | None:
    id_ = call.params.get("group")
    return None if id_ is None else call.world.outlook.calendar_groups.group_id(mailbox(call), id_)


def _written(call: Call) -> dict[str, object]:
    given = OUTLOOK.read(CALENDAR, call.json())
    return {name: value for name, value in given.items() if name in _WRITABLE and value is not None}


def _name(call: Call) -> str:
    return str(OUTLOOK.read(CALENDAR_GROUP, call.json()).get("name") or "")


def _calendars(call: Call) -> str:
    group = call.params.get("group")
    place = f"/calendarGroups('{group}')" if group else ""
    return f"{owner(call)}{place}/calendars"


def _calendar(call: Call, row: Row, *, status: int = 200) -> Answer:
    return answered(call, VIEW, f"{owner(call)}/calendars", row["id"], row, status=status)


def _answer_group(call: Call, row: Row, *, status: int = 200) -> Answer:
    context = f"{owner(call)}/calendarGroups"
    return answered(call, _GROUP_VIEW, context, row["id"], row, status=status)
