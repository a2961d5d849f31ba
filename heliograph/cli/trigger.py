"""`heliograph trigger`: make one thing happen in a running simulator."""

import json
import os
import ssl
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Annotated, Any

import httpx
from cyclopts import CycloptsError, Parameter
from rich.console import Console
from rich.table import Table

from heliograph.cli.pairs import Pair, pairs
from heliograph.errors import HeliographError
from heliograph.simulator.activity import TRIGGERS
from heliograph.simulator.announcement import Ready, folder, running

_ANSWER_WITHIN_SECONDS = 30.0


class SimulatorMissing(HeliographError):
    """No simulator runs here, or none at that address."""


class TriggerRefused(HeliographError):
    """The rules of Graph do not let that happen."""


def trigger(
    event: str = "",
    /,
    *,
    user: str = "",
    group: str = "",
    item: str = "",
    properties: Annotated[
        tuple[Pair, ...], Parameter(name="--set", converter=pairs, n_tokens=1, negative="")
    ] = (),
    tenant: str = "",
    simulator: Annotated[str, Parameter(env_var="HELIOGRAPH_SIMULATOR")] = "",
    wait: float = 5.0,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Make one thing happen in a running simulator, and tell how its notifications were answered.

    Without an event it lists all that can happen. Example: heliograph trigger users.created

    Parameters
    ----------
    event
        What is to happen, for example users.created or messages.received.
    user
        Whom it happens to: an id or a user principal name. What is left out is chosen.
    group
        The group: an id or a display name.
    item
        The id of the message, event, contact or task.
    properties
        A property as NAME=TEXT or NAME:=JSON; repeat it for more. Example: --set department=Legal
    tenant
        The id or domain of the tenant, where there is more than one.
    simulator
        The address of the simulator; by default the one that was started last.
    wait
        For so many seconds wait for the notifications to be answered.
    as_json
        One JSON object instead of text.
    """
    if not event:
        _list(as_json=as_json)
        return
    wish = {"event": event, "user": user, "group": group, "item": item, "set": dict(properties)}
    happened, deliveries = _pulled(_found(simulator), wish, tenant=tenant, wait=wait)
    if as_json:
        print(json.dumps({**happened, "notifications": deliveries}))
    else:
        _print(happened, deliveries)


def _pulled(
    ready: Ready, wish: Mapping[str, Any], *, tenant: str, wait: float
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What happened, and the notifications that came of it, once they are answered."""
    place = {"tenant": tenant} if tenant else {}
    with closing(_client(ready)) as client:
        happened = _ask(client, "POST", "activity", json=wish, params=place)
        told = happened.pop("notifications")
        if not told["count"]:
            return happened, []
        part = {"since": told["since"], "limit": told["count"], "wait": wait}
        return happened, _ask(client, "GET", "deliveries", params=part)["value"]


def _list(*, as_json: bool) -> None:
    if as_json:
        print(json.dumps([{"event": one.event, "summary": one.summary} for one in TRIGGERS]))
        return
    table = Table("event", "what happens")
    for one in TRIGGERS:
        table.add_row(one.event, one.summary)
    Console().print(table)


def _print(happened: Mapping[str, Any], deliveries: Sequence[Mapping[str, Any]]) -> None:
    event = happened["event"]
    print(event, *(f"{name}={value}" for name, value in happened.items() if name != "event"))
    for one in deliveries:
        last = one["attempts"][-1] if one["attempts"] else {"status": 0, "error": "no attempt yet"}
        answer = last["status"] or last["error"]
        print(f"  {one['what']} to {one['url']}: {answer}, {one['state']}")
    if not deliveries:
        print("  nobody is subscribed to that")


def _found(address: str) -> Ready:
    """The simulator at *address*, else the one that was started last."""
    known = running(folder(os.environ))
    if not address:
        if not known:
            raise SimulatorMissing(
                "expected a running simulator, found none: heliograph simulate starts one"
            )
        return known[0]
    address = address.rstrip("/")
    return next((one for one in known if one["graph"] == address), {"graph": address})


def _client(ready: Ready) -> httpx.Client:
    context = ssl.create_default_context(cafile=ready.get("ca_file"))
    return httpx.Client(
        base_url=f"{ready['graph']}/_simulator/",
        verify=context,
        trust_env=False,
        timeout=_ANSWER_WITHIN_SECONDS,
    )


def _ask(client: httpx.Client, method: str, what: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 (handed on to httpx)
    try:
        answer = client.request(method, what, **more)
    except (httpx.HTTPError, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise SimulatorMissing(
            f"expected a simulator at {client.base_url}, got: {error}"
        ) from error
    told: dict[str, Any] = answer.json()
    if answer.status_code == httpx.codes.BAD_REQUEST and told["error"]["code"] == "BadRequest":
        raise CycloptsError(msg=told["error"]["message"])
    if answer.is_error:
        raise TriggerRefused(f"{told['error']['code']}: {told['error']['message']}")
    return told
