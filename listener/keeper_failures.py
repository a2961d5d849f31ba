"""What has failed, and when it is tried again: of many that fail alike only a few at a time.

Once one of them succeeds, whatever kept them is over, and all are tried at once.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from heliograph.keeping.troubles import Trouble
from heliograph.planning.actions import Action, Renew

PROBES = 8
"""So many of what has failed alike are tried in one round."""


class Failures:
    """The troubles of the last tries, by what was tried for which resource."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._troubles: dict[str, Trouble] = {}
        self._counts: Counter[str] = Counter()
        self._again_at = float("-inf")
        self.is_hopeless = False
        """Everything failed for one thing, so that nothing else is tried before its time."""

    def wait(self, length: timedelta) -> None:
        """What has failed is tried again after *length*."""
        self._again_at = self._clock() + length.total_seconds()

    @property
    def troubles(self) -> list[Trouble]:
        """What keeps each that failed last time."""
        return list(self._troubles.values())

    def admit(self, actions: Sequence[Action]) -> list[Action]:
        """Those of *actions* that may be tried now: in their order, what has failed least first."""
        self._forget(self._troubles.keys() - {_key(action) for action in actions})
        is_time = self._clock() >= self._again_at
        if self.is_hopeless:
            admitted = [action for action in actions if is_time or isinstance(action, Renew)]
        else:
            waiting = self._troubles.keys() - (self._probes() if is_time else set())
            admitted = [action for action in actions if _key(action) not in waiting]
        return sorted(admitted, key=lambda action: self._counts[_key(action)])

    def note(self, action: Action, trouble: Trouble | None) -> None:
        """Takes down how a try has ended."""
        key = _key(action)
        if trouble is not None:
            self._troubles[key] = trouble
            self._counts[key] += 1
        elif (over := self._troubles.get(key)) is not None:
            self._forget([k for k, other in self._troubles.items() if other.event == over.event])

    def _probes(self) -> set[str]:
        """Of each kind of trouble those that were tried least often."""
        by_event: dict[str, list[str]] = {}
        for key in sorted(self._troubles, key=self._counts.__getitem__):
            by_event.setdefault(self._troubles[key].event, []).append(key)
        return {key for alike in by_event.values() for key in alike[:PROBES]}

    def _forget(self, keys: Iterable[str]) -> None:
        for key in list(keys):
            del self._troubles[key]
            self._counts.pop(key, None)


def _key(action: Action) -> str:
    return f"{type(action).__name__} {action.resource}"
