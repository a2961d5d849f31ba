"""`heliograph subscriptions`: look at each, and act on one, through the keeper."""

import asyncio
import json as json_
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import httpx
from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from heliograph.cli.stack import deployed_redis
from heliograph.errors import HeliographError
from heliograph.graph.transport import trust
from heliograph.keeping.troubles import Addresses
from heliograph.orders import Order, Orders
from heliograph.registrations import Registrations
from heliograph.settings import FILE_NAME, Settings
from heliograph.subscriptions import Registration, moment

app = App(name="subscriptions", help="Look at Graph's subscriptions, and act on one.")

Config = Annotated[Path, Parameter(help="The settings.", env_var="HELIOGRAPH_CONFIG")]

TOKEN = (
    "Validation: Testing client application reachability for subscription Request-Id: heliograph"  # noqa: S105 (what Graph sends)
)


class SubscriptionUnknown(HeliographError):
    """No registration has this id or resource."""


class NotReachable(HeliographError):
    """The public address does not answer as Graph wants it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One subscription, as `list` tells it."""

    tenant: str
    resource: str
    health: str
    expires: str | None
    left: str
    subscription_id: str | None
    registration: str


@app.command(name="list")
def list_subscriptions(*, config: Config = Path(FILE_NAME), json: bool = False) -> None:
    """Show each with its health and time left. Example: heliograph subscriptions list

    Parameters
    ----------
    json
        JSON Lines instead of a table.
    """
    settings = _settings(config)
    lines = asyncio.run(_lines(settings, datetime.now(UTC)))
    if json:
        for line in lines:
            print(json_.dumps(asdict(line)))
        return
    table = Table("tenant", "resource", "health", "left", "subscription")
    for line in lines:
        table.add_row(
            line.tenant, line.resource, line.health, line.left, line.subscription_id or ""
        )
    Console().print(table)


@app.command
def renew(which: str, *, config: Config = Path(FILE_NAME)) -> None:
    """Have one renewed now. Example: heliograph subscriptions renew users

    Parameters
    ----------
    which
        Its id, its registration's id, or its resource.
    """
    asyncio.run(_order(_settings(config), "renew", which))


@app.command
def remove(which: str, *, config: Config = Path(FILE_NAME)) -> None:
    """Have one ended; what the settings ask for is made anew.

    Example: heliograph subscriptions remove groups

    Parameters
    ----------
    which
        Its id, its registration's id, or its resource.
    """
    asyncio.run(_order(_settings(config), "remove", which))


@app.command
def adopt(subscription: str, *, config: Config = Path(FILE_NAME), tenant: str = "") -> None:
    """Have one of another deployment, which is in the way, replaced by our own.

    Example: heliograph subscriptions adopt 5522bd62-7c96-4530-85b0-00b916f6151a

    Parameters
    ----------
    subscription
        Its id, as the keeper's log tells it.
    tenant
        Its tenant's name; needless where there is one.
    """
    settings = _settings(config)
    names = [tenant] if tenant else list(settings.tenants)
    if len(names) != 1 or names[0] not in settings.tenants:
        raise HeliographError(f"expected --tenant, one of {', '.join(settings.tenants)}")
    order = Order(what="adopt", tenant=settings.tenants[names[0]].tenant_id, reason=subscription)
    asyncio.run(_give(settings, order))
    print(f"{subscription}: the keeper replaces it")


@app.command(name="test")
def call_ourselves(*, config: Config = Path(FILE_NAME)) -> None:
    """Call our own public address as Graph would. Example: heliograph subscriptions test"""
    settings = _settings(config)
    if not settings.listener.public_url:
        raise HeliographError("listener.public_url: expected the address to test, got nothing")
    addresses = Addresses.below(settings.listener.public_url)
    asyncio.run(_test(settings, (addresses.notifications, addresses.lifecycle)))


