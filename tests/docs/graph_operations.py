"""The operations of the Graph client as the code has them: found by looking, asked by calling.

Each public method of each family is called with stand-ins for its arguments, and the first
request that it makes is kept: the first write of those that look before they write.
"""

import inspect
import typing
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, get_origin, get_type_hints
from urllib.parse import unquote

from heliograph.errors import GraphError
from heliograph.graph import GraphClient, Request, Response
from heliograph.graph.calendar.suggestions import MeetingNeeds
from heliograph.graph.client import Family
from heliograph.graph.insights.questions import PEOPLE, RECENT, SHARED, TRENDING
from heliograph.graph.outlook.attachments import NewAttachment
from heliograph.graph.subscriptions import NewSubscription, PublicKey
from heliograph.graph.values.times import iso
from heliograph.settings import ClientSecret, Secret, Tenant

PLUMBING = {"batches"}
"""A family that is no operation of Graph: what it sends is up to the caller."""

TENANT = Tenant(
    name="t", tenant_id="tenant", client_id="app", credential=ClientSecret(secret=Secret("x"))
)
TIME, END = datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC)
WISH = NewSubscription(
    resource="users",
    change_type="updated",
    notification_url="https://example.com",
    expiration_date_time=TIME,
    client_state="x",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A method of a family, and the first call of Graph that it makes."""

    name: str
    request: Request

    @property
    def call(self) -> str:
        """Method and path, as the page shows them: `GET /users/{user}`."""
        path = unquote(self.request.path).replace(iso(TIME), "{start}").replace(iso(END), "{end}")
        return f"{self.request.method} {path}"


class _Asked(GraphError):
    """Ends a method as soon as it has asked."""


class _Listener:
    """A transport that keeps the requests up to the first write, and finds nothing."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        if request.is_write:
            raise _Asked("enough")
        return Response(status=200, content=b'{"value": []}')


async def operations() -> list[Operation]:
    """All of them, in the order of the code."""
    client = GraphClient(_Listener(), tenant=TENANT)
    families = [name for name, made in vars(GraphClient).items() if isinstance(made, Family)]
    found = [
        f"{family}.{name}"
        for family in families
        if family not in PLUMBING
        for name, member in vars(type(getattr(client, family))).items()
        if inspect.isfunction(member) and not name.startswith("_")
    ]
    return [await _operation(name) for name in found]


async def insight_sources() -> list[Operation]:
    """The sources of each question about insights, by their names in the orders."""
    questions = {"recent": RECENT, "trending": TRENDING, "shared": SHARED, "people": PEOPLE}
    return [
        await _source(question, name) for question, order in questions.items() for name in order
    ]


async def _source(question: str, name: str) -> Operation:
    listener = _Listener()
    insights = GraphClient(listener, tenant=TENANT).insights
    await getattr(insights, question)("{user}", order=(name,))
    return Operation(name=name, request=listener.requests[-1])


async def _operation(name: str) -> Operation:
    listener = _Listener()
    family, _, method = name.partition(".")
    function = getattr(getattr(GraphClient(listener, tenant=TENANT), family), method)
    with suppress(GraphError):  # of the empty answer, too
        await _drive(function(**_stand_ins(function)))
    (first, *_) = [each for each in listener.requests if each.is_write] or listener.requests
    return Operation(name=name, request=first.parts[0] if first.parts else first)


async def _drive(called: Any) -> None:
    """Goes as far as the first call, whatever kind of thing a method gives."""
    if isinstance(called, AsyncIterator):
        await anext(called, None)
    elif isinstance(called, AbstractAsyncContextManager):
        async with called as given:
            await _drive(given)
    elif inspect.isawaitable(called):
        await called
    else:
        await _drive(called.pages())


def _stand_ins(function: Callable[..., object]) -> dict[str, object]:
    hints = get_type_hints(function)
    return {
        name: _stand_in(name, hints[name])
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.default is inspect.Parameter.empty
    }


def _stand_in(name: str, hint: Any) -> object:
    """A value of the type *hint* that shows its *name* where it stands in a path."""
    fixed: dict[Any, object] = {
        str: f"{{{name}}}",
        datetime: END if name == "end" else TIME,
        bytes: b"x",
        int: 1,
        NewAttachment: NewAttachment.from_bytes("x", b"x"),
        NewSubscription: WISH,
        PublicKey: SimpleNamespace(id="x", certificate="x"),
        MeetingNeeds: MeetingNeeds(attendees=[], windows=[]),
    }
    if hint in fixed:
        return fixed[hint]
    kind = get_origin(hint) or hint
    if kind is Mapping:
        key, value = typing.get_args(hint)
        return {_stand_in(name, key): _stand_in(name, value)}
    if kind in {Sequence, Iterable}:
        (item,) = typing.get_args(hint)
        return [_stand_in(name, item)]
    if hint is object:
        return "x"
    return _stand_in(name, typing.get_args(hint)[0])  # the first of a union
