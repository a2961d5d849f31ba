"""The real scripts on a real Redis, under a clock that a test turns by hand.

One might write the scripts again in Python and simulate with that. But then a model is proven, and
whether it is the scripts' own is another question. Here nothing is modelled: the Lua text itself
runs in the server, with one expression replaced, the one that asks for the time. No script lets
work hang on a key that expires (claims do not), so that no other clock takes part.

Coroutines are driven by hand, one script call at a time, so that whoever drives them decides what
happens between any two calls: another process's call, a crash, a lost answer, an hour.
"""

from collections.abc import Coroutine, Generator, Sequence
from dataclasses import dataclass
from hashlib import sha1
from types import coroutine
from typing import Any

import redis

from heliograph.queue.calls import Arg, scripts

CLOCK = "simulation:clock"

_ASKS = b"redis.call('TIME')"
_TOLD = f"redis.call('HMGET', '{CLOCK}', 's', 'us')".encode()


@dataclass(frozen=True)
class Call:
    """A script that somebody wants to call."""

    name: str
    keys: Sequence[str]
    args: Sequence[Arg]


@dataclass(frozen=True)
class Sleep:
    """Somebody wants to wait so long (ms)."""

    milliseconds: int


Step = Call | Sleep


class HandDriven:
    """Stands for `Calls`: each call is handed to whoever drives the coroutine."""

    def __call__(self, name: str, keys: Sequence[str], args: Sequence[Arg]) -> Any:
        return _ask(Call(name, keys, args))


@coroutine
def _ask(step: Step) -> Generator[Step, Any, Any]:
    return (yield step)


async def sleep(milliseconds: int) -> None:
    await _ask(Sleep(milliseconds))


Coro = Coroutine[Step, Any, None]


class Clockwork:
    """Calls the scripts at the time that is set."""

    def __init__(self, client: redis.Redis) -> None:
        self.client = client
        self.now = 1_800_000_000_000
        self._digests: dict[str, str] = {}
        for name, script in scripts().items():
            text = script.text.replace(_ASKS, _TOLD)
            assert _ASKS not in text
            client.script_load(text)
            self._digests[name] = sha1(text, usedforsecurity=False).hexdigest()

    def reset(self) -> None:
        """An empty Redis at the beginning of time."""
        self.client.flushdb()
        self.now = 1_800_000_000_000

    def call(self, call: Call) -> Any:
        seconds, milliseconds = divmod(self.now, 1000)
        clock = {"s": seconds, "us": milliseconds * 1000}
        pipeline = self.client.pipeline(transaction=False)
        pipeline.hset(CLOCK, mapping=clock)
        pipeline.execute_command(
            "EVALSHA", self._digests[call.name], len(call.keys), *call.keys, *call.args
        )
        return pipeline.execute()[1]
