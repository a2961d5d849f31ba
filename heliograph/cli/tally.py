"""What the logs of listener and worker say of each notification's way, added up. Pure.

The demo shows it and judges by it: nothing is asked of the processes but the lines they log anyway.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A change that must be told: of this kind, with this field among the changed ones."""

    kind: str
    what: str
    field: str | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.what}" + (f" ({self.field})" if self.field else "")


@dataclass(slots=True)
class Journey:
    """One change on its way. Times in ms since the notification was received."""

    change_id: str
    kind: str
    what: str = ""
    fields: tuple[str, ...] = ()
    observed_after: int | None = None
    handled_after: int | None = None
    handlers: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Tally:
    """Counts, and the journeys of all changes, from the events that it is fed."""

    notifications: int = 0
    refused: int = 0
    runs: int = 0
    failed_runs: int = 0
    journeys: dict[str, Journey] = field(default_factory=dict)
    _waiting: dict[str, int] = field(default_factory=dict)  # lane: notifications not looked at

    def feed(self, event: Mapping[str, Any]) -> None:
        """Takes one line of a log into account; other events pass."""
        match event.get("event_name"):
            case "notification.accepted":
                self._accepted(event)
            case "notification.refused":
                self.refused += 1
            case "change.observed":
                self._observed(event)
            case "look.finished":
                self._waiting.pop(event["lane"], None)
            case "run.finished":
                self._handled(event)
            case _:
                pass

    @property
    def changes(self) -> int:
        """What was observed; what Heliograph tells of itself does not count."""
        return sum(1 for one in self.journeys.values() if one.what)

    @property
    def unseen(self) -> list[str]:
        """Lanes that hold news which nobody has looked at."""
        return sorted(self._waiting)

    @property
    def latencies(self) -> list[int]:
        """From receipt to the start of the first handler, in ms, sorted."""
        return sorted(
            one.handled_after for one in self.journeys.values() if one.handled_after is not None
        )

    def missing(self, expected: Iterable[Expected]) -> list[Expected]:
        """What is *expected* and not told and handled yet; one journey answers one of them."""
        free = [one for one in self.journeys.values() if one.handlers]
        missing = []
        for wish in expected:
            found = next((one for one in free if _answers(one, wish)), None)
            if found is None:
                missing.append(wish)
            else:
                free.remove(found)
        return missing

    def _accepted(self, event: Mapping[str, Any]) -> None:
        for lane in event["lanes"]:
            self.notifications += 1
            self._waiting[lane] = self._waiting.get(lane, 0) + 1

    def _journey(self, event: Mapping[str, Any]) -> Journey:
        """Of a change; its run may have ended before the look that told it was logged."""
        change_id = event["change_id"]
        kind = event["lane"].split("/")[1]
        return self.journeys.setdefault(change_id, Journey(change_id=change_id, kind=kind))

    def _observed(self, event: Mapping[str, Any]) -> None:
        journey = self._journey(event)
        journey.what = event["what"]
        journey.fields = tuple(event.get("fields") or ())
        journey.observed_after = event.get("after_ms")

    def _handled(self, event: Mapping[str, Any]) -> None:
        self.runs += 1
        if event["outcome"] != "done":
            self.failed_runs += event["outcome"] == "dead"
            return
        journey = self._journey(event)
        journey.handlers.append(event["handler"])
        after = event.get("latency_ms")
        if after is not None and (journey.handled_after is None or after < journey.handled_after):
            journey.handled_after = after


def _answers(journey: Journey, wish: Expected) -> bool:
    return (journey.kind, journey.what) == (wish.kind, wish.what) and (
        wish.field is None or wish.field in journey.fields
    )
