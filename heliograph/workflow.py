"""Durable steps: what a run did, written down before and after, so that it is not done again.

Pure but for the writer that it is given. Between an effect and its record it may happen twice; an
effect that is recorded never does.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from hashlib import blake2b
from typing import Any, get_type_hints

import msgspec

Write = Callable[[str, bytes], Awaitable[None]]
"""Stores one entry of a journal under its key, durably, while the lease holds."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a journal: *what* was meant to be done, and once *done*, with which *result*.

    *at* is milliseconds since 1970; *effect* tells a write to Graph from a step of the author's.
    """

    what: str
    at: int
    effect: bool = False
    done: bool = False
    result: bytes = b""


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Entry)


class Journal:
    """The journal of one run."""

    def __init__(
        self, root: str, entries: Mapping[str, bytes], *, write: Write, clock: Callable[[], int]
    ) -> None:
        """*entries* are those that earlier attempts left; *clock* gives milliseconds since 1970.

        *root* is the run's id, of a replay that of the first run: idempotency keys come from it.
        """
        self.root = root
        self._entries = {key: _decoder.decode(entry) for key, entry in entries.items()}
        self._write = write
        self._clock = clock
        self._occurrences: dict[str, int] = {}

    @property
    def effects(self) -> list[Entry]:
        """What was done to the world outside, in order."""
        done = [entry for entry in self._entries.values() if entry.effect and entry.done]
        return sorted(done, key=lambda entry: entry.at)

    def dump(self) -> dict[str, bytes]:
        """All entries by key, as another journal takes them."""
        return {key: _encode(entry) for key, entry in self._entries.items()}

    def idempotency_key(self, key: str) -> str:
        """A key for the target of an effect: the same in every attempt and replay of this run."""
        return blake2b(f"{self.root}\n{key}".encode(), digest_size=16).hexdigest()

    def occurrence(self, key: str) -> str:
        """*key* for its first use in this attempt, `key#2` for the second, and so on."""
        count = self._occurrences[key] = self._occurrences.get(key, 0) + 1
        return key if count == 1 else f"{key}#{count}"

    async def perform(
        self, key: str, what: str, act: Callable[[], Awaitable[bytes]], *, effect: bool = False
    ) -> bytes:
        """The recorded result of *key*, or that of *act*, with the intent written down before."""
        known = self._entries.get(key)
        if known is not None and known.done:
            return known.result
        intent = Entry(what=what, at=self._clock(), effect=effect)
        await self._record(key, intent)
        result = await act()
        await self._record(key, msgspec.structs.replace(intent, done=True, result=result))
        return result

    async def _record(self, key: str, entry: Entry) -> None:
        await self._write(key, _encode(entry))
        self._entries[key] = entry


class Steps:
    """Runs named steps once each, across the attempts of a run."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._names: set[str] = set()

    async def step(
        self, name: str, function: Callable[..., Awaitable[Any]], *args: object, **kwargs: object
    ) -> Any:  # noqa: ANN401 (what the author's function returns)
        """What *function* returns; after a crash the recorded result, without calling it again.

        The name is the identity of a step: a run uses each once. The result must be JSON-like, or
        of a type that msgspec can rebuild from the function's return annotation.
        """
        if name in self._names:
            raise ValueError(
                f"expected each step of a run to have its own name, got {name!r} twice"
            )
        self._names.add(name)
        return await self.once(name, function, *args, **kwargs)

    async def once(
        self, key: str, function: Callable[..., Awaitable[Any]], *args: object, **kwargs: object
    ) -> Any:  # noqa: ANN401 (what the author's function returns)
        """As `step`, for keys made of data: the same key again brings the recorded result."""

        async def act() -> bytes:
            return _encode(await function(*args, **kwargs))

        result = await self._journal.perform(f"step {key}", key, act)
        return msgspec.msgpack.decode(result, type=_return_type(function))


def _return_type(function: Callable[..., object]) -> Any:  # noqa: ANN401 (a type, or Any)
    target = function if inspect.isroutine(function) else type(function).__call__
    try:
        hint = get_type_hints(target).get("return", Any)
    except (NameError, TypeError):
        return Any
    return Any if isinstance(hint, str) else hint
