"""To Do: lists, tasks, checklists and links (graph-users-api.md, 8.2)."""

from collections.abc import Mapping

from heliograph.simulator import permissions
from heliograph.simulator.graph.answers import NOTHING, entity, listing
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.outlook.following import followed
from heliograph.simulator.graph.outlook.kinds import OUTLOOK
from heliograph.simulator.graph.outlook.lists import Listing, collection, count, owner
from heliograph.simulator.graph.outlook.lists import mailbox as mailbox_of
from heliograph.simulator.graph.outlook.todo_kinds import (
    CHECKLIST_ITEM,
    LINKED_RESOURCE,
    TASK,
    TASK_LIST,
)
from heliograph.simulator.graph.outlook.views import View, answered, check_match
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.outlook.mailbox import Mailbox, missing
from heliograph.simulator.outlook.todo import Part
from heliograph.simulator.refusals import no_access
from heliograph.simulator.store import Row

routes = Routes()

_READ = permissions.mailbox("Tasks.Read.All")
_WRITE = permissions.mailbox("Tasks.ReadWrite.All")
_LISTS = "/users/{user}/todo/lists"
_LIST = f"{_LISTS}/{{list}}"
_TASKS = f"{_LIST}/tasks"
_TASK = f"{_TASKS}/{{task}}"
_STEPS = f"{_TASK}/checklistItems"
_LINKS = f"{_TASK}/linkedResources"
_PAGE = 100


def _parts_of(call: Call, key: str, row: Row, options: Mapping[str, str]) -> object:
    del call, key, options
    return row["checklistItems"]


def _links_of(call: Call, key: str, row: Row, options: Mapping[str, str]) -> object:
    del call, key, options
    return row["linkedResources"]


_LIST_VIEW = View(kind=TASK_LIST, has_two_ids=False)
VIEW = View(
    kind=TASK,
    expands={"checklistitems": _parts_of, "linkedresources": _links_of},
    has_two_ids=False,
)


@routes.on("GET", _LISTS, needs=_READ)
def list_lists(call: Call) -> Answer:
    """The lists."""
    rows = mailbox(call).task_lists.rows.items()
    how = Listing(view=_LIST_VIEW, default=_PAGE)
    return collection(call, how, f"{owner(call)}/todo/lists", rows)


@routes.on("POST", _LISTS, needs=_WRITE)
def create_list(call: Call) -> Answer:
    """A new list."""
    row = call.world.outlook.todo.create_list(mailbox(call), _name(call))
    return _answer_list(call, row, status=201)


@routes.on("GET", f"{_LISTS}/delta", needs=_READ)
def follow_lists(call: Call) -> Answer:
    """The lists that came, changed or went."""
    return followed(
        call,
        mailbox(call).task_lists,
        _LIST_VIEW,
        path="todo/lists",
        options=("$select", "$top"),
        scope=lambda _: lambda _: True,
    )


@routes.on("GET", _LIST, needs=_READ)
def get_list(call: Call) -> Answer:
    """One list."""
    return _answer_list(call, mailbox(call).task_lists.rows[_list_id(call)])


@routes.on("PATCH", _LIST, needs=_WRITE)
def rename_list(call: Call) -> Answer:
    """A list under another name."""
    todo = call.world.outlook.todo
    return _answer_list(call, todo.rename_list(mailbox(call), _list_id(call), _name(call)))


@routes.on("DELETE", _LIST, needs=_WRITE)
def delete_list(call: Call) -> Answer:
    """A list gone, with its tasks."""
    call.world.outlook.todo.delete_list(mailbox(call), _list_id(call))
    return NOTHING


@routes.on("GET", _TASKS, needs=_READ)
def list_tasks(call: Call) -> Answer:
    """The tasks of a list."""
    return collection(call, Listing(view=VIEW, default=_PAGE), _tasks(call), _rows(call))


@routes.on("GET", f"{_TASKS}/$count", needs=_READ)
def count_tasks(call: Call) -> Answer:
    """How many there are."""
    return count(call, Listing(view=VIEW), _rows(call))


@routes.on("POST", _TASKS, needs=_WRITE)
def create_task(call: Call) -> Answer:
    """A new task, with the links and the steps that are given."""
    given = OUTLOOK.read(TASK, call.json())
    box, todo = mailbox(call), call.world.outlook.todo
    key = todo.create(box, _list_id(call), given)
    answer = _answer(call, key, status=201)
    parts = {name: box.tasks.rows[key][name] for name in ("linkedResources",) if given.get(name)}
    body = answer.body if isinstance(answer.body, dict) else {}
    return Answer(status=201, body={**body, **parts}, headers=answer.headers)


@routes.on("GET", f"{_TASKS}/delta", needs=_READ)
def follow_tasks(call: Call) -> Answer:
    """The tasks of a list that came, changed or left."""
    list_id = _list_id(call)
    return followed(
        call,
        mailbox(call).tasks,
        VIEW,
        path=f"todo/lists/{list_id}/tasks",
        options=("$select", "$top", "$expand"),
        scope=lambda _: lambda row: bool(row["parentFolderId"] == list_id),
    )


