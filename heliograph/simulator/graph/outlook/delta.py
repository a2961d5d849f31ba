"""Delta of what lies in a mailbox: a mail folder, a contact folder, a window of the calendar."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from heliograph.simulator import permissions
from heliograph.simulator.delta import Page
from heliograph.simulator.expressions import parse_filter
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.delta import Round, Shown, answer
from heliograph.simulator.graph.odata import top
from heliograph.simulator.graph.outlook.calendar import overlaps, window
from heliograph.simulator.graph.outlook.contacts import folder_id
from heliograph.simulator.graph.outlook.items import mailbox, preferred, shown
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Event, Row

routes = Routes()

Scope = Callable[[Row], bool]

_MAIL = permissions.mailbox("Mail.ReadBasic.All")
_CALENDAR = permissions.mailbox("Calendars.Read")
_CONTACTS = permissions.mailbox("Contacts.Read")


@routes.on("GET", "/users/{user}/mailFolders/{folder}/messages/delta", needs=_MAIL)
def messages(call: Call) -> Answer:
    """The messages of one folder that came, changed or left."""
    box = mailbox(call)
    folder = box.folder_id(call.params["folder"])
    _check_mail_options(call)
    round_ = Round(
        table=box.messages,
        context="Collection(message)",
        path=f"/users/{call.params['user']}/mailfolders('{folder}')/messages/delta",
        options=("$select", "$top", "$expand", "$filter", "$orderby", "changeType"),
        size=_size(call),
        tell=lambda page, options: _told(
            call, page, options, scope=_in_folder(folder, options.get("$filter", ""))
        ),
        in_directory=False,
    )
    return preferred(call, answer(call, round_))


@routes.on(
    "GET",
    "/users/{user}/contacts/delta",
    "/users/{user}/contactFolders/{folder}/contacts/delta",
    needs=_CONTACTS,
)
def contacts(call: Call) -> Answer:
    """The contacts of one folder that came, changed or left."""
    box = mailbox(call)
    folder = folder_id(call, box)
    round_ = Round(
        table=box.contacts,
        context="Collection(contact)",
        path=f"/users/{call.params['user']}/contactfolders('{folder}')/contacts/delta",
        options=("$select",),
        size=_size(call),
        tell=lambda page, options: _told(call, page, options, scope=_in_folder(folder, "")),
        in_directory=False,
    )
    return preferred(call, answer(call, round_))


@routes.on(
    "GET",
    "/users/{user}/calendarView/delta",
    "/users/{user}/calendar/calendarView/delta",
    needs=_CALENDAR,
)
def events(call: Call) -> Answer:
    """The events of a window that came, changed or left; and as removed what lies outside it."""
    if not {"$skiptoken", "$deltatoken"} & set(call.query):
        window(call)
    round_ = Round(
        table=mailbox(call).events,
        context="Collection(event)",
        path=f"/users/{call.params['user']}/calendarView/delta",
        options=("startDateTime", "endDateTime"),
        size=_size(call),
        tell=lambda page, options: _told(
            call, page, options, scope=_in_window(call, options), tells_outside=True
        ),
        in_directory=False,
    )
    return preferred(call, answer(call, round_))


def _told(
    call: Call,
    page: Page,
    options: Mapping[str, str],
    *,
    scope: Scope,
    tells_outside: bool = False,
) -> Iterator[Shown]:
    only = options.get("changeType", "").lower()
    seen = replace(call, query={"$select": options.get("$select", "")})
    for key, row in page.rows:
        if scope(row) and only in {"", "created"}:
            yield shown(seen, key, row)
    last = {event.key: event for event in page.events}
    for event in page.events:
        if only in {"", "deleted"} and (gone := _left(call, event, scope, outside=tells_outside)):
            yield gone
    for key, event in last.items():
        current = _row(call, event)
        if current is not None and scope(current) and only in {"", _arrived(event)}:
            yield shown(seen, key, current)


def _left(call: Call, event: Event, scope: Scope, *, outside: bool) -> Shown | None:
    """The mark that *event* took an item away, under the id that it had."""
    before, after = event.before, event.after
    is_, was = _holds(scope, after), _holds(scope, before)
    if call.immutable_ids and _holds(scope, _row(call, event)):
        return None
    has_new_id = was and is_ and event.what == "moved"
    if not has_new_id and (is_ or not (was or outside)):
        return None
    id_ = event.key if call.immutable_ids else (before or after or {})["id"]
    type_ = f"#microsoft.graph.{event.kind.removesuffix('s')}"
    return {"@odata.type": type_, "id": id_, "@removed": {"reason": "deleted"}}


def _arrived(event: Event) -> str:
    return "updated" if event.what == "updated" else "created"


def _holds(scope: Scope, row: Row | None) -> bool:
    return row is not None and scope(row)


def _row(call: Call, event: Event) -> Row | None:
    """The item as it is now."""
    box = mailbox(call)
    tables = {"messages": box.messages, "events": box.events, "contacts": box.contacts}
    return tables[event.kind].rows.get(event.key)


def _in_folder(folder: str, filter_: str) -> Scope:
    if not filter_:
        return lambda row: bool(row["parentFolderId"] == folder)
    holds = parse_filter(filter_).holds
    return lambda row: bool(row["parentFolderId"] == folder) and holds(row)


def _in_window(call: Call, options: Mapping[str, str]) -> Scope:
    start, end = window(replace(call, query=options))
    return lambda row: overlaps(row, start, end)


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
