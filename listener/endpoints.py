"""The two addresses that Graph posts to, and the two that orchestrators ask.

A POST is bounded, decoded, checked and stored, in this order, and answered 202 only then. Plain
ASGI: this is the hot path, and a request object would cost as much as all of that.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from heliograph.errors import NotificationInvalid, NotificationTooLarge, QueueUnavailable
from heliograph.notifications import decode
from heliograph.queue.intake import Arrival
from heliograph.validation import Decision
from listener import handshake
from listener.answers import (
    ACCEPTED,
    FAILED,
    MALFORMED,
    NOT_ALLOWED,
    TOO_LARGE,
    UNAVAILABLE,
    Answer,
    Send,
)
from listener.bodies import Bodies, Receive, Scope
from listener.checks import Checks
from listener.tally import Tally

Client = tuple[str, int] | None
"""Address and port of whoever posts, as far as the server knows."""


class Intake(Protocol):
    """Where arrivals are stored."""

    async def store(self, arrivals: Sequence[Arrival]) -> None:
        """Returns when all are stored. Raises QueueUnavailable."""
        ...

    async def ready(self) -> None:
        """Raises QueueUnavailable where nothing could be stored now."""
        ...


@dataclass(slots=True)
class Readiness:
    """Whether this process still wants new connections: not any more once it drains."""

    is_draining: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What all addresses for notifications share."""

    checks: Checks
    intake: Intake
    tally: Tally
    bodies: Bodies
    readiness: Readiness
    clock: Callable[[], float] = time.time


class Notifications:
    """`POST`: notifications of any kind. Both URLs take both kinds, as their content says."""

    def __init__(self, door: Door, *, route: str) -> None:
        self._door = door
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        door, started = self._door, time.perf_counter()
        try:
            answer = await self._answer(scope, receive)
        except Exception as error:  # noqa: BLE001 (the boundary: a mistake of ours costs one POST)
            door.tally.failed(error)
            answer = FAILED
        if answer is not None:
            await answer.send(send, is_last=door.readiness.is_draining)
            door.tally.answered(self._route, answer.status, time.perf_counter() - started)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer | None:
        if scope["method"] != "POST":
            return NOT_ALLOWED
        if handshake.is_asked(scope["query_string"]):
            answer = handshake.answer(scope["query_string"])
            self._door.tally.handshake(answer.status)
            return answer
        body = await self._door.bodies.read(scope, receive)
        if not isinstance(body, bytes):
            if body is not None:
                self._door.tally.unreadable("size" if body is TOO_LARGE else "shape")
            return body
        return await self._take(body, scope.get("client"))

    async def _take(self, body: bytes, client: Client) -> Answer:
        tally = self._door.tally
        try:
            collection = decode(body)
        except NotificationInvalid:
            tally.unreadable("shape")
            return MALFORMED
        except NotificationTooLarge:
            # Graph publishes no maximum, so this may be a genuine POST that we refuse.
            tally.unreadable("items", alarm=True)
            return TOO_LARGE
        received_at = int(self._door.clock() * 1000)
        try:
            # Both give up in time by themselves: a limit around them would cost as much as they do.
            decided, failed = await self._door.checks.decide(collection, received_at=received_at)
            if decided:
                await self._door.intake.store(_arrivals(decided))
        except QueueUnavailable as error:
            tally.unavailable(str(error))
            return UNAVAILABLE
        tally.stored(decided, failed, client=client)
        return ACCEPTED


def _arrivals(decided: Sequence[Decision]) -> list[Arrival]:
    return [
        Arrival(lane=one.lane, news=one.news, urgent=one.urgent, refused=one.refused)
        for one in decided
    ]


class Health:
    """`GET`: for orchestrators, `/healthz` and `/readyz`."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def alive(self, _: Request) -> Response:
        """200 while the process can answer at all; a restart would not help against more."""
        return PlainTextResponse("alive")

    async def ready(self, _: Request) -> Response:
        """200 while notifications can be stored."""
        if self._door.readiness.is_draining:
            return PlainTextResponse("draining", status_code=503)
        try:
            await self._door.intake.ready()
        except QueueUnavailable:
            return PlainTextResponse("not ready", status_code=503)
        return PlainTextResponse("ready")
