"""Admin roles: who holds which, and who is given one.

Assignments are the way that Microsoft recommends: they know custom roles, scopes and groups. The
older activated roles are read here, as the notifications of some tenants name them.
https://learn.microsoft.com/graph/api/resources/unifiedroleassignment
"""

from collections.abc import AsyncIterator, Sequence

from heliograph.errors import Conflict
from heliograph.graph.calls import Calls
from heliograph.graph.paths import literal, path
from heliograph.graph.query import options
from heliograph.graph.transport import Request
from heliograph.graph.values.objects import DirectoryObject, Entity

WHOLE_TENANT = "/"
"""The scope of an assignment that holds everywhere."""

_READ = "RoleManagement.Read.Directory"
_WRITE = "RoleManagement.ReadWrite.Directory"
_ASSIGNMENTS = ("roleManagement", "directory", "roleAssignments")
_DEFINITIONS = ("roleManagement", "directory", "roleDefinitions")


class RoleAssignment(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """That a principal (user, group, app) holds a role within a scope."""

    role_definition_id: str = ""
    principal_id: str = ""
    directory_scope_id: str | None = None
    app_scope_id: str | None = None


class RoleDefinition(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A role. The id of a built-in one is its template's, the same in all tenants."""

    display_name: str | None = None
    description: str | None = None
    template_id: str | None = None
    is_built_in: bool | None = None
    is_enabled: bool | None = None


class DirectoryRole(DirectoryObject, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A built-in role that is activated in the tenant, as `directoryRoles` knows it."""

    description: str | None = None
    role_template_id: str | None = None


class Roles:
    """Calls about admin roles. *role* is the id of a definition, *principal* of who holds it."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def assignments(self, *, principal: str = "", role: str = "") -> AsyncIterator[RoleAssignment]:
        """The direct assignments: of *principal*, of *role*, of both, or all that there are.

        Roles that somebody may activate (Privileged Identity Management) are not among them.
        """
        given = {"principalId": principal, "roleDefinitionId": role}
        where = " and ".join(f"{name} eq {literal(id_)}" for name, id_ in given.items() if id_)
        return self._calls.pages(_read(path(*_ASSIGNMENTS), options(where=where)), RoleAssignment)

    async def assign(
        self, principal: str, role: str, *, scope: str = WHOLE_TENANT
    ) -> RoleAssignment:
        """The assignment of *role* to *principal*, new or as it was.

        *scope* may also be `/administrativeUnits/{id}` or `/{id of an app}`.
        """
        json = {"roleDefinitionId": role, "principalId": principal, "directoryScopeId": scope}
        request = Request(
            method="POST",
            path=path(*_ASSIGNMENTS),
            json=json,
            permission=_WRITE,
            repeatable=True,  # Graph takes an assignment once
        )
        try:
            return await self._calls.fetch(request, RoleAssignment)
        except Conflict:
            async for held in self.assignments(principal=principal):
                if held.role_definition_id == role and held.directory_scope_id == scope:
                    return held
            raise

    async def unassign(self, assignment: str) -> None:
        """Ends an assignment, by its id. Done as well if there is none."""
        await self._calls.remove(
            Request(method="DELETE", path=path(*_ASSIGNMENTS, assignment), permission=_WRITE)
        )

    def definitions(self, *, where: str = "") -> AsyncIterator[RoleDefinition]:
        """The roles that match, such as `displayName eq 'User Administrator'`."""
        return self._calls.pages(_read(path(*_DEFINITIONS), options(where=where)), RoleDefinition)

    def activated(self) -> AsyncIterator[DirectoryRole]:
        """The built-in roles that have been used in the tenant."""
        return self._calls.pages(_read("/directoryRoles", {}), DirectoryRole)

    async def activate(self, template: str) -> DirectoryRole:
        """The activated role of *template*, new or as it was."""
        request = Request(
            method="POST",
            path="/directoryRoles",
            json={"roleTemplateId": template},
            permission=_WRITE,
            repeatable=True,
        )
        try:
            return await self._calls.fetch(request, DirectoryRole)
        except Conflict:
            async for role in self.activated():
                if role.role_template_id == template:
                    return role
            raise

    def members(
        self, role: str, *, select: Sequence[str] = ("id", "displayName")
    ) -> AsyncIterator[DirectoryObject]:
        """Who holds an activated *role*, by the id of the `DirectoryRole`, in the whole tenant."""
        request = _read(path("directoryRoles", role, "members"), options(select=select))
        return self._calls.pages(request, DirectoryObject)


def _read(path_: str, params: dict[str, str]) -> Request:
    return Request(method="GET", path=path_, params=params, permission=_READ)
