"""Script calls, sent together: what is asked for during a round trip goes in the next one.

Scripts are known by name and sent by their digest. A call is never repeated by itself: whether a
lost answer may be asked for again is for the caller to know.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha1
from importlib.resources import files
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, ReadOnlyError, RedisError

from heliograph.errors import QueueUnavailable
from heliograph.queue.durability import AT_ONCE, DURABLE, STANDARD, Durability

Arg = str | bytes | int

_MOST = 256  # calls in one round trip: more would make the first of them wait for the last


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One server-side script and the SHA-1 digest that EVALSHA knows it by."""

    text: bytes
    digest: str


@cache
def scripts() -> Mapping[str, Script]:
    """All scripts of the queue, by name."""
    folder = files("heliograph.queue").joinpath("scripts")
    texts = {entry.name.removesuffix(".lua"): entry.read_bytes() for entry in folder.iterdir()}
    common = texts.pop("common")
    return {name: _script(text, common) for name, text in texts.items()}


def _script(text: bytes, common: bytes) -> Script:
    head, _, body = text.partition(b"\n")
    # `#!lua flags=...` must stand first. Where a line is named in an error, it counts these too.
    whole = b"\n".join((head, common, body))
    return Script(text=whole, digest=sha1(whole, usedforsecurity=False).hexdigest())


@dataclass(slots=True)
class _Call:
    name: str
    command: tuple[Arg, ...]
    answer: asyncio.Future[Any]


class Calls:
    """Calls scripts on one Redis, many in a round trip."""

    def __init__(self, redis: Redis, *, durability: Durability = STANDARD) -> None:
        self.redis = redis
        self.durability = durability
        self._most_senders = AT_ONCE if durability.wait else 1
        self._waiting: list[_Call] = []
        self._senders: set[asyncio.Task[None]] = set()

    async def __call__(self, name: str, keys: Sequence[str], args: Sequence[Arg]) -> Any:  # noqa: ANN401 (what a script returns, its caller knows)
        """What the script *name* returns for *keys* and *args*.

        Raises QueueUnavailable when Redis did not answer, or did not confirm what must be durable:
        the script may have run nevertheless.
        """
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        command = ("EVALSHA", scripts()[name].digest, len(keys), *keys, *args)
        self._waiting.append(_Call(name, command, answer))
        if len(self._senders) < self._most_senders:
            self._senders.add(asyncio.create_task(self._send()))
        return await answer

    async def _send(self) -> None:
        try:
            while self._waiting:
                calls, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                await self._round_trip(calls)
        finally:
            # At once: who calls next must not count on a sender that has looked for the last time.
            self._senders.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _round_trip(self, calls: list[_Call]) -> None:
        try:
            answers = await self._execute(calls)
            unknown = [i for i, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
            if unknown:
                # A restarted Redis has forgotten the scripts: such a call did nothing.
                await self.load()
                for i, answer in zip(
                    unknown, await self._execute([calls[i] for i in unknown]), strict=True
                ):
                    answers[i] = answer
            if any(isinstance(answer, ReadOnlyError) for answer in answers):
                # The primary is a replica by now: the name may lead to another machine.
                await self.redis.connection_pool.disconnect(inuse_connections=False)
        except (RedisError, OSError, TimeoutError) as error:
            answers = [error] * len(calls)
        except asyncio.CancelledError:
            for call in calls:
                call.answer.cancel()
            raise
        for call, answer in zip(calls, answers, strict=True):
            _settle(call.answer, answer)

    async def _execute(self, calls: list[_Call]) -> list[Any]:
        wait = self.durability.wait
        waits = wait is not None and any(call.name in DURABLE for call in calls)
        if len(calls) == 1 and not waits:
            try:
                return [await self.redis.execute_command(*calls[0].command)]
            except RedisError as error:
                return [error]
        pipeline = self.redis.pipeline(transaction=False)
        for call in calls:
            pipeline.execute_command(*call.command)
        if wait is None or not waits:
            return list(await pipeline.execute(raise_on_error=False))
        pipeline.execute_command(*wait)  # on the connection of the writes, as it must be
        *answers, confirmed = await pipeline.execute(raise_on_error=False)
        fault = self.durability.fault(confirmed)
        return [
            Unconfirmed(fault) if fault and call.name in DURABLE and not _failed(answer) else answer
            for call, answer in zip(calls, answers, strict=True)
        ]

    async def load(self) -> None:
        """Makes the scripts known to Redis."""
        pipeline = self.redis.pipeline(transaction=False)
        for script in scripts().values():
            pipeline.execute_command("SCRIPT", "LOAD", script.text)
        await pipeline.execute()


class Unconfirmed(Exception):
    """It was done, but not as durably as it must be."""


def _failed(answer: object) -> bool:
    return isinstance(answer, Exception)


def _settle(future: asyncio.Future[Any], answer: object) -> None:
    if future.done():  # its caller has given up waiting
        return
    if isinstance(answer, Exception):
        # The text of redis-py's errors can hold the command and its payload: only its head is kept.
        reason = f"{type(answer).__name__}: {str(answer)[:90]}"
        future.set_exception(QueueUnavailable(f"expected an answer from Redis, got {reason}"))
    else:
        future.set_result(answer)