async def _test(settings: Settings, urls: Sequence[str]) -> None:
    ca_file = next((tenant.ca_file for tenant in settings.tenants.values()), None)
    async with httpx.AsyncClient(verify=trust(ca_file), timeout=10.0, trust_env=False) as client:
        for url in urls:
            headers = {"content-type": "text/plain; charset=utf-8"}
            try:
                answer = await client.post(url, params={"validationToken": TOKEN}, headers=headers)
            except httpx.HTTPError as error:
                raise NotReachable(f"{url}: {_advice(error)}") from error
            check(url, answer)
            print(f"{url}: ok, {answer.elapsed.total_seconds() * 1000:.0f} ms")


def check(url: str, answer: httpx.Response) -> None:
    """Raises NotReachable where *answer* is not what Graph takes for a handshake."""
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if answer.status_code != 200:
        hint = (
            "; something in front asks for credentials" if answer.status_code in {401, 403} else ""
        )
        raise NotReachable(f"{url}: expected status 200, got {answer.status_code}{hint}")
    if kind != "text/plain":
        raise NotReachable(f"{url}: expected text/plain, got {kind or 'no content type'}")
    if answer.text != TOKEN:
        raise NotReachable(f"{url}: expected the token as it was sent, got something else")


def _advice(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "expected an answer within 10 s, got none: does the way to the listener stand open?"
    return (
        f"expected a connection, got {type(error).__name__} ({error}): is the listener up, the "
        "name right, and the certificate one that Graph trusts?"
    )


async def _lines(settings: Settings, now: datetime) -> list[Line]:
    names = {tenant.tenant_id: name for name, tenant in settings.tenants.items()}
    async with deployed_redis(settings) as redis:
        found = await Registrations(redis).all()
    alive = [one for one in found if one.replaced_at is None]
    lines = [line_of(one, names.get(one.tenant_id, one.tenant_id), now) for one in alive]
    return sorted(lines, key=lambda line: (line.tenant, line.resource))


def line_of(registration: Registration, tenant: str, now: datetime) -> Line:
    """How *registration* stands at *now*, as far as is recorded."""
    end = None if registration.expires_at is None else moment(registration.expires_at)
    return Line(
        tenant=tenant,
        resource=registration.resource,
        health=_health(registration, end, now),
        expires=None if end is None else end.isoformat().replace("+00:00", "Z"),
        left="" if end is None else _span(end - now),
        subscription_id=registration.subscription_id,
        registration=registration.id,
    )


def _health(registration: Registration, end: datetime | None, now: datetime) -> str:
    if registration.subscription_id is None or end is None:
        return "pending"
    if end <= now:
        return "expired"
    begun = moment(registration.renewed_at or registration.created_at)
    is_late = end - now < (end - begun) * 0.45
    return "renewal overdue" if is_late else "ok"


def _span(span: timedelta) -> str:
    minutes = max(0, int(span.total_seconds() // 60))
    days, hours = minutes // 1440, minutes // 60 % 24
    return f"{days}d{hours}h" if days else f"{hours}h{minutes % 60}m"


async def _order(settings: Settings, what: str, which: str) -> None:
    async with deployed_redis(settings) as redis:
        found = [
            one
            for one in await Registrations(redis).all()
            if which in {one.id, one.subscription_id, one.resource} and one.replaced_at is None
        ]
        if not found:
            raise SubscriptionUnknown(
                f"expected the id or resource of a subscription of ours, got {which[:200]!r}"
            )
        for registration in found:
            order = Order(what=what, registration=registration.id, reason="command")  # type: ignore[arg-type]  # of our own two
            await Orders(redis).push(order)
            print(f"{registration.resource}: the keeper is to {what} it")


async def _give(settings: Settings, order: Order) -> None:
    async with deployed_redis(settings) as redis:
        await Orders(redis).push(order)


def _settings(config: Path) -> Settings:
    return Settings.load(config, os.environ)
