"""What can be licensed: products under their published ids, with the services in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

EXCHANGE = frozenset(
    ("efb87545-963c-4e0d-99df-69c6916d9eb0", "9aaf7827-d63c-4b61-89c3-182f06f82e5c")
)
"""The service plans that bring a mailbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A service in a product; *service* is what `assignedPlans` calls it."""

    id: str
    name: str
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sku:
    """A product."""

    id: str
    name: str
    plans: tuple[Plan, ...]


_EXCHANGE_2 = Plan(
    id="efb87545-963c-4e0d-99df-69c6916d9eb0", name="EXCHANGE_S_ENTERPRISE", service="exchange"
)
_EXCHANGE_1 = Plan(
    id="9aaf7827-d63c-4b61-89c3-182f06f82e5c", name="EXCHANGE_S_STANDARD", service="exchange"
)
_SHAREPOINT = Plan(
    id="5dbe027f-2339-4123-9542-606e4d348a72", name="SHAREPOINTENTERPRISE", service="SharePoint"
)
_TEAMS = Plan(id="57ff2da0-773e-42df-b2af-ffb7a2317929", name="TEAMS1", service="TeamspaceAPI")
_PLANNER = Plan(
    id="b737dad2-2f6c-4c65-90e3-ca563267e8b9",
    name="PROJECTWORKMANAGEMENT",
    service="ProjectWorkManagement",
)
_OFFICE = Plan(
    id="43de0ff5-c92c-492b-9116-175376d08c38", name="OFFICESUBSCRIPTION", service="MicrosoftOffice"
)
_POWER_BI = Plan(id="2049e525-b859-401b-b2a0-e0a31c4b1fe4", name="BI_AZURE_P0", service="PowerBI")
_VISIO = Plan(
    id="663a804f-1c30-4ff0-9915-9db84f0d1cea",
    name="VISIO_CLIENT_SUBSCRIPTION",
    service="MicrosoftOffice",
)

ENTERPRISE = Sku(
    id="6fd2c87f-b296-42f0-b197-1e91e994b900",
    name="ENTERPRISEPACK",
    plans=(_EXCHANGE_2, _SHAREPOINT, _TEAMS, _PLANNER, _OFFICE),
)
EXCHANGE_ONLY = Sku(
    id="4b9405b0-7788-4568-add1-99614e613b69", name="EXCHANGESTANDARD", plans=(_EXCHANGE_1,)
)
POWER_BI = Sku(
    id="a403ebcc-fae0-4ca2-8c8c-7a907fd6c235", name="POWER_BI_STANDARD", plans=(_POWER_BI,)
)
VISIO = Sku(id="c5928f49-12ba-48f7-ada3-0d743a3601d5", name="VISIOCLIENT", plans=(_VISIO,))

ALL: Mapping[str, Sku] = {sku.id: sku for sku in (ENTERPRISE, EXCHANGE_ONLY, POWER_BI, VISIO)}


def licensed(sku: Sku, *, at: str) -> dict[str, Any]:
    """The properties of a user who has had *sku* since *at*, by himself and with all its plans."""
    return properties([state(sku.id, at=at)], {}, at=at)


def state(
    sku: str, *, at: str, disabled: Iterable[str] = (), group: str | None = None
) -> dict[str, Any]:
    """One licence that somebody has; through *group*, if it names one."""
    return {
        "skuId": sku,
        "disabledPlans": list(disabled),
        "assignedByGroup": group,
        "state": "Active",
        "error": "None",
        "lastUpdatedDateTime": at,
    }


def properties(
    states: Iterable[Mapping[str, Any]], before: Mapping[str, Any], *, at: str
) -> dict[str, Any]:
    """The properties that follow from licence *states*; plans that go stay, as deleted."""
    licences: dict[str, set[str]] = {}
    known = list(states)
    for one in known:
        disabled = set(one["disabledPlans"])
        licences[one["skuId"]] = licences.get(one["skuId"], disabled) & disabled
    return {
        "assignedLicenses": [
            {"disabledPlans": sorted(disabled), "skuId": sku} for sku, disabled in licences.items()
        ],
        "assignedPlans": _plans(licences, before.get("assignedPlans", ()), at=at),
        "licenseAssignmentStates": known,
    }


def _plans(
    licences: Mapping[str, set[str]], before: Iterable[Mapping[str, Any]], *, at: str
) -> list[dict[str, Any]]:
    enabled = {
        plan.id: plan
        for sku, disabled in licences.items()
        for plan in ALL[sku].plans
        if plan.id not in disabled
    }
    known = {entry["servicePlanId"]: dict(entry) for entry in before}
    for id_, entry in known.items():
        if id_ not in enabled and entry["capabilityStatus"] == "Enabled":
            known[id_] = {**entry, "capabilityStatus": "Deleted", "assignedDateTime": at}
    for id_, plan in enabled.items():
        if known.get(id_, {}).get("capabilityStatus") != "Enabled":
            known[id_] = {
                "assignedDateTime": at,
                "capabilityStatus": "Enabled",
                "service": plan.service,
                "servicePlanId": id_,
            }
    return list(known.values())