@routes.on("GET", _TASK, needs=_READ)
def get_task(call: Call) -> Answer:
    """One task."""
    return _answer(call, _found(call))


@routes.on("PATCH", _TASK, needs=_WRITE)
def update_task(call: Call) -> Answer:
    """A changed task."""
    box, key = mailbox(call), _found(call)
    check_match(call, box.tasks.rows[key])
    call.world.outlook.todo.update(box, key, OUTLOOK.read(TASK, call.json()))
    return _answer(call, key)


@routes.on("DELETE", _TASK, needs=_WRITE)
def delete_task(call: Call) -> Answer:
    """A task gone."""
    call.world.outlook.todo.delete(mailbox(call), _found(call))
    return NOTHING


@routes.on("GET", _STEPS, needs=_READ)
@routes.on("GET", _LINKS, needs=_READ)
def list_parts(call: Call) -> Answer:
    """The steps of a task, or its links."""
    name = _part_name(call)
    parts = mailbox(call).tasks.rows[_found(call)][name]
    return listing(call, _parts(call, name), parts)


@routes.on("POST", _STEPS, needs=_WRITE)
@routes.on("POST", _LINKS, needs=_WRITE)
def add_part(call: Call) -> Answer:
    """A new step, or a new link."""
    name = _part_name(call)
    made = call.world.outlook.todo.add_part(mailbox(call), _found(call), name, _given(call, name))
    return entity(call, _parts(call, name), made, status=201)


@routes.on("GET", f"{_STEPS}/{{part}}", needs=_READ)
@routes.on("GET", f"{_LINKS}/{{part}}", needs=_READ)
def get_part(call: Call) -> Answer:
    """One step, or one link."""
    name = _part_name(call)
    found = call.world.outlook.todo.part(mailbox(call), _found(call), name, call.params["part"])
    return entity(call, _parts(call, name), found)


@routes.on("PATCH", f"{_STEPS}/{{part}}", needs=_WRITE)
@routes.on("PATCH", f"{_LINKS}/{{part}}", needs=_WRITE)
def update_part(call: Call) -> Answer:
    """A changed step or link."""
    name, todo = _part_name(call), call.world.outlook.todo
    given = {key: value for key, value in _given(call, name).items() if key != "id"}

    def change(part: Part) -> Part:
        return todo.checked(part, given) if name == "checklistItems" else {**part, **given}

    todo.change_part(mailbox(call), _found(call), name, call.params["part"], change)
    return get_part(call)


@routes.on("DELETE", f"{_STEPS}/{{part}}", needs=_WRITE)
@routes.on("DELETE", f"{_LINKS}/{{part}}", needs=_WRITE)
def delete_part(call: Call) -> Answer:
    """A step or a link gone."""
    name, todo = _part_name(call), call.world.outlook.todo
    todo.change_part(mailbox(call), _found(call), name, call.params["part"], lambda _: None)
    return NOTHING


def mailbox(call: Call) -> Mailbox:
    """The mailbox that the path names. Some say that an app alone has no access to its tasks."""
    if call.world.switches.todo_for_users_only and not call.signed_in:
        raise no_access(mailbox=True)
    return mailbox_of(call)


def _name(call: Call) -> str:
    return str(OUTLOOK.read(TASK_LIST, call.json()).get("displayName") or "")


def _list_id(call: Call) -> str:
    return mailbox(call).task_list_id(call.params["list"])


def _found(call: Call) -> str:
    box = mailbox(call)
    key = box.key_of(box.tasks, call.params["task"])
    if box.tasks.rows[key]["parentFolderId"] != _list_id(call):
        raise missing(call.params["task"])
    return key


def _rows(call: Call) -> list[tuple[str, Row]]:
    list_id = _list_id(call)
    rows = mailbox(call).tasks.rows.items()
    return [(key, row) for key, row in rows if row["parentFolderId"] == list_id]


def _part_name(call: Call) -> str:
    names = {segment.lower() for segment in call.segments}
    return "checklistItems" if "checklistitems" in names else "linkedResources"


def _given(call: Call, name: str) -> Part:
    kind = CHECKLIST_ITEM if name == "checklistItems" else LINKED_RESOURCE
    return OUTLOOK.read(kind, call.json())


def _tasks(call: Call) -> str:
    return f"{owner(call)}/todo/lists('{call.params['list']}')/tasks"


def _parts(call: Call, name: str) -> str:
    return f"{_tasks(call)}('{call.params['task']}')/{name}"


def _answer_list(call: Call, row: Row, *, status: int = 200) -> Answer:
    context = f"{owner(call)}/todo/lists"
    return answered(call, _LIST_VIEW, context, row["id"], row, status=status)


def _answer(call: Call, key: str, *, status: int = 200) -> Answer:
    row = mailbox(call).tasks.rows[key]
    return answered(call, VIEW, _tasks(call), key, row, status=status)
