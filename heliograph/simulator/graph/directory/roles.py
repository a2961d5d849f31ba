"""Administrative roles: unified role management, and the older directory roles (6)."""

from dataclasses import replace
from typing import Any

from heliograph.simulator import permissions
from heliograph.simulator.directory.roles import (
    GLOBAL_ADMINISTRATOR,
    PRIVILEGED_ROLE_ADMINISTRATOR,
    TEMPLATES,
    definition,
    template,
)
from heliograph.simulator.graph.answers import NOTHING, entity
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.directory.bodies import read, referenced
from heliograph.simulator.graph.directory.expand import with_relations
from heliograph.simulator.graph.directory.guards import require_role
from heliograph.simulator.graph.directory.kinds import ASSIGNMENTS, DEFINITIONS, ROLES
from heliograph.simulator.graph.directory.query import Show, Source, collection
from heliograph.simulator.graph.directory.related import listing_of
from heliograph.simulator.graph.directory.relations import objects
from heliograph.simulator.graph.directory.shown import shower
from heliograph.simulator.graph.directory.users import created
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.refusals import bad_request, no_object
from heliograph.simulator.store import Row

routes = Routes()

_READ = permissions.directory("RoleManagement.Read.Directory")
_WRITE = permissions.directory("RoleManagement.ReadWrite.Directory")
_ADMINISTRATORS = frozenset((GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR))
_UNIFIED = "/roleManagement/directory"
_BY_TEMPLATE = "roletemplateid="


@routes.on("GET", f"{_UNIFIED}/roleAssignments", needs=_READ)
def list_assignments(call: Call) -> Answer:
    """Who has been given which role."""
    rows = list(call.world.directory.assignments.rows.values())
    expanded = "".join(
        f"({name.strip()}())" for name in call.query.get("$expand", "").split(",") if name.strip()
    )
    return collection(
        call,
        (ASSIGNMENTS,),
        Source.of(rows),
        context=f"{ASSIGNMENTS.context}{expanded}",
        show=_shown(call),
    )


@routes.on("GET", f"{_UNIFIED}/roleAssignments/{{assignment}}", needs=_READ)
def get_assignment(call: Call) -> Answer:
    """One assignment."""
    row = call.world.administration.assignment(call.params["assignment"])
    return entity(call, ASSIGNMENTS.context, _shown(call)(row))


@routes.on("POST", f"{_UNIFIED}/roleAssignments", needs=_WRITE)
def assign(call: Call) -> Answer:
    """A role given."""
    _check_administrator(call)
    wish = read(call, ASSIGNMENTS)
    for name in ("roleDefinitionId", "principalId"):
        if not wish.get(name):
            raise bad_request(f"A value is required for property '{name}'.")
    if not wish.get("directoryScopeId") and not wish.get("appScopeId"):
        raise bad_request("A value is required for directoryScopeId or appScopeId.")
    scope = str(wish.get("directoryScopeId") or wish["appScopeId"])
    if not scope.startswith("/"):
        raise bad_request(f"The scope '{scope}' of the assignment is not valid.")
    row = call.world.administration.assign(
        wish["roleDefinitionId"], wish["principalId"], scope=scope
    )
    return created(call, ASSIGNMENTS.context, shower(call, ASSIGNMENTS)(row))


@routes.on("DELETE", f"{_UNIFIED}/roleAssignments/{{assignment}}", needs=_WRITE)
def end_assignment(call: Call) -> Answer:
    """A role taken."""
    _check_administrator(call)
    call.world.administration.remove(call.params["assignment"])
    return NOTHING


@routes.on("GET", f"{_UNIFIED}/roleDefinitions", needs=_READ)
def list_definitions(call: Call) -> Answer:
    """The roles that there are."""
    rows = [definition(id_) for id_ in TEMPLATES]
    show = shower(call, DEFINITIONS)
    return collection(call, (DEFINITIONS,), Source.of(rows), context=DEFINITIONS.context, show=show)


@routes.on("GET", f"{_UNIFIED}/roleDefinitions/{{role}}", needs=_READ)
def get_definition(call: Call) -> Answer:
    """One role."""
    id_ = call.params["role"].lower()
    if id_ not in TEMPLATES:
        raise no_object(call.params["role"])
    return entity(call, DEFINITIONS.context, shower(call, DEFINITIONS)(definition(id_)))


