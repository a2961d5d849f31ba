"""Insights, people, and recent and shared files (graph-users-api.md, 11), as far as they still are.

A switch retires what Microsoft retires: to nothing, to 410, or to 404.
"""

from collections.abc import Callable
from urllib.parse import quote

from heliograph.simulator import permissions
from heliograph.simulator.expressions import parse_filter
from heliograph.simulator.graph.answers import entity, listing
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.odata import ordered, page, top
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.permissions import Needs
from heliograph.simulator.refusals import Refused, bad_request, no_access, no_object
from heliograph.simulator.store import Row

routes = Routes()

_SITES = permissions.directory("Sites.Read.All")
_OWN_SITES = Needs(own=("Sites.Read.All",))
_SIGNED_IN_SITES = Needs(own=("Sites.Read.All",), delegated=("Sites.Read.All",))
_OWN_FILES = Needs(own=("Files.Read", "Files.Read.All"))
_OWN_ALL_FILES = Needs(own=("Files.Read.All",))
_FILES = permissions.directory("Files.Read.All", own=("Files.Read",))
_PEOPLE = permissions.directory("People.Read.All", own=("People.Read",))
_OWN_SETTINGS = Needs(own=("User.Read",))
_CHANGE_OWN_SETTINGS = Needs(own=("User.ReadWrite",))
_SETTINGS = Needs(
    app=("PeopleSettings.Read.All",),
    delegated=("User.Read", "PeopleSettings.Read.All"),
    own=("User.Read", "PeopleSettings.Read.All"),
)
_CHANGE_SETTINGS = permissions.directory("PeopleSettings.ReadWrite.All")
_KINDS = frozenset({"used", "trending", "shared"})


@routes.on("GET", "/users/{user}/insights/used", needs=_SITES)
def used(call: Call) -> Answer:
    """What the user viewed and changed."""
    if "$orderby" in call.query and not call.is_own:
        raise bad_request("$orderby is supported for the signed-in user only.")
    return _insights(call, "used", lambda user: call.world.documents.used(user, is_own=call.is_own))


@routes.on("GET", "/users/{user}/insights/trending", needs=_SITES)
def trending(call: Call) -> Answer:
    """What is looked at around the user."""
    return _insights(call, "trending", call.world.documents.trending)


@routes.on("GET", "/users/{user}/insights/shared", needs=_OWN_SITES)
def shared(call: Call) -> Answer:
    """What was shared with the user."""
    return _insights(call, "shared", call.world.documents.shared)


@routes.on("GET", "/users/{user}/insights/{kind}/{insight}/resource", needs=_SITES)
def resource(call: Call) -> Answer:
    """The document that an insight is about."""
    user, kind = _user(call), call.params["kind"].lower()
    if kind not in _KINDS:
        raise bad_request(f"Resource not found for the segment '{call.params['kind']}'.")
    if kind == "shared" and not call.is_own:
        raise no_access(mailbox=False)
    documents = call.world.documents
    rows = {
        "used": lambda: documents.used(user, is_own=call.is_own),
        "trending": lambda: documents.trending(user),
        "shared": lambda: documents.shared(user),
    }[kind]()
    for row in rows:
        if row["id"] == call.params["insight"]:
            reference = row["resourceReference"]
            shown = {
                "@odata.type": "#microsoft.graph.driveItem",
                "id": reference["id"].rpartition("/")[2],
                "name": row["resourceVisualization"]["title"],
                "webUrl": reference["webUrl"],
            }
            return entity(call, "entity", shown)
    raise no_object(call.params["insight"])


@routes.on("GET", "/users/{user}/drive/recent", needs=_OWN_FILES)
def recent(call: Call) -> Answer:
    """The files that the signed-in user had in hand."""
    return _files(call, "used")


@routes.on("GET", "/users/{user}/drive/sharedWithMe", needs=_OWN_ALL_FILES)
def shared_with_me(call: Call) -> Answer:
    """The files that were shared with the signed-in user."""
    return _files(call, "shared")


@routes.on("GET", "/users/{user}/drive/root/delta", needs=_FILES)
def drive(call: Call) -> Answer:
    """The files of the user's own drive, all in one page."""
    user = _user(call)
    rows = [row for row in call.world.documents.items(user, "used") if "remoteItem" not in row]
    link = call.link(f"/users/{user}/drive/root/delta", {"token": "latest"})
    value = [] if call.query.get("token") else [_chosen(call, row) for row in rows]
    context = call.metadata("Collection(driveItem)")
    return Answer(body={"@odata.context": context, "@odata.deltaLink": link, "value": value})


