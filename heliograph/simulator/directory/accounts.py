"""What may be done to users, whoever does it: the rules of the directory, not those of the API."""

from collections.abc import Iterable, Mapping
from typing import Any

from heliograph.simulator.clock import precise, stamp
from heliograph.simulator.directory.licensing import has_exchange
from heliograph.simulator.directory.names import addressed
from heliograph.simulator.directory.rules import REQUIRED_OF_USERS, check_user, conflict, demand
from heliograph.simulator.directory.service import Directory
from heliograph.simulator.directory.skus import ALL, ENTERPRISE, licensed, properties, state
from heliograph.simulator.refusals import bad_request, no_object
from heliograph.simulator.store import Row

PASSWORD = "Simulated-1234"  # noqa: S105 (guards nothing real)
"""What everybody signs in with whose password nobody has set."""

_REPLACED_WHOLE = {"employeeOrgData": ("division", "costCenter")}


class Accounts:
    """Creates and changes users."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._parts = directory.parts
        self._passwords: dict[str, str] = {}

    def create(self, given: Mapping[str, Any], *, is_licensed: bool = False) -> Row:
        """A new user; without a licence there is no mailbox."""
        demand(given, REQUIRED_OF_USERS, of="User")
        check_user(given, domain=self._parts.tenant.domain)
        name = str(given["userPrincipalName"])
        self._check_free(name)
        now = stamp(self._parts.clock.now())
        row = {
            "id": self._parts.ids.guid(),
            "mail": None,
            "userType": "Member",
            "createdDateTime": now,
            "lastPasswordChangeDateTime": now,
            "signInSessionsValidFromDateTime": now,
            "proxyAddresses": [],
            **_stored(given),
        }
        if given.get("mail"):
            row["proxyAddresses"] = addressed(row, str(given["mail"]))
        if is_licensed:
            self._directory.licensing.buy(ENTERPRISE.id)
            row |= licensed(ENTERPRISE, at=now)
            row |= self._reached(row)
        self._passwords[row["id"]] = given["passwordProfile"].get("password") or PASSWORD
        self._directory.names.give(row)
        self._directory.hide(row["id"])
        self._write(row)
        return row

    def update(self, name: str, changes: Mapping[str, Any]) -> Row:
        """The user with *changes* made; null clears a property."""
        before = self._directory.user(name)
        check_user(changes, domain=self._parts.tenant.domain)
        after = {**before, **_stored(changes)}
        if changes.get("mail"):
            after["proxyAddresses"] = addressed(before, str(changes["mail"]))
        profile = changes.get("passwordProfile") or {}
        if profile.get("password"):
            self._passwords[before["id"]] = profile["password"]
            after["lastPasswordChangeDateTime"] = precise(self._parts.clock.now())
        if before["userPrincipalName"].lower() != after["userPrincipalName"].lower():
            self._check_free(after["userPrincipalName"])
        self._directory.names.take(before)
        self._directory.names.give(after)
        self._write(after)
        return after

    def password(self, id_: str) -> str:
        """What the user signs in with."""
        return self._passwords.get(id_, PASSWORD)

    def revoke_sessions(self, name: str) -> None:
        """End what the user has signed in to so far."""
        now = precise(self._parts.clock.now())
        self._write({**self._directory.user(name), "signInSessionsValidFromDateTime": now})

    def set_manager(self, user: str, manager: str | None) -> None:
        """Make *manager* (None: nobody) the manager of *user*."""
        key, reporting = self._directory.user_id(user), self._directory.reporting
        if manager is None and reporting.manager(key) is None:
            raise no_object("manager")
        chief = None if manager is None else str(self._directory.referent(manager)["id"])
        if chief is not None and chief not in self._directory.users.rows:
            raise bad_request("The manager of a user is a user.")
        reporting.set(key, chief)
        after = self._directory.users.rows[key]
        self._parts.store.write(self._directory.users, key, after=after, detail={"manager": chief})

    def touch(self, id_: str) -> None:
        """Tell of a change that the properties do not show."""
        self._write(self._directory.users.rows[id_])

    def assign_licences(
        self, name: str, *, add: Iterable[Mapping[str, Any]], remove: Iterable[str]
    ) -> Row:
        """The user with licences added (`skuId`, `disabledPlans`) and removed, all or none."""
        row = self._directory.user(name)
        if not row.get("usageLocation"):
            raise bad_request(
                "License assignment cannot be done for user with invalid usage location."
            )
        now = stamp(self._parts.clock.now())
        states = {one["skuId"]: one for one in _states(row) if one["assignedByGroup"] is None}
        inherited = [one for one in _states(row) if one["assignedByGroup"] is not None]
        for sku in remove:
            self._check_removable(sku, states, inherited)
            del states[sku]
        for wish in add:
            self._check_available(wish, row)
            sku, disabled = wish["skuId"], wish.get("disabledPlans") or ()
            states[sku] = state(sku, at=now, disabled=disabled)
        return self._licence(row, [*states.values(), *inherited])

    def inherit_licences(self, id_: str) -> None:
        """Give the user the licences of the groups that he is in directly, and no others."""
        row = self._directory.users.rows.get(id_)
        if row is None:
            return
        direct = [one for one in _states(row) if one["assignedByGroup"] is None]
        states = [*direct, *self._inherited(row, direct)]
        if states != _states(row):
            self._licence(row, states)

    def with_inherited(self, id_: str) -> Row:
        """The user as he would be with the licences of his groups; nothing is written."""
        row = self._directory.users.rows[id_]
        return self._licensed(row, [*_states(row), *self._inherited(row, _states(row))])

    def _inherited(self, row: Row, direct: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """The licences of the groups of a user. Where none is left, it is an error."""
        now = stamp(self._parts.clock.now())
        known = {(one["skuId"], one["assignedByGroup"]): one for one in _states(row)}
        found: list[Mapping[str, Any]] = []
        for group in self._directory.memberships.groups(row["id"]):
            for licence in self._directory.groups.rows.get(group, {}).get("assignedLicenses", ()):
                sku = licence["skuId"]
                new = state(sku, at=now, disabled=licence["disabledPlans"], group=group)
                held = any(one["skuId"] == sku for one in (*direct, *found))
                if not held and self._free(sku) < 1:
                    new |= {"state": "Error", "error": "CountViolation"}
                found.append(known.get((sku, group), new))
        return found

    def _licensed(self, row: Row, states: list[Mapping[str, Any]]) -> Row:
        now = stamp(self._parts.clock.now())
        valid = [one for one in states if one["state"] == "Active"]
        return {**row, **properties(valid, row, at=now), "licenseAssignmentStates": states}

    def _licence(self, row: Row, states: list[Mapping[str, Any]]) -> Row:
        after = self._licensed(row, states)
        self._write(after)
        ready = self._directory.licensing.mailbox_at(row["id"])
        if ready is not None and has_exchange(after) and not after.get("mail"):
            if ready <= self._parts.clock.now():
                return self._reach(row["id"])
            self._parts.agenda.at(ready, lambda: self._reach(row["id"]))
        return after

    def _reach(self, id_: str) -> Row:
        """The user with the address of his new mailbox."""
        row = self._directory.users.rows.get(id_)
        if row is None:
            raise no_object(id_)
        after = {**row, **self._reached(row)}
        self._directory.names.give(after)
        self._write(after)
        return after

    def _reached(self, row: Row) -> dict[str, Any]:
        address = row.get("mail") or row["userPrincipalName"]
        return {"mail": address, "proxyAddresses": addressed(row, address)}

    def _check_removable(
        self, sku: str, direct: Mapping[str, Any], inherited: Iterable[Mapping[str, Any]]
    ) -> None:
        if sku in direct:
            return
        if any(one["skuId"] == sku for one in inherited):
            raise bad_request(
                "User license is inherited from a group membership and it cannot be removed"
                " directly from the user."
            )
        raise bad_request("User does not have a corresponding license.")

    def _check_available(self, wish: Mapping[str, Any], row: Row) -> None:
        sku = str(wish.get("skuId"))
        if sku not in ALL:
            raise bad_request(f"License {sku} does not correspond to a valid company License.")
        unknown = set(wish.get("disabledPlans") or ()) - {plan.id for plan in ALL[sku].plans}
        if unknown:
            raise bad_request(
                f"License assignment failed because service plan {min(unknown)} is not part of the"
                f" license {sku}."
            )
        has = any(one["skuId"] == sku for one in row.get("assignedLicenses", ()))
        if not has and self._free(sku) < 1:
            raise bad_request(f"Subscription with SKU {sku} does not have any available licenses.")

    def _free(self, sku: str) -> int:
        return self._directory.licensing.free(sku)

    def _check_free(self, name: str) -> None:
        if self._directory.names.user(name) is not None:
            raise conflict("userPrincipalName")

    def _write(self, row: Row) -> None:
        self._parts.store.write(self._directory.users, row["id"], after=row)


def _states(row: Row) -> list[Mapping[str, Any]]:
    return list(row.get("licenseAssignmentStates", ()))


def _stored(given: Mapping[str, Any]) -> dict[str, Any]:
    """*given* as it is kept: no password, and whole where parts replace the whole."""
    kept = {name: value for name, value in given.items() if name != "passwordProfile"}
    for name, parts in _REPLACED_WHOLE.items():
        if kept.get(name):
            kept[name] = {part: kept[name].get(part) for part in parts}
    if "usageLocation" in kept:
        kept["usageLocation"] = str(kept["usageLocation"]).upper()
    return kept
