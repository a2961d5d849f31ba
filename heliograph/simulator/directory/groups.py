"""What may be done to groups, whoever does it."""

from collections.abc import Iterable, Mapping
from typing import Any

from heliograph.simulator.clock import stamp
from heliograph.simulator.directory.accounts import Accounts
from heliograph.simulator.directory.rules import REQUIRED_OF_GROUPS, check_group, conflict, demand
from heliograph.simulator.directory.service import Directory, kind_of
from heliograph.simulator.directory.skus import ALL
from heliograph.simulator.refusals import (
    Refused,
    already_referenced,
    bad_request,
    no_access,
    no_object,
)
from heliograph.simulator.store import Row

MOST_OWNERS = 100


class Groups:
    """Creates and changes groups, and lets members and owners in and out."""

    def __init__(self, directory: Directory, accounts: Accounts) -> None:
        self._directory = directory
        self._accounts = accounts
        self._parts = directory.parts

    def create(
        self, given: Mapping[str, Any], *, members: Iterable[str] = (), owners: Iterable[str] = ()
    ) -> Row:
        """A new group, with *members* and *owners* in it."""
        demand(given, REQUIRED_OF_GROUPS, of="Group")
        check_group(given)
        _check_types(given)
        self._check_nickname(str(given["mailNickname"]))
        inside = [self._referent(member) for member in members]
        over = [self._referent(owner) for owner in owners]
        now = stamp(self._parts.clock.now())
        row = {
            "id": self._parts.ids.guid(),
            "createdDateTime": now,
            "renewedDateTime": now,
            "groupTypes": [],
            "proxyAddresses": [],
            **given,
        }
        if given["mailEnabled"]:
            address = f"{given['mailNickname']}@{self._parts.tenant.domain}"
            row |= {"mail": address, "proxyAddresses": [f"SMTP:{address}"]}
        for owner in over:
            self._directory.owners.add(row["id"], owner)
        self._directory.hide(row["id"])
        self._parts.store.write(self._directory.groups, row["id"], after=row)
        if inside:
            self._let_in(row["id"], inside)
        return row

    def update(self, id_: str, changes: Mapping[str, Any]) -> Row:
        """The group with *changes* made."""
        before = self._directory.group(id_)
        check_group(changes)
        if changes.get("mailNickname", before["mailNickname"]) != before["mailNickname"]:
            self._check_nickname(str(changes["mailNickname"]))
        after = {**before, **changes}
        self._parts.store.write(self._directory.groups, after["id"], after=after)
        return after

    def add_members(self, id_: str, members: Iterable[str]) -> None:
        """Make all of *members* direct members of the group, or none."""
        group = self._directory.group(id_)
        new = [self._referent(member) for member in members]
        present = self._directory.memberships.members(group["id"])
        if any(member in present for member in new):
            raise already_referenced("members")
        for member in new:
            self._check_member(group, member)
        self._let_in(group["id"], new)

    def remove_member(self, id_: str, member: str) -> None:
        """End the direct membership of *member*."""
        group, gone = self._directory.group(id_), member.lower()
        if gone not in self._directory.memberships.members(group["id"]):
            raise no_object(member)
        self._check_static(group)
        self._directory.memberships.remove(group["id"], gone)
        self._tell(group["id"], [{"id": gone, "@removed": "deleted"}])
        self._relicense(group, [gone])

    def add_owner(self, id_: str, owner: str) -> None:
        """Make *owner* an owner of the group."""
        group, new = self._directory.group(id_), self._referent(owner)
        present = self._directory.owners.members(group["id"])
        if new in present:
            raise already_referenced("owners")
        if len(present) >= MOST_OWNERS:
            raise bad_request(f"A group has at most {MOST_OWNERS} owners.")
        self._directory.owners.add(group["id"], new)
        self._tell_owners(group["id"], [{"id": new}])

    def remove_owner(self, id_: str, owner: str) -> None:
        """Have *owner* own the group no more; the last one of a Microsoft 365 group stays."""
        group, gone = self._directory.group(id_), owner.lower()
        present = self._directory.owners.members(group["id"])
        if gone not in present:
            raise no_object(owner)
        if len(present) == 1 and "Unified" in group["groupTypes"]:
            raise bad_request(
                "The group must have at least one owner, hence this owner cannot be removed."
            )
        self._directory.owners.remove(group["id"], gone)
        self._tell_owners(group["id"], [{"id": gone, "@removed": "deleted"}])

    def assign_licences(
        self, id_: str, *, add: Iterable[Mapping[str, Any]], remove: Iterable[str]
    ) -> Row:
        """The group with licences added and removed, which its members get and lose."""
        group = self._directory.group(id_)
        licences = {one["skuId"]: one for one in group.get("assignedLicenses", ())}
        for sku in remove:
            if licences.pop(sku, None) is None:
                raise bad_request("Group does not have a corresponding license.")
        for wish in add:
            sku = str(wish.get("skuId"))
            if sku not in ALL:
                raise bad_request(f"License {sku} does not correspond to a valid company License.")
            licences[sku] = {"skuId": sku, "disabledPlans": list(wish.get("disabledPlans") or ())}
        after = {**group, "assignedLicenses": list(licences.values())}
        self._parts.store.write(self._directory.groups, group["id"], after=after)
        for member in list(self._directory.memberships.members(group["id"])):
            self._accounts.inherit_licences(member)
        return after

    def _let_in(self, id_: str, members: list[str]) -> None:
        for member in members:
            self._directory.memberships.add(id_, member)
        self._tell(id_, [{"id": member} for member in members])
        self._relicense(self._directory.groups.rows[id_], members)

    def _relicense(self, group: Row, members: Iterable[str]) -> None:
        if group.get("assignedLicenses"):
            for member in members:
                self._accounts.inherit_licences(member)

    def _referent(self, id_: str) -> str:
        return str(self._directory.referent(id_)["id"])

    def _check_member(self, group: Row, member: str) -> None:
        self._check_static(group)
        if group["mailEnabled"] and "Unified" not in group["groupTypes"]:
            raise no_access(mailbox=False)
        kind = kind_of(self._directory.object(member))
        wrong = kind not in {"user", "group", "servicePrincipal"} or member == group["id"]
        if wrong or ("Unified" in group["groupTypes"] and kind != "user"):
            raise bad_request(
                "Invalid object type or object reference for the member of this group."
            )

    def _check_static(self, group: Row) -> None:
        if "DynamicMembership" in group["groupTypes"]:
            raise Refused(
                403,
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
            )

    def _check_nickname(self, nickname: str) -> None:
        for row in self._directory.groups.rows.values():
            if row["mailNickname"].lower() == nickname.lower() and row["mailEnabled"]:
                raise conflict("mailNickname")

    def _tell(self, id_: str, members: list[Mapping[str, Any]]) -> None:
        row = self._directory.groups.rows[id_]
        detail = {"members": members}
        self._parts.store.write(self._directory.groups, id_, after=row, detail=detail)

    def _tell_owners(self, id_: str, owners: list[Mapping[str, Any]]) -> None:
        row = self._directory.groups.rows[id_]
        self._parts.store.write(self._directory.groups, id_, after=row, detail={"owners": owners})


def _check_types(given: Mapping[str, Any]) -> None:
    """Refuse kinds of groups that Graph cannot make."""
    types = set(given.get("groupTypes") or ())
    if not types <= {"Unified", "DynamicMembership"}:
        raise bad_request("Invalid value specified for property 'groupTypes' of resource 'Group'.")
    if given["mailEnabled"] and "Unified" not in types:
        raise bad_request(
            "The service does not currently support writing of mail-enabled groups. Please ensure"
            " that the mail-enablement property is unset and the security-enablement property is"
            " set."
        )
    if "Unified" in types and not given["mailEnabled"]:
        raise bad_request("Unified groups must be mail-enabled.")
    if not types and not given["securityEnabled"]:
        raise bad_request("A group is security-enabled or of Microsoft 365.")
    if "DynamicMembership" in types and not given.get("membershipRule"):
        raise bad_request("A value is required for property 'membershipRule' of resource 'Group'.")