@routes.on("GET", "/users/{user}/followedSites", needs=_SIGNED_IN_SITES)
def followed_sites(call: Call) -> Answer:
    """The sites that the user follows."""
    return _listed(call, "sites", call.world.documents.sites(_user(call)))


@routes.on("GET", "/users/{user}/people", needs=_PEOPLE)
def people(call: Call) -> Answer:
    """Whom the user works with."""
    user = _user(call)
    rows = call.world.documents.people(user)
    if "$search" in call.query:
        if not call.is_own:
            raise bad_request("$search is supported for the signed-in user only.")
        words = call.query["$search"].strip('"').casefold()
        rows = [row for row in rows if words in str(row["displayName"]).casefold()]
    return _listed(call, f"{_owner(call)}/people", rows, default=10)


@routes.on("GET", "/users/{user}/settings/itemInsights", needs=_OWN_SETTINGS)
def get_settings(call: Call) -> Answer:
    """Whether the user wants insights."""
    shown = {"isEnabled": call.world.documents.settings.get(_user(call), True)}
    return entity(call, f"{_owner(call)}/settings/itemInsights", shown)


@routes.on("PATCH", "/users/{user}/settings/itemInsights", needs=_CHANGE_OWN_SETTINGS)
def change_settings(call: Call) -> Answer:
    """Insights switched on or off by the user."""
    wish = call.json().get("isEnabled")
    if not isinstance(wish, bool):
        raise bad_request("Expected isEnabled to be true or false.")
    call.world.documents.settings[_user(call)] = wish
    return get_settings(call)


@routes.on("GET", "/admin/people/itemInsights", needs=_SETTINGS)
def get_tenant_settings(call: Call) -> Answer:
    """Whether the tenant wants insights."""
    return entity(call, "admin/people/itemInsights", call.world.documents.tenant_settings)


@routes.on("PATCH", "/admin/people/itemInsights", needs=_CHANGE_SETTINGS)
def change_tenant_settings(call: Call) -> Answer:
    """Insights switched on or off for all, or for the members of a group."""
    known = call.world.documents.tenant_settings
    changes = {name: value for name, value in call.json().items() if "@odata" not in name}
    if not set(changes) <= set(known):
        raise bad_request(f"Expected some of {', '.join(known)}.")
    known.update(changes)
    return get_tenant_settings(call)


def _insights(call: Call, kind: str, find: Callable[[str], list[Row]]) -> Answer:
    user = _user(call)
    rows = _retired(call, find(user)) if call.world.documents.are_shown(user) else []
    return _listed(call, f"{_owner(call)}/insights/{kind}", rows)


def _files(call: Call, kind: str) -> Answer:
    user = _user(call)
    rows = _retired(call, call.world.documents.items(user, kind))
    return _listed(call, "Collection(driveItem)", rows)


def _retired(call: Call, rows: list[Row]) -> list[Row]:
    """*rows*, or what is left of them."""
    state = call.world.switches.insights
    if state == "gone":
        raise Refused(410, "Gone", "This API is deprecated and does not return data any more.")
    if state == "missing":
        raise Refused(404, "itemNotFound", "The resource could not be found.")
    return rows if state == "full" else []


def _listed(call: Call, context: str, rows: list[Row], *, default: int = 100) -> Answer:
    text = call.query.get("$filter", "")
    if text:
        try:
            claim = parse_filter(text)
        except ValueError as error:
            raise Refused(400, "BadRequest", f"Invalid filter clause: {error}") from error
        rows = [row for row in rows if claim.holds(row)]
    if "$orderby" in call.query:
        rows = ordered(call, rows)
    part, link = page(call, rows, size=top(call, default=default, most=1_000))
    return listing(call, context, [_chosen(call, row) for row in part], next_link=link)


def _chosen(call: Call, row: Row) -> Row:
    names = [name.strip() for name in call.query.get("$select", "").split(",") if name.strip()]
    return {name: row.get(name) for name in dict.fromkeys(("id", *names))} if names else row


def _user(call: Call) -> str:
    return call.world.directory.user_id(call.params["user"])


def _owner(call: Call) -> str:
    return f"users('{quote(call.params['user'], safe='')}')"
