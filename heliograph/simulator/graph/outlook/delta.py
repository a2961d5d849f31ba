"""Delta of what lies in a mailbox: folders, what is in one of them, a window of a calendar.

change-notifications.md, 7.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from heliograph.simulator import permissions
from heliograph.simulator.delta import Page
from heliograph.simulator.expressions import parse_filter
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.delta import Round, Shown, answer
from heliograph.simulator.graph.odata import top
from heliograph.simulator.graph.outlook import contacts, events, mail_folders, messages, paths
from heliograph.simulator.graph.outlook.calendars import calendar_id
from heliograph.simulator.graph.outlook.lists import mailbox
from heliograph.simulator.graph.outlook.views import Lens, View, preferred
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.outlook.events import touches
from heliograph.simulator.outlook.series import days, occurrence, occurrence_id
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Event, Row, Table

routes = Routes()

Scope = Callable[[Row], bool]
Entries = Callable[[str, Row], Mapping[str, Shown]]
"""What is shown of the row under a key, by the ids that it is shown under: nothing out of scope."""

_MAIL = permissions.mailbox("Mail.ReadBasic.All")
_CALENDAR = permissions.mailbox("Calendars.Read")
_CONTACTS = permissions.mailbox("Contacts.Read")
_SHORT = frozenset({"@odata.type", "@odata.etag", "id", "seriesMasterId", "type", "start", "end"})
"""All that is told of an occurrence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """How the changes of one table are told: of which *type* its items are, what is shown of them,
    and whether what is out of scope is told as removed.
    """

    table: Table
    type: str
    entries: Entries
    has_two_ids: bool = True
    tells_outside: bool = False

    def tell(self, call: Call, page: Page, only: str) -> Iterator[Shown]:
        """What a page tells, of one change type where *only* names it."""
        for key, row in page.rows:
            if only in {"", "created"}:
                yield from self.entries(key, row).values()
        current = {event.key: self._current(event.key) for event in page.events}
        for event in page.events:
            if only in {"", "deleted"}:
                yield from self._removed(call, event, current[event.key])
        for key, event in {event.key: event for event in page.events}.items():
            word = "updated" if event.what == "updated" else "created"
            if only in {"", word}:
                yield from current[key].values()

    def _current(self, key: str) -> Mapping[str, Shown]:
        row = self.table.rows.get(key)
        return {} if row is None else self.entries(key, row)

    def _removed(self, call: Call, event: Event, current: Mapping[str, Shown]) -> Iterator[Shown]:
        was = () if event.before is None else self.entries(event.key, event.before)
        gone = [id_ for id_ in was if id_ not in current]
        if not gone and not current and not was and self.tells_outside:
            row = event.before or event.after or {}
            is_key = call.immutable_ids and self.has_two_ids
            gone = [event.key if is_key else str(row["id"])]
        for id_ in gone:
            yield {"@odata.type": self.type, "id": id_, "@removed": {"reason": "deleted"}}


@routes.on("GET", *paths.below(paths.MAIL_FOLDERS, "messages/delta"), needs=_MAIL)
def follow_messages(call: Call) -> Answer:
    """The messages of one folder that came, changed or left."""
    box = mailbox(call)
    folder = box.folder_id(call.params["folder"])
    _check_mail_options(call)
    return _followed(
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
    return _followed(
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
    return _followed(
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
    return _followed(
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
            tells_outside=True,
        )
        return following.tell(call, page, "")

    round_ = Round(
        table=box.events,
        context="Collection(event)",
        path=f"/users/{call.params['user']}/{place}calendarView/delta",
        options=("startDateTime", "endDateTime"),
        size=_size(call),
        tell=tell,
        in_directory=False,
    )
    return preferred(answer(call, round_), Lens(_bare(call), events.VIEW).honoured())


def _followed(
    call: Call,
    table: Table,
    view: View,
    *,
    path: str,
    options: tuple[str, ...],
    scope: Callable[[Mapping[str, str]], Scope],
) -> Answer:
    """A page of what changed in *table*, within the *scope* that the first call's options say."""
    type_ = f"#microsoft.graph.{view.kind.name}"

    def tell(page: Page, kept: dict[str, str]) -> Iterator[Shown]:
        lens, holds = Lens(replace(call, query=_shown_options(kept)), view), scope(kept)

        def entries(key: str, row: Row) -> Mapping[str, Shown]:
            if not holds(row):
                return {}
            shown = {"@odata.type": type_, **lens.show(key, row)}
            return {str(shown["id"]): shown}

        following = Following(table=table, type=type_, entries=entries)
        return following.tell(call, page, kept.get("changeType", "").lower())

    round_ = Round(
        table=table,
        context=f"Collection({view.kind.name})",
        path=f"/users/{call.params['user']}/{path}/delta",
        options=options,
        size=_size(call),
        tell=tell,
        in_directory=False,
    )
    return preferred(answer(call, round_), Lens(_bare(call), view).honoured())


def _in_folder(folder: str, filter_: str) -> Scope:
    if not filter_:
        return lambda row: bool(row["parentFolderId"] == folder)
    holds = parse_filter(filter_).holds
    return lambda row: bool(row["parentFolderId"] == folder) and holds(row)


def _in_window(call: Call, options: Mapping[str, str], calendar: str) -> Entries:
    """What is told of an event in the window: of a series the master whole, occurrences briefly."""
    start, end = events.window(replace(call, query=options))
    lens = Lens(_bare(call), events.VIEW)
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


def _bare(call: Call) -> Call:
    return replace(call, query={})


def _shown_options(options: Mapping[str, str]) -> dict[str, str]:
    return {name: options[name] for name in ("$select", "$expand") if name in options}


def _size(call: Call) -> int:
    return top(call, default=10, most=1000)


def _check_mail_options(call: Call) -> None:
    order = call.query.get("$orderby", "").lower()
    condition = call.query.get("$filter", "").lower().strip()
    by_time = condition.startswith(("receiveddatetime ge ", "receiveddatetime gt "))
    if order not in {"", "receiveddatetime desc"} or (condition and not by_time):
        raise Refused(
            400, "ErrorInvalidUrlQuery", "The query is not supported by the delta of messages."
        )
