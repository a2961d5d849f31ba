"""What the API can do: each operation as a method, from typed input to typed output.

What changes something is told first and then ordered from the keeper; the answer is 202, as the
keeper does it when Graph's limits allow.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice

import msgspec

from heliograph.keeping.preview import preview
from heliograph.keeping.records import Records
from heliograph.keeping.tenancy import Clock, Tenancy
from heliograph.orders import Order, Orders, What
from heliograph.planning.actions import Leave
from heliograph.registrations import Registrations
from heliograph.subscriptions import Registration
from listener.admin.access import Caller
from listener.admin.problems import Fault, Refused
from listener.admin.shapes import (
    Accepted,
    AdoptBody,
    ApplyBody,
    ListQuery,
    NoQuery,
    PlanQuery,
    PlanView,
    Step,
    SubscriptionPage,
    SubscriptionView,
)
from listener.admin.telling import Telling


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request: by whom, about which subscription, with what."""

    caller: Caller
    id: str = ""
    query: object = NoQuery()
    body: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """The operations. They raise Refused, GraphError and QueueUnavailable."""

    tenants: list[Tenancy]
    records: Records
    clock: Clock
    registrations: Registrations
    orders: Orders
    telling: Telling
    _planning: asyncio.Lock = field(default_factory=asyncio.Lock)

    # -- reading -------------------------------------------------------------------------------

    async def page(self, asked: Asked) -> SubscriptionPage:
        """One page of what is recorded."""
        query = asked.query
        assert isinstance(query, ListQuery), "the operation says so"  # noqa: S101 (a mistake of ours)
        wanted = {one.expander.name for one in self._chosen(query.tenant, in_body=False)}
        found = sorted(
            (one for one in await self.registrations.all() if one.id > query.after),
            key=lambda one: one.id,
        )
        views = (view for one in found if (view := self._view(one)).tenant in wanted)
        page = list(islice(views, query.limit + 1))
        following = page[query.limit - 1].id if len(page) > query.limit else None
        return SubscriptionPage(value=page[: query.limit], next=following)

    async def show(self, asked: Asked) -> SubscriptionView:
        """One subscription."""
        return self._view(await self._registration(asked.id))

    async def plan(self, asked: Asked) -> PlanView:
        """What the keeper would do now."""
        query = asked.query
        assert isinstance(query, PlanQuery), "the operation says so"  # noqa: S101 (a mistake of ours)
        return await self._plan(self._chosen(query.tenant, in_body=False))

    # -- acting --------------------------------------------------------------------------------

    async def renew(self, asked: Asked) -> Accepted:
        """Has one subscription renewed and reauthorized."""
        return await self._order(asked, "renew", "admin_renew")

    async def resync(self, asked: Asked) -> Accepted:
        """Has everything looked at that one subscription watches."""
        return await self._order(asked, "resync", "admin_resync")

    async def remove(self, asked: Asked) -> Accepted:
        """Has one subscription removed; it comes again where the configuration asks for it."""
        return await self._order(asked, "remove", "admin_remove")

    async def adopt(self, asked: Asked) -> Accepted:
        """Gives another deployment's subscription up, so that the keeper may replace it."""
        body = asked.body
        assert isinstance(body, AdoptBody), "the operation says so"  # noqa: S101 (a mistake of ours)
        (tenancy,) = self._chosen(body.tenant, in_body=True)
        details = {"tenant": body.tenant, "subscription_id": body.subscription_id}
        audit = await self.telling.tell("admin_adopt", actor=asked.caller.name, details=details)
        tenant_id = tenancy.carrier.app.tenant_id
        await self.orders.push(Order(what="adopt", reason=body.subscription_id, tenant=tenant_id))
        return Accepted(audit=audit)

    async def apply(self, asked: Asked) -> Accepted:
        """Has a plan carried out now, if it is still what would be done."""
        body = asked.body
        assert isinstance(body, ApplyBody), "the operation says so"  # noqa: S101 (a mistake of ours)
        chosen = self._chosen(body.tenant, in_body=True)
        current = await self._plan(chosen)
        if current.plan != body.plan:
            said = f"expected the plan as it is now, {current.plan}: look at it again"
            raise Refused(409, said, errors=[Fault(pointer="/plan", detail=said)])
        details = {"plan": body.plan, "tenant": body.tenant, "steps": len(current.steps)}
        audit = await self.telling.tell("admin_apply", actor=asked.caller.name, details=details)
        for tenancy in chosen:
            # A round follows on whatever was found: that carries the plan out.
            await self.orders.push(Order(what="expand", tenant=tenancy.carrier.app.tenant_id))
        return Accepted(audit=audit)

    # -- what they share -----------------------------------------------------------------------

    async def _order(self, asked: Asked, what: What, told: str) -> Accepted:
        one = await self._registration(asked.id)
        view = self._view(one)
        details = {"subscription": one.id, "tenant": view.tenant, "resource": one.resource}
        audit = await self.telling.tell(told, actor=asked.caller.name, details=details)
        await self.orders.push(Order(what=what, registration=one.id, reason="admin"))
        return Accepted(audit=audit)

    async def _registration(self, id_: str) -> Registration:
        one = await self.registrations.get(id_)
        if one is None:
            raise Refused(404, "expected the id of a subscription that is recorded")
        return one

    def _view(self, one: Registration) -> SubscriptionView:
        apps = {t.carrier.app.tenant_id: t.expander.name for t in self.tenants}
        name = apps.get(one.tenant_id, one.tenant_id)
        return SubscriptionView.of(one, tenant=name, now=self.clock())

    def _chosen(self, name: str | None, *, in_body: bool) -> list[Tenancy]:
        """The tenant of that *name*, or all. Raises Refused where there is none."""
        every = self.tenants
        chosen = [one for one in every if name is None or one.expander.name == name]
        if chosen:
            return chosen
        names = ", ".join(one.expander.name for one in every)
        said = f"expected a tenant of the settings ({names}), got {name!r}"
        place = {"pointer": "/tenant"} if in_body else {"parameter": "tenant"}
        raise Refused(404, said, errors=[Fault(detail=said, **place)])

    async def _plan(self, chosen: Iterable[Tenancy]) -> PlanView:
        """One at a time: a plan reads all that there is."""
        steps, unchanged, warnings = [], 0, []
        async with self._planning:
            await self.records.open(None)
            for tenancy in chosen:
                name = tenancy.expander.name
                seen = await preview(tenancy, now=self.clock())
                todo = [one for one in seen.actions if not isinstance(one, Leave)]
                steps += [Step.of(action, tenant=name) for action in todo]
                unchanged += len(seen.actions) - len(todo)
                warnings += [
                    f"{name}: {one.audience} could not be found: {one.error}"
                    for one in seen.unfound
                ]
        steps.sort(key=lambda step: (step.tenant, step.resource, step.action))
        digest = blake2b(msgspec.json.encode(steps), digest_size=16).hexdigest()
        return PlanView(plan=digest, steps=steps, unchanged=unchanged, warnings=warnings)
