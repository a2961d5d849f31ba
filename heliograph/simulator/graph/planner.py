"""Planner: tasks assigned to people, plans, buckets (graph-users-api.md, 8.1)."""

from collections.abc import Iterable, Mapping
from typing import Any

from heliograph.simulator.graph.answers import NOTHING, entity, listing
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.kinds import Kind, Kinds
from heliograph.simulator.graph.outlook.views import etag
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.permissions import Needs
from heliograph.simulator.planner import ASSIGNMENT, Planner
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row, Table

routes = Routes()

_READ = Needs(app=("Tasks.Read.All",), delegated=("Tasks.Read",), own=("Tasks.Read",))
_WRITE = Needs(
    app=("Tasks.ReadWrite.All",), delegated=("Tasks.ReadWrite",), own=("Tasks.ReadWrite",)
)
_READ_ASSIGNED = Needs(app=("Tasks.Read.All",), own=("Tasks.Read",))
_READ_OWN_PLANS = Needs(own=("Tasks.Read",))
_READ_GROUPS = Needs(
    app=("Tasks.Read.All", "Group.Read.All"),
    delegated=("Tasks.Read", "Group.Read.All"),
    own=("Tasks.Read",),
)

_PLANNER = Kinds("microsoft.graph")
_PLANNER.words("plannerPreviewType", "automatic noPreview checklist description reference")
_PLANNER.kind("plannerPlanContainer", "containerId type url: String")
_PLAN = _PLANNER.kind(
    "plannerPlan",
    """
    createdDateTime: DateTimeOffset
    owner title id: String
    createdBy: Any
    container: plannerPlanContainer
    """,
)
_BUCKET = _PLANNER.kind("plannerBucket", "name planId orderHint id: String")
_TASK = _PLANNER.kind(
    "plannerTask",
    """
    planId bucketId title orderHint assigneePriority: String
    percentComplete: Int32
    startDateTime createdDateTime dueDateTime: DateTimeOffset
    hasDescription: Boolean
    previewType: plannerPreviewType
    completedDateTime: DateTimeOffset
    completedBy: Any
    referenceCount checklistItemCount activeChecklistItemCount: Int32
    conversationThreadId: String
    priority: Int32
    id: String
    createdBy appliedCategories assignments: Any
    """,
)
_DETAILS = _PLANNER.kind(
    "plannerTaskDetails",
    """
    description: String
    previewType: plannerPreviewType
    id: String
    references checklist: Any
    """,
)
_CREATABLE = frozenset(
    (
        *("planId", "bucketId", "title", "orderHint", "assigneePriority", "percentComplete"),
        *("priority", "startDateTime", "dueDateTime", "assignments", "appliedCategories"),
        *("conversationThreadId", "previewType"),
    )
)
_WRITABLE = _CREATABLE - {"planId"}


@routes.on("GET", "/users/{user}/planner/tasks", needs=_READ_ASSIGNED)
def list_assigned(call: Call) -> Answer:
    """The tasks that are assigned to a user."""
    user = call.world.directory.user_id(call.params["user"])
    return _listed(call, _TASK, _planner(call).assigned_to(user))


@routes.on("GET", "/users/{user}/planner/plans", needs=_READ_OWN_PLANS)
def list_own_plans(call: Call) -> Answer:
    """The plans of the groups that a user is in."""
    user = call.world.directory.user_id(call.params["user"])
    return _listed(call, _PLAN, _planner(call).plans_of(user))


@routes.on("GET", "/groups/{group}/planner/plans", needs=_READ_GROUPS)
def list_plans_of_group(call: Call) -> Answer:
    """The plans of a group."""
    group = call.world.directory.group(call.params["group"])["id"]
    rows = _planner(call).plans.rows.values()
    return _listed(call, _PLAN, (row for row in rows if row["owner"] == group))


@routes.on("POST", "/planner/plans", needs=_WRITE)
def create_plan(call: Call) -> Answer:
    """A new plan of a group."""
    given = _PLANNER.read(_PLAN, call.json())
    container = given.get("container") or {}
    from_url = str(container.get("url") or "").rpartition("/")[2]
    owner = str(given.get("owner") or container.get("containerId") or from_url)
    row = _planner(call).create_plan(str(given.get("title") or ""), owner, _who(call))
    return _answered(call, _PLAN, "planner/plans", row, status=201)


@routes.on("POST", "/planner/buckets", needs=_WRITE)
def create_bucket(call: Call) -> Answer:
    """A new bucket of a plan."""
    given = _PLANNER.read(_BUCKET, call.json())
    name, plan = str(given.get("name") or ""), str(given.get("planId") or "")
    row = _planner(call).create_bucket(name, plan)
    return _answered(call, _BUCKET, "planner/buckets", row, status=201)


@routes.on("GET", "/planner/plans/{plan}", needs=_READ)
@routes.on("GET", "/planner/buckets/{bucket}", needs=_READ)
def get_place(call: Call) -> Answer:
    """A plan or a bucket."""
    table, kind, family = _place(call)
    return _answered(call, kind, family, _row(call, table))


@routes.on("PATCH", "/planner/plans/{plan}", needs=_WRITE)
@routes.on("PATCH", "/planner/buckets/{bucket}", needs=_WRITE)
def rename_place(call: Call) -> Answer:
    """A plan or a bucket under another name."""
    table, kind, family = _place(call)
    row = _row(call, table)
    _check_match(call, row)
    given = _PLANNER.read(kind, call.json())
    changes = {name: value for name, value in given.items() if name in {"title", "name"}}
    return _changed(call, kind, family, _planner(call).rename(table, row["id"], changes))


