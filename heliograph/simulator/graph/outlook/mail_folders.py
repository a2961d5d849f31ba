"""Mail folders (graph-users-api.md, 9, M13 to M18)."""

from collections.abc import Mapping
from dataclasses import replace

from heliograph.simulator import permissions
from heliograph.simulator.graph.answers import NOTHING
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.outlook.kinds import OUTLOOK
from heliograph.simulator.graph.outlook.lists import Listing, collection, count, mailbox, owner
from heliograph.simulator.graph.outlook.mail_kinds import MAIL_FOLDER
from heliograph.simulator.graph.outlook.messages import destination
from heliograph.simulator.graph.outlook.paths import MAIL_FOLDERS, below
from heliograph.simulator.graph.outlook.views import Lens, View, answered
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.store import Row

routes = Routes()

_READ = permissions.mailbox("Mail.ReadBasic.All")
_WRITE = permissions.mailbox("Mail.ReadWrite")
_ROOT = "msgfolderroot"
_CHILDREN = below(MAIL_FOLDERS, "childFolders")
_LISTS = ("/users/{user}/mailFolders", *_CHILDREN)


def _expand_children(call: Call, key: str, row: Row, options: Mapping[str, str]) -> object:
    lens = Lens(replace(call, query=options), VIEW)
    del row
    return [lens.show(row["id"], row) for row in _visible(call, key)]


VIEW = View(
    kind=MAIL_FOLDER,
    expands={"childfolders": _expand_children},
    has_etag=False,
    has_two_ids=False,
)
_LISTING = Listing(view=VIEW, order="displayName")


@routes.on("GET", *_LISTS, needs=_READ)
def list_folders(call: Call) -> Answer:
    """The folders at the top, or those in a folder."""
    return collection(call, _LISTING, _context(call), _rows(call))


@routes.on("GET", *(f"{path}/$count" for path in _LISTS), needs=_READ)
def count_folders(call: Call) -> Answer:
    """How many there are."""
    return count(call, _LISTING, _rows(call))


@routes.on("GET", *MAIL_FOLDERS, needs=_READ)
def get_folder(call: Call) -> Answer:
    """One folder, by its id or well-known name."""
    return _answer(call, _folder(call))


@routes.on("POST", *_LISTS, needs=_WRITE)
def create_folder(call: Call) -> Answer:
    """A new folder."""
    given = OUTLOOK.read(MAIL_FOLDER, call.json())
    row = call.world.outlook.folders.create(
        mailbox(call),
        str(given.get("displayName") or ""),
        parent=_folder(call),
        is_hidden=bool(given.get("isHidden")),
    )
    return _answer(call, row["id"], status=201)


@routes.on("PATCH", *MAIL_FOLDERS, needs=_WRITE)
def rename_folder(call: Call) -> Answer:
    """A folder under another name."""
    given, id_ = OUTLOOK.read(MAIL_FOLDER, call.json()), _folder(call)
    if "displayName" in given:
        call.world.outlook.folders.rename(mailbox(call), id_, str(given["displayName"] or ""))
    return _answer(call, id_)


@routes.on("DELETE", *MAIL_FOLDERS, needs=_WRITE)
@routes.on("POST", *below(MAIL_FOLDERS, "permanentDelete"), needs=_WRITE)
def delete_folder(call: Call) -> Answer:
    """A folder gone, with all that lay in it."""
    call.world.outlook.folders.remove(mailbox(call), _folder(call))
    return NOTHING


@routes.on("POST", *below(MAIL_FOLDERS, "move"), needs=_WRITE)
def move_folder(call: Call) -> Answer:
    """The folder in another one."""
    box, id_ = mailbox(call), _folder(call)
    call.world.outlook.folders.move(box, id_, box.folder_id(destination(call)))
    return _answer(call, id_, status=201)


@routes.on("POST", *below(MAIL_FOLDERS, "copy"), needs=_WRITE)
def copy_folder(call: Call) -> Answer:
    """A copy of the folder in another one."""
    box = mailbox(call)
    made = call.world.outlook.folders.copy(box, _folder(call), box.folder_id(destination(call)))
    return _answer(call, made["id"], status=201)


def _folder(call: Call) -> str:
    return mailbox(call).folder_id(call.params.get("folder", _ROOT))


def _rows(call: Call) -> list[tuple[str, Row]]:
    return [(row["id"], row) for row in _visible(call, _folder(call))]


def _visible(call: Call, parent: str) -> list[Row]:
    rows = call.world.outlook.folders.children(mailbox(call), parent)
    shows_all = call.query.get("includeHiddenFolders", "").lower() == "true"
    return [row for row in rows if shows_all or not row["isHidden"]]


def _context(call: Call) -> str:
    folder = call.params.get("folder")
    place = f"('{folder}')/childFolders" if folder else ""
    return f"{owner(call)}/mailFolders{place}"


def _answer(call: Call, id_: str, *, status: int = 200) -> Answer:
    row = mailbox(call).folders.rows[id_]
    return answered(call, VIEW, f"{owner(call)}/mailFolders", id_, row, status=status)
