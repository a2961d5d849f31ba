"""When a key for rich notifications has done its work, and may go.

Pure. The newest key is the one to encrypt for; the others stay until nothing has named them for as
long as Graph may repeat a notification, and a while longer.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from heliograph.subscriptions import REPLACED_STAYS, moment

State = Literal["current", "rotating", "old"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What names a key: registrations, lanes that wait or are looked at, and dead letters.

    Runs hold what was decrypted already, so that none of them names a key.
    """

    subscriptions: int = 0
    lanes: int = 0
    dead_letters: int = 0

    def __bool__(self) -> bool:
        return bool(self.subscriptions or self.lanes or self.dead_letters)


UNUSED = Use()


def state(key_id: str, newest: str, use: Use) -> State:
    """`rotating` is a key from which subscriptions are being moved to the newest one."""
    if key_id == newest:
        return "current"
    return "rotating" if use.subscriptions else "old"


def idle(
    key_ids: Iterable[str], newest: str, uses: Mapping[str, Use], was: Mapping[str, int], now: int
) -> dict[str, int]:
    """Since when (ms since 1970) nothing has named each key but the *newest*.

    *was* is what this told last: a key that is named again begins anew.
    """
    return {
        key_id: was.get(key_id, now)
        for key_id in key_ids
        if key_id != newest and not uses.get(key_id, UNUSED)
    }


def due(idle_since: Mapping[str, int], *, now: datetime) -> Collection[str]:
    """The keys that may go: nothing has named them for 5 hours."""
    return {key_id for key_id, at in idle_since.items() if now - moment(at) > REPLACED_STAYS}
