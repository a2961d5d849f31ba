"""Who is given administrative roles, and who loses them (graph-users-api.md, 6)."""

from collections.abc import Iterator

from heliograph.simulator.directory.roles import TEMPLATES, assignment, template
from heliograph.simulator.directory.service import Directory
from heliograph.simulator.refusals import Refused, already_referenced, bad_request, no_object
from heliograph.simulator.store import Row


class Administration:
    """Assigns the built-in roles. A role is activated when it is first assigned."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._parts = directory.parts

    def activate(self, role: str) -> Row:
        """The directory role of a template, activated if it was not."""
        for row in self._directory.roles.values():
            if row["roleTemplateId"] == role:
                return row
        name, description = TEMPLATES[role]
        id_ = self._parts.ids.guid()
        new = {
            "id": id_,
            "deletedDateTime": None,
            "description": description,
            "displayName": name,
            "roleTemplateId": role,
        }
        self._directory.roles[id_] = new
        return new

    def role(self, name: str) -> Row:
        """The activated role with this id, or of this template."""
        for row in self._directory.roles.values():
            if name.lower() in {row["id"], row["roleTemplateId"]}:
                return row
        raise no_object(name)

    def assignment(self, id_: str) -> Row:
        """The assignment with this id."""
        try:
            return self._directory.assignments.rows[id_]
        except KeyError:
            raise no_object(id_) from None

    def assign(self, role: str, principal: str, *, scope: str = "/") -> Row:
        """A new assignment of the role (its template's id) to a user, a group or an app."""
        try:
            wanted = template(role)
        except LookupError as error:
            raise Refused(
                400, "Request_BadRequest", f"The role definition '{role}' does not exist."
            ) from error
        holder = self._directory.referent(principal)
        if "groupTypes" in holder and not holder.get("isAssignableToRole"):
            raise bad_request("The group is not one to which roles may be assigned.")
        self.activate(wanted)
        row = assignment(wanted, holder["id"], scope, tenant=self._parts.tenant.tenant_id)
        if row["id"] in self._directory.assignments.rows:
            raise bad_request(
                "A conflicting object with one or more of the specified property values is present"
                " in the directory."
            )
        self._parts.store.write(self._directory.assignments, row["id"], after=row)
        return row

    def remove(self, id_: str) -> None:
        """End an assignment."""
        self._parts.store.write(self._directory.assignments, self.assignment(id_)["id"], after=None)

    def holders(self, role: Row) -> Iterator[Row]:
        """The assignments that make somebody a member of an activated role."""
        for row in self._directory.assignments.rows.values():
            if row["roleDefinitionId"] == role["roleTemplateId"] and row["directoryScopeId"] == "/":
                yield row

    def add_member(self, name: str, member: str) -> None:
        """Make *member* a member of an activated role."""
        role, holder = self.role(name), self._directory.referent(member)
        if any(row["principalId"] == holder["id"] for row in self.holders(role)):
            raise already_referenced("members")
        self.assign(role["roleTemplateId"], holder["id"])

    def remove_member(self, name: str, member: str) -> None:
        """End the membership of *member* in an activated role."""
        for row in self.holders(self.role(name)):
            if row["principalId"] == member.lower():
                return self.remove(row["id"])
        raise no_object(member)
