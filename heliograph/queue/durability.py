"""Durability: what a 202 means, and which answer of Redis it therefore waits for.

Besides news it is the journals of runs that count: an effect whose record is lost happens again.
All else that a worker writes follows from news and would be found out anew, with the same ids.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from heliograph.settings import RedisSettings

DURABLE = frozenset({"store", "journal"})
"""The scripts whose writes are waited for."""

AT_ONCE = 8
"""Round trips on their way at once where each one waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Durability:
    """How writes are confirmed: *wait* follows them on their connection, None where nothing does.

    *needs* is what its answer must reach at least, *within* what a store may take altogether.
    """

    wait: tuple[str | int, ...] | None = None
    needs: int = 0
    within: timedelta = timedelta(seconds=1.2)

    def fault(self, answer: Any) -> str | None:  # noqa: ANN401 (what Redis answers)
        """Why *answer* to *wait* is not enough; None where it is."""
        reached = answer[0] if isinstance(answer, list) else answer
        if isinstance(reached, int) and reached >= self.needs:
            return None
        name = self.wait[0] if self.wait else ""
        return f"expected {name} to reach {self.needs}, got {str(reached)[:60]}"


STANDARD = Durability()


def durability_of(redis: RedisSettings) -> Durability:
    """The durability that is configured."""
    match redis.durability:
        case "strict":
            # Under `appendfsync always` this is true when the write has returned; where a managed
            # Redis offers only `everysec`, it waits for the disk, up to a second or so.
            return Durability(wait=("WAITAOF", 1, 0, 2_000), needs=1, within=timedelta(seconds=2.4))
        case "replicated":
            return Durability(wait=("WAIT", redis.replicas, 500), needs=redis.replicas)
        case _:
            return STANDARD
