"""Licences: which a tenant has, which a user holds, and who gets one.

https://learn.microsoft.com/graph/api/user-assignlicense
"""

from collections.abc import AsyncIterator, Iterable

import msgspec

from heliograph.graph.calls import Calls
from heliograph.graph.paths import user_path
from heliograph.graph.transport import Request
from heliograph.graph.values.objects import Entity, License, User


class ServicePlan(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A part of a licence, such as Exchange Online."""

    service_plan_id: str
    service_plan_name: str | None = None
    provisioning_status: str | None = None
    applies_to: str | None = None


class LicenseDetails(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A licence that a user holds, with what it is made of."""

    sku_id: str = ""
    sku_part_number: str | None = None
    service_plans: list[ServicePlan] | None = None


class Units(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """How many of a licence were bought, by their state."""

    enabled: int = 0
    suspended: int = 0
    warning: int = 0
    locked_out: int = 0


class Sku(LicenseDetails, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A licence that the tenant has bought."""

    consumed_units: int = 0
    prepaid_units: Units = Units()
    capability_status: str | None = None
    applies_to: str | None = None

    @property
    def free(self) -> int:
        """How many can still be assigned."""
        return max(0, self.prepaid_units.enabled - self.consumed_units)


class Licenses:
    """Calls about licences. *user* is an id or a UPN."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def of(self, user: str) -> AsyncIterator[LicenseDetails]:
        """The licences that *user* holds, directly or by a group."""
        request = Request(
            method="GET",
            path=user_path(user, "licenseDetails"),
            permission="LicenseAssignment.Read.All",
        )
        return self._calls.pages(request, LicenseDetails)

    def bought(self) -> AsyncIterator[Sku]:
        """The licences of the tenant."""
        request = Request(
            method="GET", path="/subscribedSkus", permission="LicenseAssignment.Read.All"
        )
        return self._calls.pages(request, Sku)

    async def assign(
        self, user: str, *, add: Iterable[License] = (), remove: Iterable[str] = ()
    ) -> User:
        """The user with the licences of *add*, and without those whose SKU ids are in *remove*.

        Raises Invalid for a user without `usageLocation`, where no unit is free, and for a removed
        one that is not held, or held by a group.
        """
        removed = list(remove)
        request = Request(
            method="POST",
            path=user_path(user, "assignLicense"),
            json={"addLicenses": list(add), "removeLicenses": removed},
            permission="LicenseAssignment.ReadWrite.All",
            repeatable=not removed,  # what is removed already cannot be removed again
        )
        return await self._calls.fetch(request, User)
