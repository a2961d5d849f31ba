"""The directory of one tenant: who and what is in it, how it is found, and its bin.

What may be done to users, groups and roles stands in `accounts`, `groups` and `administration`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from heliograph.simulator.agenda import Agenda
from heliograph.simulator.clock import Clock, stamp
from heliograph.simulator.directory.licensing import Licensing
from heliograph.simulator.directory.memberships import Memberships
from heliograph.simulator.directory.names import Names
from heliograph.simulator.directory.people import People
from heliograph.simulator.directory.reporting import Reporting
from heliograph.simulator.directory.roles import held
from heliograph.simulator.directory.rules import conflict
from heliograph.simulator.ids import Ids
from heliograph.simulator.options import Options
from heliograph.simulator.refusals import bad_request, no_object
from heliograph.simulator.store import Row, Store, Table
from heliograph.simulator.tenant import Tenant

BIN_KEPT = timedelta(days=30)
"""So long a deleted object can be restored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the directory is made with."""

    store: Store
    clock: Clock
    ids: Ids
    agenda: Agenda
    tenant: Tenant
    options: Options


class Directory:
    """Objects by their ids, and the relations between them. Refusals are those of Graph."""

    def __init__(self, parts: Parts) -> None:
        options, tenant, clock = parts.options, parts.tenant, parts.clock
        self.parts = parts
        self.people = People(
            options.seed, options.users, domain=tenant.domain, since=stamp(clock.now())
        )
        self.users = Table("users", base=self.people)
        self.groups = Table("groups")
        self.assignments = Table("roleAssignments")
        self.roles: dict[str, Row] = {}
        self.apps: dict[str, Row] = {tenant.service_principal: _service_principal(tenant)}
        self.bin: dict[str, Row] = {}
        self.names = Names(self.people)
        self.reporting = Reporting(self.people)
        self.memberships = Memberships()
        self.owners = Memberships()
        self.licensing = Licensing(self.people, clock, mailbox_delay=options.mailbox_delay)
        self._unseen: dict[str, datetime] = {}
        parts.store.listen(self.licensing.follow)

    @property
    def domain(self) -> str:
        """The verified domain of the tenant."""
        return self.parts.tenant.domain

    def user_id(self, name: str) -> str:
        """The id of the living user with this id or user principal name."""
        id_ = self.names.user(name) or name.lower()
        if id_ not in self.users.rows or not self.is_seen(id_):
            raise no_object(name)
        return id_

    def user(self, name: str) -> Row:
        """The living user with this id or user principal name."""
        return self.users.rows[self.user_id(name)]

    def by_address(self, address: str) -> str | None:
        """The id of the living user who is reached by this mail address."""
        return self.names.addressee(address)

    def has_mailbox(self, id_: str) -> bool:
        """Whether the user has a mailbox that answers."""
        return self.licensing.has_mailbox(id_)

    def group(self, id_: str) -> Row:
        """The living group with this id."""
        row = self.groups.rows.get(id_.lower())
        if row is None or not self.is_seen(row["id"]):
            raise no_object(id_)
        return row

    def find(self, id_: str) -> Row | None:
        """The living object with this id, of whatever kind."""
        for rows in (self.users.rows, self.groups.rows, self.roles, self.apps):
            row = rows.get(id_)
            if row is not None:
                return row if self.is_seen(id_) else None
        return None

    def object(self, id_: str) -> Row:
        """The living object with this id, of whatever kind."""
        row = self.find(id_.lower())
        if row is None:
            raise no_object(id_)
        return row

    def referent(self, id_: str) -> Row:
        """The object that somebody refers to. What was made a moment ago is not there yet."""
        if not self.is_seen(id_.lower()):
            raise bad_request(
                "The source resource object or one of the objects being referenced don't exist."
            )
        named = self.names.user(id_)
        return self.object(named or id_)

    def some_users(self, count: int) -> list[Row]:
        """The first *count* living users."""
        return [row for _, _, row in islice(self.users.walk(), count)]

    def anybody(self) -> str:
        """The id of the first living user."""
        return str(self.some_users(1)[0]["id"])

    def table_of(self, row: Row) -> Table:
        """Where a user or a group belongs."""
        return self.users if kind_of(row) == "user" else self.groups

    def hide(self, id_: str) -> None:
        """Let nobody see a new object until it has been copied to everywhere."""
        delay = self.parts.options.replication_delay
        if delay:
            self._unseen[id_] = self.parts.clock.now() + timedelta(seconds=delay)

    def is_seen(self, id_: str) -> bool:
        """Whether an object has been copied to everywhere."""
        if id_ not in self._unseen:
            return True
        if self._unseen[id_] > self.parts.clock.now():
            return False
        del self._unseen[id_]
        return True

    def roles_of(self, id_: str) -> list[str]:
        """The templates of the roles that an object holds, itself or through a group."""
        groups = (group for group in self.memberships.all_groups(id_) if self._bears_roles(group))
        return held(self.assignments.rows.values(), (id_, *groups))

    def is_in_role_group(self, id_: str) -> bool:
        """Whether an object is a member or an owner of a group that may hold roles."""
        groups = (*self.memberships.all_groups(id_), *self.owners.groups(id_))
        return any(self._bears_roles(group) for group in groups)

    def roles_held(self, id_: str) -> Iterator[Row]:
        """The activated roles that an object is a direct member of."""
        wanted = {
            row["roleDefinitionId"]
            for row in self.assignments.rows.values()
            if row["principalId"] == id_ and row["directoryScopeId"] == "/"
        }
        return (role for role in self.roles.values() if role["roleTemplateId"] in wanted)

    def binned(self, id_: str) -> Row:
        """The deleted object with this id."""
        try:
            return self.bin[id_.lower()]
        except KeyError:
            raise no_object(id_) from None

    def delete(self, row: Row) -> None:
        """Put a user or a group into the bin, with all that belongs to it, for 30 days."""
        now = self.parts.clock.now()
        binned = {**row, "deletedDateTime": stamp(now)}
        if kind_of(row) == "user":
            self.names.take(row)
            binned["userPrincipalName"] = _marked(row) + row["userPrincipalName"]
        self.bin[row["id"]] = binned
        self.parts.store.write(self.table_of(row), row["id"], after=binned, what="deleted")
        self.parts.agenda.at(now + BIN_KEPT, lambda: self._empty(binned))

    def restore(self, id_: str) -> Row:
        """The object, alive again under the same id."""
        binned = self.binned(id_)
        row = {key: value for key, value in binned.items() if key != "deletedDateTime"}
        if kind_of(row) == "user":
            row["userPrincipalName"] = row["userPrincipalName"].removeprefix(_marked(row))
            if self.names.user(row["userPrincipalName"]) is not None:
                raise conflict("userPrincipalName")
            self.names.give(row)
        del self.bin[row["id"]]
        self.parts.store.write(self.table_of(row), row["id"], after=row, what="restored")
        for member in self.memberships.members(row["id"]):
            if self.find(member) is None and member not in self.bin:
                self._forget_member(row["id"], member)
        return row

    def purge(self, id_: str) -> None:
        """Remove the deleted object for good, and all that points to it."""
        row = self.binned(id_)
        key, store = row["id"], self.parts.store
        del self.bin[key]
        for group in self.memberships.groups(key):
            self._forget_member(group, key)
        for group in self.owners.groups(key):
            self.owners.remove(group, key)
        for assignment in list(self.assignments.rows.values()):
            if assignment["principalId"] == key:
                store.write(self.assignments, assignment["id"], after=None)
        self.memberships.drop(key)
        self.owners.drop(key)
        self.reporting.forget(key)
        store.write(self.table_of(row), key, after=None, what="purged")

    def _forget_member(self, group: str, member: str) -> None:
        """Tell a living group of a member who is gone for good; one in the bin learns it later."""
        row = self.groups.rows.get(group)
        if row is not None:
            self.memberships.remove(group, member)
            detail = {"members": [{"id": member, "@removed": "deleted"}]}
            self.parts.store.write(self.groups, group, after=row, detail=detail)

    def _empty(self, binned: Row) -> None:
        """Purge what has been in the bin since then."""
        if self.bin.get(binned["id"]) is binned:
            self.purge(binned["id"])

    def _bears_roles(self, group: str) -> bool:
        return bool(self.groups.rows.get(group, {}).get("isAssignableToRole"))


def kind_of(row: Row) -> str:
    """The name of the type of a directory object."""
    if "userPrincipalName" in row:
        return "user"
    if "roleTemplateId" in row:
        return "directoryRole"
    return "servicePrincipal" if "appId" in row else "group"


def _marked(row: Row) -> str:
    """What stands before the name of a user in the bin."""
    return str(row["id"]).replace("-", "")


def _service_principal(tenant: Tenant) -> dict[str, Any]:
    return {
        "id": tenant.service_principal,
        "deletedDateTime": None,
        "accountEnabled": True,
        "appDisplayName": "Heliograph",
        "appId": tenant.client_id,
        "appOwnerOrganizationId": tenant.tenant_id,
        "displayName": "Heliograph",
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMyOrg",
        "tags": [],
    }