@routes.on("GET", "/directoryRoleTemplates", needs=_READ)
def list_templates(call: Call) -> Answer:
    """The roles that can be activated."""
    rows: list[Row] = [
        {"id": id_, "deletedDateTime": None, "description": text, "displayName": name}
        for id_, (name, text) in TEMPLATES.items()
    ]
    return collection(call, (ROLES,), Source.of(rows), context="directoryRoleTemplates", show=dict)


@routes.on("GET", "/directoryRoles", needs=_READ)
def list_roles(call: Call) -> Answer:
    """The activated roles."""
    if "$top" in call.query:
        raise bad_request("The query option '$top' is not supported.")
    rows = list(call.world.directory.roles.values())
    show = with_relations(call, ROLES, shower(call, ROLES))
    return collection(call, (ROLES,), Source.of(rows), context="directoryRoles", show=show)


@routes.on("GET", "/directoryRoles/{role}", needs=_READ)
def get_role(call: Call) -> Answer:
    """One activated role."""
    show = with_relations(call, ROLES, shower(call, ROLES))
    return entity(call, "directoryRoles", show(_role(call)))


@routes.on("POST", "/directoryRoles", needs=_WRITE)
def activate(call: Call) -> Answer:
    """A role activated."""
    _check_administrator(call)
    name = str(read(call, ROLES).get("roleTemplateId", ""))
    try:
        wanted = template(name)
    except LookupError as error:
        raise bad_request(f"The role template '{name}' does not exist.") from error
    if any(row["roleTemplateId"] == wanted for row in call.world.directory.roles.values()):
        raise bad_request(
            "A conflicting object with one or more of the specified property values is present in"
            " the directory."
        )
    row = call.world.administration.activate(wanted)
    return created(call, "directoryRoles", shower(call, ROLES)(row))


@listing_of(
    routes,
    "/directoryRoles/{role}/members",
    needs=_READ,
    casts=("user", "group", "servicePrincipal"),
)
def role_members(call: Call) -> Source:
    """Who holds an activated role."""
    holders = call.world.administration.holders(_role(call))
    return objects(call, (row["principalId"] for row in holders))


@routes.on("POST", "/directoryRoles/{role}/members/$ref", needs=_WRITE)
def add_member(call: Call) -> Answer:
    """An activated role given."""
    _check_administrator(call)
    call.world.administration.add_member(_role(call)["id"], referenced(call.json()))
    return NOTHING


@routes.on("DELETE", "/directoryRoles/{role}/members/{member}/$ref", needs=_WRITE)
def remove_member(call: Call) -> Answer:
    """An activated role taken."""
    _check_administrator(call)
    call.world.administration.remove_member(_role(call)["id"], call.params["member"])
    return NOTHING


def _role(call: Call) -> Row:
    """The role of the path, by its id or as `roleTemplateId=...`."""
    name = call.params["role"].lower()
    return call.world.administration.role(name.removeprefix(_BY_TEMPLATE).strip("'"))


def _shown(call: Call) -> Show:
    """How assignments are shown, with the principal and the role inside where that is wanted."""
    names = [name.strip() for name in call.query.get("$expand", "").split(",") if name.strip()]
    wanted = {name.lower() for name in names}
    others = ",".join(name for name in names if name.lower() == "principal")
    show = with_relations(
        replace(call, query={**call.query, "$expand": others}),
        ASSIGNMENTS,
        shower(call, ASSIGNMENTS),
    )
    unknown = wanted - {name.lower() for name in ASSIGNMENTS.expandable}
    if unknown:
        raise bad_request(
            f"Could not find a property named '{min(unknown)}' on type"
            " 'microsoft.graph.unifiedRoleAssignment'."
        )

    def shown(row: Row) -> dict[str, Any]:
        found = dict(show(row))
        if "roledefinition" in wanted:
            found["roleDefinition"] = definition(row["roleDefinitionId"])
        if "directoryscope" in wanted:
            found["directoryScope"] = {"id": row["directoryScopeId"]}
        return found

    return shown


def _check_administrator(call: Call) -> None:
    if call.signed_in:
        require_role(call, _ADMINISTRATORS)
