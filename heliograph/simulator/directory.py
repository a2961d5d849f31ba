"""Users, groups and their relations: the rules of the directory, whoever writes to it.

Deleted objects wait in the bin. A user is found by id or by user principal name, without case.
"""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from heliograph.simulator.clock import Clock, precise, stamp
from heliograph.simulator.ids import Ids
from heliograph.simulator.refusals import already_referenced, bad_request, no_object
from heliograph.simulator.store import Row, Store, Table

PASSWORD = "Simulated-1234"  # noqa: S105 (guards nothing real)
"""What everybody in a new tenant signs in with."""

REQUIRED_OF_USERS = (
    "accountEnabled",
    "displayName",
    "mailNickname",
    "passwordProfile",
    "userPrincipalName",
)
REQUIRED_OF_GROUPS = ("displayName", "mailEnabled", "mailNickname", "securityEnabled")


class Directory:
    """The directory of one tenant. Refusals are those of Graph."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, *, domain: str) -> None:
        self.users = Table("users")
        self.groups = Table("groups")
        self.bin: dict[str, Row] = {}
        self.managers: dict[str, str] = {}
        self.reports: dict[str, dict[str, None]] = {}
        self.members: dict[str, dict[str, None]] = {}
        self.memberships: dict[str, dict[str, None]] = {}
        self.domain = domain
        self._passwords: dict[str, str] = {}
        self._by_name: dict[str, str] = {}
        self._store = store
        self._clock = clock
        self._ids = ids

    def load_users(self, rows: Iterable[Row]) -> None:
        """Take *rows* as users who have always been there."""
        known = [(str(row["id"]), row) for row in rows]
        self.users.load(known)
        self._by_name.update((row["userPrincipalName"].lower(), id_) for id_, row in known)

    def load_manager(self, user: str, manager: str) -> None:
        """Take *manager* as the one who has always been there."""
        self.managers[user] = manager
        self.reports.setdefault(manager, {})[user] = None

    def load_group(self, row: Row, members: Iterable[str]) -> None:
        """Take *row* as a group that has always been there, with its *members*."""
        self.groups.load([(row["id"], row)])
        self.members[row["id"]] = dict.fromkeys(members)
        for member in self.members[row["id"]]:
            self.memberships.setdefault(member, {})[row["id"]] = None

    def user_id(self, name: str) -> str:
        """The id of the living user with this id or user principal name."""
        id_ = self._by_name.get(name.lower(), name.lower())
        if id_ not in self.users.rows:
            raise no_object(name)
        return id_

    def user(self, name: str) -> Row:
        """The living user with this id or user principal name."""
        return self.users.rows[self.user_id(name)]

    def some_users(self, count: int) -> list[Row]:
        """The first *count* living users."""
        return list(islice(self.users.rows.values(), count))

    def anybody(self) -> str:
        """The id of the first living user."""
        return str(self.some_users(1)[0]["id"])

    def password(self, id_: str) -> str:
        """What the user signs in with."""
        return self._passwords.get(id_, PASSWORD)

    def role_templates(self, _: str) -> list[str]:
        """The templates of the directory roles that the object holds."""
        return []

    def by_address(self, address: str) -> str | None:
        """The id of the living user who is reached by this mail address."""
        return self._by_name.get(address.lower())

    def group(self, id_: str) -> Row:
        """The living group with this id."""
        try:
            return self.groups.rows[id_.lower()]
        except KeyError:
            raise no_object(id_) from None

    def object(self, id_: str) -> Row:
        """The living user or group with this id."""
        row = self.users.rows.get(id_.lower()) or self.groups.rows.get(id_.lower())
        if row is None:
            raise no_object(id_)
        return row

    def create_user(self, properties: Mapping[str, Any]) -> Row:
        """A new user; the properties that Graph demands must be there."""
        _demand(properties, REQUIRED_OF_USERS)
        name = str(properties["userPrincipalName"])
        self._check_name(name)
        _check_password(properties["passwordProfile"])
        row = {
            "id": self._ids.guid(),
            "mail": name,
            "userType": "Member",
            "createdDateTime": stamp(self._clock.now()),
            **{key: value for key, value in properties.items() if key != "passwordProfile"},
        }
        self._by_name[name.lower()] = row["id"]
        self._passwords[row["id"]] = properties["passwordProfile"]["password"]
        self._store.write(self.users, row["id"], after=row)
        return row

    def update_user(self, name: str, changes: Mapping[str, Any]) -> Row:
        """The user with *changes* made; null clears a property."""
        before = self.user(name)
        after = {**before, **changes}
        after.pop("passwordProfile", None)
        old, new = str(before["userPrincipalName"]), str(after["userPrincipalName"])
        if old.lower() != new.lower():
            self._check_name(new)
            del self._by_name[old.lower()]
            self._by_name[new.lower()] = before["id"]
        self._store.write(self.users, before["id"], after=after)
        return after

    def revoke_sessions(self, name: str) -> None:
        """End what the user has signed in to so far."""
        now = precise(self._clock.now())
        self.update_user(name, {"signInSessionsValidFromDateTime": now})

    def delete_user(self, name: str) -> None:
        """Put the user into the bin, with all that belongs to it."""
        row = self.user(name)
        del self._by_name[row["userPrincipalName"].lower()]
        binned = {**row, "deletedDateTime": stamp(self._clock.now())}
        self.bin[row["id"]] = binned
        self._store.write(self.users, row["id"], after=binned, what="deleted")

    def create_group(self, properties: Mapping[str, Any]) -> Row:
        """A new group; the properties that Graph demands must be there."""
        _demand(properties, REQUIRED_OF_GROUPS)
        now = stamp(self._clock.now())
        row = {
            "id": self._ids.guid(),
            "createdDateTime": now,
            "renewedDateTime": now,
            "groupTypes": [],
            "proxyAddresses": [],
            **{key: value for key, value in properties.items() if "@odata.bind" not in key},
        }
        self._store.write(self.groups, row["id"], after=row)
        return row

    def update_group(self, id_: str, changes: Mapping[str, Any]) -> Row:
        """The group with *changes* made."""
        after = {**self.group(id_), **changes}
        self._store.write(self.groups, after["id"], after=after)
        return after

    def delete_group(self, id_: str) -> None:
        """Put the group into the bin."""
        binned = {**self.group(id_), "deletedDateTime": stamp(self._clock.now())}
        self.bin[binned["id"]] = binned
        self._store.write(self.groups, binned["id"], after=binned, what="deleted")

    def binned(self, id_: str) -> Row:
        """The deleted object with this id."""
        try:
            return self.bin[id_.lower()]
        except KeyError:
            raise no_object(id_) from None

    def restore(self, id_: str) -> Row:
        """The object, alive again under the same id."""
        row = {key: value for key, value in self.binned(id_).items() if key != "deletedDateTime"}
        table = self.table_of(row)
        if table is self.users:
            self._check_name(row["userPrincipalName"])
            self._by_name[row["userPrincipalName"].lower()] = row["id"]
        del self.bin[row["id"]]
        self._store.write(table, row["id"], after=row, what="restored")
        for member in [one for one in self.members.get(row["id"], ()) if not self._exists(one)]:
            self._forget_member(row["id"], member)
        return row

    def purge(self, id_: str) -> None:
        """Remove the deleted object for good, and all that points to it."""
        row = self.binned(id_)
        key = row["id"]
        del self.bin[key]
        for group in self.memberships.pop(key, {}):
            self._forget_member(group, key)
        for member in self.members.pop(key, {}):
            self.memberships.get(member, {}).pop(key, None)
        for report in self.reports.pop(key, {}):
            self.managers.pop(report, None)
        self._forget_manager(key)
        self._store.write(self.table_of(row), key, after=None, what="purged")

    def _exists(self, id_: str) -> bool:
        return id_ in self.users.rows or id_ in self.groups.rows or id_ in self.bin

    def table_of(self, row: Row) -> Table:
        """Where a row of the directory belongs."""
        return self.users if "userPrincipalName" in row else self.groups

    def set_manager(self, user: str, manager: str | None) -> None:
        """Make *manager* (None: nobody) the manager of *user*."""
        key = self.user_id(user)
        if manager is None and key not in self.managers:
            raise no_object("manager")
        chief = None if manager is None else self.user_id(manager)
        self._forget_manager(key)
        if chief is not None:
            self.managers[key] = chief
            self.reports.setdefault(chief, {})[key] = None
        after = self.users.rows[key]
        self._store.write(self.users, key, after=after, detail={"manager": chief})

    def _forget_member(self, group: str, member: str) -> None:
        """Tell a living group of a member who is gone for good; one in the bin learns it later."""
        if group in self.groups.rows:
            del self.members[group][member]
            detail = {"members": [{"id": member, "@removed": "deleted"}]}
            self._store.write(self.groups, group, after=self.groups.rows[group], detail=detail)

    def _forget_manager(self, key: str) -> None:
        old = self.managers.pop(key, None)
        if old is not None:
            self.reports.get(old, {}).pop(key, None)

    def add_members(self, group: str, members: Iterable[str]) -> None:
        """Make all of *members* direct members of *group*, or none."""
        key = self.group(group)["id"]
        new = [str(self.object(member)["id"]) for member in members]
        present = self.members.setdefault(key, {})
        if any(member in present for member in new):
            raise already_referenced("members")
        for member in new:
            present[member] = None
            self.memberships.setdefault(member, {})[key] = None
        detail = {"members": [{"id": member} for member in new]}
        self._store.write(self.groups, key, after=self.groups.rows[key], detail=detail)

    def remove_member(self, group: str, member: str) -> None:
        """End the direct membership of *member* in *group*."""
        key, gone = self.group(group)["id"], member.lower()
        if gone not in self.members.get(key, {}):
            raise no_object(member)
        del self.members[key][gone]
        self.memberships.get(gone, {}).pop(key, None)
        detail = {"members": [{"id": gone, "@removed": "deleted"}]}
        self._store.write(self.groups, key, after=self.groups.rows[key], detail=detail)

    def _check_name(self, name: str) -> None:
        if name.lower() in self._by_name:
            raise bad_request(
                "Another object with the same value for property userPrincipalName already exists."
            )
        if not name.lower().endswith("@" + self.domain):
            raise bad_request(
                "The domain portion of the userPrincipalName property is invalid. You must use"
                " one of the verified domain names in your organization."
            )


def _demand(properties: Mapping[str, Any], names: Iterable[str]) -> None:
    for name in names:
        if properties.get(name) is None:
            raise bad_request(
                "A value is required for property"
                f" '{name}' of resource '{'User' if name in REQUIRED_OF_USERS else 'Group'}'."
            )


def _check_password(profile: object) -> None:
    password = profile.get("password") if isinstance(profile, dict) else None
    if not isinstance(password, str) or len(password) < 8:
        raise bad_request(
            "The specified password does not comply with password complexity requirements."
            " Please provide a different password."
        )
