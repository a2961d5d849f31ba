"""`heliograph login` and `logout`: users who lend the app what Graph gives to nobody else."""

import asyncio
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from heliograph.cli.stack import deployed_redis
from heliograph.errors import HeliographError
from heliograph.graph.auth import Prompt, SignIn, sign_in
from heliograph.sealing import Sealer
from heliograph.settings import FILE_NAME, ManagedIdentity, Settings, Tenant
from heliograph.sign_ins import SignIns

Config = Annotated[Path, Parameter(help="The settings.", env_var="HELIOGRAPH_CONFIG")]


class CannotSignIn(HeliographError):
    """The settings name no such tenant, or let no user sign in there."""


def login(
    tenant: str | None = None, *, config: Config = Path(FILE_NAME), json: bool = False
) -> None:
    """Sign a user in, who lends what Graph gives to no app. Example: heliograph login contoso

    Shows an address and a code, and waits until somebody has typed it there.

    Parameters
    ----------
    tenant
        Its name in the settings; not needed where there is only one.
    json
        JSON Lines: what to type where, then who has signed in.
    """
    settings = Settings.load(config, os.environ)
    asyncio.run(_login(settings, _tenant(settings, tenant), Teller(as_json=json)))


def logout(
    tenant: str | None = None,
    *,
    user: str | None = None,
    config: Config = Path(FILE_NAME),
    json: bool = False,
) -> None:
    """Forget who has signed in. Example: heliograph logout contoso --user lene@contoso.com

    Parameters
    ----------
    tenant
        Its name in the settings; not needed where there is only one.
    user
        The id or name of the one to forget; everybody without it.
    json
        One JSON object instead of a sentence.
    """
    settings = Settings.load(config, os.environ)
    asyncio.run(_logout(settings, _tenant(settings, tenant), user, Teller(as_json=json)))


class Teller:
    """Says how it goes: to people, or with *as_json* one object a line. A prompt is no result."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def prompt(self, prompt: Prompt) -> None:
        """What the user is to do, before the wait begins."""
        if self._as_json:
            _line(verification_uri=prompt.address, user_code=prompt.code)
            return
        minutes = f"within {prompt.seconds / 60:.0f} minutes"
        text = f"Open {prompt.address} and type the code {prompt.code} ({minutes})."
        print(text, file=sys.stderr, flush=True)

    def signed_in(self, tenant: Tenant, who: SignIn) -> None:
        """The result of a login."""
        if self._as_json:
            _line(tenant=tenant.name, user=who.user_name, permissions=who.permissions)
            return
        lent = ", ".join(who.permissions)
        print(f"{who.user_name} has signed in to {tenant.name} and lends {lent}")

    def signed_out(self, tenant: Tenant, whom: list[SignIn]) -> None:
        """The result of a logout."""
        names = [one.user_name for one in whom]
        if self._as_json:
            _line(tenant=tenant.name, users=names)
            return
        print(f"signed out of {tenant.name}: {', '.join(names) or 'nobody'}")


async def _login(settings: Settings, tenant: Tenant, tell: Teller) -> None:
    _check(tenant)
    async with deployed_redis(settings) as redis:
        sign_ins = SignIns(redis, Sealer(settings.root_keys))
        await sign_ins.all(tenant.tenant_id)  # is Redis there? Before the user takes the trouble.
        done = await sign_in(tenant, tell.prompt, now=lambda: datetime.now(UTC))
        await sign_ins.put(done)
    tell.signed_in(tenant, done)


async def _logout(settings: Settings, tenant: Tenant, user: str | None, tell: Teller) -> None:
    async with deployed_redis(settings) as redis:
        sign_ins = SignIns(redis, Sealer(settings.root_keys))
        found = await sign_ins.all(tenant.tenant_id)
        leaving = [one for one in found if user is None or one.is_of(user)]
        for each in leaving:
            await sign_ins.remove(each)
    tell.signed_out(tenant, leaving)


def _line(**fields: object) -> None:
    print(json.dumps(fields), flush=True)


def _tenant(settings: Settings, name: str | None) -> Tenant:
    names = list(settings.tenants)
    if name is None and len(names) == 1:
        name = names[0]
    if name is None or name not in settings.tenants:
        known = ", ".join(names) or "none, as the settings have no tenants"
        raise CannotSignIn(f"expected the name of a tenant ({known}), got {name or 'nothing'}")
    return settings.tenants[name]


def _check(tenant: Tenant) -> None:
    if not tenant.delegated_permissions:
        raise CannotSignIn(
            f"tenants.{tenant.name}.delegated_permissions: expected what users lend, such as "
            '["Calendars.Read.Shared"], got nothing'
        )
    if isinstance(tenant.credential, ManagedIdentity):
        raise CannotSignIn(
            f"tenants.{tenant.name}: expected an app registration that users can sign in to, "
            "got a managed identity"
        )