@routes.on("DELETE", "/planner/plans/{plan}", needs=_WRITE)
@routes.on("DELETE", "/planner/buckets/{bucket}", needs=_WRITE)
def delete_place(call: Call) -> Answer:
    """A plan or a bucket gone, with what stood in it."""
    table, _, _ = _place(call)
    return _deleted(call, table)


@routes.on("GET", "/planner/plans/{plan}/buckets", needs=_READ)
def list_buckets(call: Call) -> Answer:
    """The buckets of a plan."""
    plan = _row(call, _planner(call).plans)["id"]
    rows = _planner(call).buckets.rows.values()
    return _listed(call, _BUCKET, (row for row in rows if row["planId"] == plan))


@routes.on("GET", "/planner/plans/{plan}/tasks", needs=_READ)
@routes.on("GET", "/planner/buckets/{bucket}/tasks", needs=_READ)
def list_tasks(call: Call) -> Answer:
    """The tasks of a plan, or of a bucket."""
    table, _, _ = _place(call)
    id_ = _row(call, table)["id"]
    name = "planId" if table is _planner(call).plans else "bucketId"
    rows = _planner(call).tasks.rows.values()
    return _listed(call, _TASK, (row for row in rows if row[name] == id_))


@routes.on("POST", "/planner/tasks", needs=_WRITE)
def create_task(call: Call) -> Answer:
    """A new task."""
    row = _planner(call).create(_given(call, _CREATABLE), _who(call))
    return _answered(call, _TASK, "planner/tasks", row, status=201)


@routes.on("GET", "/planner/tasks/{task}", needs=_READ)
def get_task(call: Call) -> Answer:
    """One task."""
    return _answered(call, _TASK, "planner/tasks", _row(call, _planner(call).tasks))


@routes.on("PATCH", "/planner/tasks/{task}", needs=_WRITE)
def update_task(call: Call) -> Answer:
    """A changed task, for who knows its state."""
    row = _row(call, _planner(call).tasks)
    _check_match(call, row)
    after = _planner(call).update(row["id"], _given(call, _WRITABLE), _who(call))
    return _changed(call, _TASK, "planner/tasks", after)


@routes.on("DELETE", "/planner/tasks/{task}", needs=_WRITE)
def delete_task(call: Call) -> Answer:
    """A task gone."""
    return _deleted(call, _planner(call).tasks)


@routes.on("GET", "/planner/tasks/{task}/details", needs=_READ)
def get_details(call: Call) -> Answer:
    """The details of a task."""
    return _answered(call, _DETAILS, _details(call), _row(call, _planner(call).details))


@routes.on("PATCH", "/planner/tasks/{task}/details", needs=_WRITE)
def update_details(call: Call) -> Answer:
    """Changed details of a task, for who knows their state."""
    row = _row(call, _planner(call).details)
    _check_match(call, row)
    changes = _PLANNER.read(_DETAILS, call.json())
    changes.pop("id", None)
    after = _planner(call).update_details(row["id"], changes)
    return _changed(call, _DETAILS, _details(call), after)


def _planner(call: Call) -> Planner:
    return call.world.planner


def _place(call: Call) -> tuple[Table, Kind, str]:
    if "plan" in call.params:
        return _planner(call).plans, _PLAN, "planner/plans"
    return _planner(call).buckets, _BUCKET, "planner/buckets"


def _row(call: Call, table: Table) -> Row:
    id_ = next(call.params[name] for name in ("plan", "bucket", "task") if name in call.params)
    return _planner(call).found(table, id_)


def _given(call: Call, allowed: frozenset[str]) -> dict[str, Any]:
    given = _PLANNER.read(_TASK, call.json())
    for user, assignment in (given.get("assignments") or {}).items():
        if assignment is not None and _type(assignment) != ASSIGNMENT[1:].lower():
            text = f"The assignment of '{user}' is expected to name its @odata.type, {ASSIGNMENT}."
            raise Refused(400, "BadRequest", text)
    return {name: value for name, value in given.items() if name in allowed}


def _type(value: object) -> str:
    return str(value.get("@odata.type", "")).lstrip("#").lower() if isinstance(value, dict) else ""


def _who(call: Call) -> dict[str, Any]:
    """The identity set of the caller."""
    app = {"displayName": None, "id": call.claims["appid"]}
    user = {"displayName": None, "id": call.signed_in or None}
    return {"user": user, "application": app}


def _check_match(call: Call, row: Row) -> None:
    """Refuse the write of who does not know the state of the object."""
    known = call.headers.get("if-match", "")
    if known != etag(row):
        text = (
            "The If-Match header must be specified for this type of request."
            if not known
            else "The If-Match header contains an invalid value: the item has changed."
        )
        raise Refused(412, "PreconditionFailed", text)


def _listed(call: Call, kind: Kind, rows: Iterable[Row]) -> Answer:
    context = f"Collection(microsoft.graph.{kind.name})"
    return listing(call, context, [_shown(kind, row) for row in rows])


def _answered(call: Call, kind: Kind, family: str, row: Row, *, status: int = 200) -> Answer:
    return entity(call, family, _shown(kind, row), status=status)


def _changed(call: Call, kind: Kind, family: str, row: Row) -> Answer:
    if call.preference("return").lower() != "representation":
        return NOTHING
    answer = _answered(call, kind, family, row)
    return Answer(body=answer.body, headers={"preference-applied": "return=representation"})


def _deleted(call: Call, table: Table) -> Answer:
    row = _row(call, table)
    _check_match(call, row)
    _planner(call).delete(table, row["id"])
    return NOTHING


def _shown(kind: Kind, row: Row) -> Mapping[str, Any]:
    names = (each.name for each in kind.properties.values())
    return {"@odata.etag": etag(row), **{name: row.get(name) for name in names}}


def _details(call: Call) -> str:
    return f"planner/tasks('{call.params['task']}')/details"
