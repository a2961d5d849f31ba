"""Delta of what lies in a mailbox: folders, what is in one of them, a window of a calendar.

change-notifications.md, 7.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from heliograph.simulator import permissions
from heliograph.simulator.delta import Page
from heliograph.simulator.expressions import parse_filter
from heliograph.simulator.graph.answers import preferred
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.delta import Round, Shown, answer
from heliograph.simulator.graph.outlook import contacts, events, mail_folders, messages, paths
from heliograph.simulator.graph.outlook.calendars import calendar_id
from heliograph.simulator.graph.outlook.following import (
    Entries,
    Following,
    Scope,
    bare,
    followed,
    page_size,
)
from heliograph.simulator.graph.outlook.lists import mailbox
from heliograph.simulator.graph.outlook.views import Lens
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.outlook.events import touches
from heliograph.simulator.outlook.series import days, occurrence, occurrence_id
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row

routes = Routes()

_MAIL = permissions.mailbox("Mail.ReadBasic.All")
_CALENDAR = permissions.mailbox("Calendars.Read")
_CONTACTS = permissions.mailbox("Contacts.Read")
_SHORT = frozenset({"@odata.type", "@odata.etag", "id", "seriesMasterId", "type", "start", "end"})
"""All that is told of an occurrence."""


@routes.on("GET", *paths.below(paths.MAIL_FOLDERS, "messages/delta"), needs=_MAIL)
def follow_messages(call: Call) -> Answer:
    """The messages of one folder that came, changed or left."""
    box = mailbox(call)
    folder = box.folder_id(call.params["folder"])
    _check_mail_options(call)
    return followed(
        call,
        box.messages,
        messages.VIEW,
        path=f"mailfolders('{folder}')/messages",
        options=("$select", "$top", "$expand", "$filter", "$orderby", "changeType"),
        scope=lambda options: _in_folder(folder, options.get("$filter", "")),
    )


@routes.on("GET", "/users/{user}/mailFolders/delta", needs=_MAIL)
def follow_mail_folders(call: Call) -> Answer:
    """The mail folders that came, changed or went. Their counts change with their mail."""
    box = mailbox(call)
    hidden = {box.well_known[name] for name in ("msgfolderroot", "recoverableitemsdeletions")}
    hidden.add(box.well_known["searchfolders"])
    return followed(
        call,
        box.folders,
        mail_folders.VIEW,
        path="mailFolders",
        options=("$select", "$top", "$expand"),
        scope=lambda _: lambda row: row["id"] not in hidden and not row["isHidden"],
    )


@routes.on("GET", *paths.below(paths.CONTACTS, "delta"), needs=_CONTACTS)
def follow_contacts(call: Call) -> Answer:
    """The contacts of one folder that came, changed or left."""
    folder = contacts.folder_id(call)
    return followed(
        call,
        mailbox(call).contacts,
        contacts.VIEW,
        path=f"contactfolders('{folder}')/contacts",
        options=("$select",),
        scope=lambda _: _in_folder(folder, ""),
    )


@routes.on("GET", "/users/{user}/contactFolders/delta", needs=_CONTACTS)
def follow_contact_folders(call: Call) -> Answer:
    """The contact folders that came, changed or went."""
    box = mailbox(call)
    return followed(
        call,
        box.contact_folders,
        contacts.FOLDER_VIEW,
        path="contactFolders",
        options=("$select",),
        scope=lambda _: lambda row: row["id"] != box.contacts_folder,
    )


@routes.on("GET", *paths.below(paths.VIEWS, "delta"), needs=_CALENDAR)
def follow_events(call: Call) -> Answer:
    """The events of a window that came, changed or left; and as removed what lies outside it."""
    if not {"$skiptoken", "$deltatoken"} & set(call.query):
        events.window(call)
    box, calendar = mailbox(call), calendar_id(call)
    place = f"calendars('{calendar}')/" if "calendar" in call.params else ""

    def tell(page: Page, options: dict[str, str]) -> Iterator[Shown]:
        following = Following(
            table=box.events,
            type="#microsoft.graph.event",
            entries=_in_window(call, options, calendar),
            tells_outside=lambda row: bool(row["calendarId"] == calendar),
        )
        return following.tell(call, page, "")

    round_ = Round(
        table=box.events,
        context="Collection(event)",
        path=f"/users/{call.params['user']}/{place}calendarView/delta",
        options=("startDateTime", "endDateTime"),
        size=page_size(call),
        tell=tell,
        in_directory=False,
    )
    return preferred(answer(call, round_), Lens(bare(call), events.VIEW).honoured())


def _in_folder(folder: str, filter_: str) -> Scope:
    if not filter_:
        return lambda row: bool(row["parentFolderId"] == folder)
    holds = parse_filter(filter_).holds
    return lambda row: bool(row["parentFolderId"] == folder) and holds(row)


def _in_window(call: Call, options: Mapping[str, str], calendar: str) -> Entries:
    """What is told of an event in the window: of a series the master whole, occurrences briefly."""
    start, end = events.window(replace(call, query=options))
    lens = Lens(bare(call), events.VIEW)
    box = mailbox(call)

    def shown(key: str, row: Row) -> Shown:
        return {"@odata.type": "#microsoft.graph.event", **lens.show(key, events.seen(call, row))}

    def entries(key: str, row: Row) -> Mapping[str, Shown]:
        if row["calendarId"] != calendar:
            return {}
        found = []
        if row["recurrence"]:
            for day in days(row, start, end):
                each = occurrence_id(key, day)
                if each not in box.events.rows:
                    found.append(_brief(shown(each, occurrence(key, row, day))))
        if found or touches(row, start, end):
            found.insert(0, shown(key, row))
        return {str(one["id"]): one for one in found}

    return entries


def _brief(shown: Shown) -> Shown:
    return {name: value for name, value in shown.items() if name in _SHORT}


def _check_mail_options(call: Call) -> None:
    order = call.query.get("$orderby", "").lower()
    condition = call.query.get("$filter", "").lower().strip()
    by_time = condition.startswith(("receiveddatetime ge ", "receiveddatetime gt "))
    if order not in {"", "receiveddatetime desc"} or (condition and not by_time):
        raise Refused(
            400, "ErrorInvalidUrlQuery", "The query is not supported by the delta of messages."
        )
