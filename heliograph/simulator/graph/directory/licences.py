"""Licences: of users and groups, and what the tenant has of each product (U24 to U26)."""

from typing import Any

from heliograph.simulator import permissions
from heliograph.simulator.directory.licensing import details, plans
from heliograph.simulator.directory.roles import (
    DIRECTORY_WRITERS,
    GLOBAL_ADMINISTRATOR,
    LICENSE_ADMINISTRATOR,
    USER_ADMINISTRATOR,
)
from heliograph.simulator.directory.skus import ALL
from heliograph.simulator.graph.answers import entity
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.directory.bodies import parameters
from heliograph.simulator.graph.directory.guards import require_role
from heliograph.simulator.graph.directory.kinds import GROUPS, LICENCE_DETAILS, SKUS, USERS
from heliograph.simulator.graph.directory.query import Source, collection
from heliograph.simulator.graph.directory.shown import picking, shower
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.refusals import bad_request, no_object

routes = Routes()

_ASSIGN = permissions.directory("LicenseAssignment.ReadWrite.All")
_DETAILS = permissions.directory("LicenseAssignment.Read.All", "User.Read.All", own=("User.Read",))
_SKUS = permissions.directory("LicenseAssignment.Read.All")
_ADMINISTRATORS = frozenset(
    (GLOBAL_ADMINISTRATOR, LICENSE_ADMINISTRATOR, DIRECTORY_WRITERS, USER_ADMINISTRATOR)
)


@routes.on("POST", "/users/{user}/assignLicense", needs=_ASSIGN)
def assign(call: Call) -> Answer:
    """A user with other licences."""
    add, remove = _wish(call)
    row = call.world.accounts.assign_licences(call.params["user"], add=add, remove=remove)
    names = (*USERS.kind.unasked, "assignedLicenses")
    return entity(call, "users", picking(call, USERS, names)(row))


@routes.on("POST", "/groups/{group}/assignLicense", needs=_ASSIGN)
def assign_to_group(call: Call) -> Answer:
    """A group whose members have other licences."""
    add, remove = _wish(call)
    row = call.world.groups.assign_licences(call.params["group"], add=add, remove=remove)
    names = (*GROUPS.kind.unasked, "assignedLicenses")
    return entity(call, "groups", picking(call, GROUPS, names)(row))


@routes.on("GET", "/users/{user}/licenseDetails", needs=_DETAILS)
def list_details(call: Call) -> Answer:
    """What the licences of a user are made of."""
    rows = list(details(call.world.directory.user(call.params["user"])))
    context = f"users('{call.params['user'].replace('@', '%40')}')/licenseDetails"
    show = shower(call, LICENCE_DETAILS)
    return collection(call, (LICENCE_DETAILS,), Source.of(rows), context=context, show=show)


@routes.on("GET", "/subscribedSkus", needs=_SKUS)
def list_skus(call: Call) -> Answer:
    """The products that the tenant has, and how many of each are taken."""
    rows = [_sku(call, sku) for sku in ALL]
    show = shower(call, SKUS)
    return collection(call, (SKUS,), Source.of(rows), context="subscribedSkus", show=show)


@routes.on("GET", "/subscribedSkus/{id}", needs=_SKUS)
def get_sku(call: Call) -> Answer:
    """One product."""
    sku = call.params["id"].lower().rpartition("_")[2]
    if sku not in ALL:
        raise no_object(call.params["id"])
    return entity(call, "subscribedSkus", shower(call, SKUS)(_sku(call, sku)))


def _wish(call: Call) -> tuple[list[dict[str, Any]], list[str]]:
    """The licences to add and to remove. Both must be named, if only as none."""
    if call.signed_in:
        require_role(call, _ADMINISTRATORS)
    found = parameters(call, "addLicenses", "removeLicenses")
    if not all(isinstance(value, list) for value in found.values()):
        raise bad_request("Expected addLicenses and removeLicenses to be collections.")
    add = [{**one, "skuId": str(one.get("skuId", "")).lower()} for one in found["addLicenses"]]
    return add, [str(sku).lower() for sku in found["removeLicenses"]]


def _sku(call: Call, id_: str) -> dict[str, Any]:
    tenant, licensing = call.world.tenant, call.world.directory.licensing
    bought = {"enabled": licensing.bought[id_], "suspended": 0, "warning": 0, "lockedOut": 0}
    return {
        "accountName": tenant.domain.partition(".")[0],
        "accountId": tenant.tenant_id,
        "appliesTo": "User",
        "capabilityStatus": "Enabled",
        "consumedUnits": licensing.taken[id_],
        "id": f"{tenant.tenant_id}_{id_}",
        "skuId": id_,
        "skuPartNumber": ALL[id_].name,
        "subscriptionIds": [],
        "prepaidUnits": bought,
        "servicePlans": plans(id_),
    }
