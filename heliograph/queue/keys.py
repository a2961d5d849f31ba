"""The names under which the queue lies in Redis. Nothing else spells a key of it.

Every key bears the hash tag of its partition, so that a script's keys share one slot. A job id is
the tag and the 128-bit digest of a lane: arq's keys for it follow from arq's own prefixes.
"""

from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Literal

from arq.constants import (
    in_progress_key_prefix,
    job_key_prefix,
    result_key_prefix,
    retry_key_prefix,
)

from heliograph.lanes import Lane

Kind = Literal["look", "run", "function"]

QUEUES: dict[str, Kind] = {
    "lifecycle": "look",
    "looks": "look",
    "runs": "run",
    "functions": "function",
}
"""What lies in which queue, in the order in which a worker asks them: lifecycle never waits."""


@dataclass(frozen=True)
class Keys:
    """The keys of one partition."""

    partition: int = 0

    @cached_property
    def tag(self) -> str:
        return f"{{p{self.partition}}}"

    def queue(self, name: str) -> str:
        """arq's sorted set of job ids by the time (ms) from which they may be claimed.

        Of a claimed one this is the end of its lease.
        """
        return f"arq:queue:{self.tag}:{name}"

    # -- of the partition ----------------------------------------------------------------------

    @cached_property
    def wake(self) -> str:
        """A short list that idle workers pop from, blocking."""
        return f"heliograph:{self.tag}:wake"

    @cached_property
    def fence(self) -> str:
        """The counter of claims: who comes later has the higher number."""
        return f"heliograph:{self.tag}:fence"

    @cached_property
    def counts(self) -> str:
        """A hash of counters: what was refused, matched nothing, or was dropped, by reason."""
        return f"heliograph:{self.tag}:counts"

    @cached_property
    def dead(self) -> str:
        """A hash of dead letters by their id."""
        return f"heliograph:{self.tag}:dead"

    @cached_property
    def recent(self) -> str:
        """A hash of notes on what became of changes and runs, bounded by `order`."""
        return f"heliograph:{self.tag}:recent"

    @cached_property
    def order(self) -> str:
        """A list: the fields of `recent`, oldest first."""
        return f"heliograph:{self.tag}:recent:order"

    @cached_property
    def ticks(self) -> str:
        """A hash: the period in which each schedule was queued last."""
        return f"heliograph:{self.tag}:ticks"

    @property
    def common(self) -> list[str]:
        """The keys that any end of work may write to."""
        return [self.wake, self.counts, self.dead, self.recent, self.order, self.queue("runs")]

    def worker(self, name: str) -> str:
        """Says that a worker lives; it runs out when its heartbeat stops."""
        return f"heliograph:{self.tag}:worker:{name}"

    def bucket(self, registration: str) -> str:
        """Until when the looks of one subscription are spoken for (ms)."""
        return f"heliograph:{self.tag}:bucket:{registration}"

    # -- of a job ------------------------------------------------------------------------------

    def look_job(self, lane: Lane, *, queue: str = "looks") -> str:
        """The lane of a resource; the same lane in another queue is another job."""
        if queue == "looks":
            return self.tag + lane.digest.hex()
        return self._job_id(f"{queue}\n\n{lane.name}")

    def run_job(self, lane: Lane, handler: str) -> str:
        """One lane for each handler and resource: a failing handler holds up only itself."""
        return self._job_id(f"{handler}\n{lane.name}")

    def _job_id(self, name: str) -> str:
        return self.tag + blake2b(name.encode(), digest_size=16).hexdigest()

    def job(self, job_id: str) -> str:
        return job_key_prefix + job_id

    def claim(self, job_id: str) -> str:
        """The token of whoever works on it. It stays until the work ends or is taken over."""
        return in_progress_key_prefix + job_id

    def crashes(self, job_id: str) -> str:
        """A counter: how often the work was taken over from a worker that never ended it."""
        return retry_key_prefix + job_id

    def result(self, job_id: str) -> str:
        """What a plain arq function returned, for arq's client."""
        return result_key_prefix + job_id

    def attempts(self, job_id: str) -> str:
        """A list: how the attempts of the work at the head of a lane failed."""
        return self._of("attempts", job_id)

    def news(self, job_id: str) -> str:
        """A hash: what waits in a lane, by the digest of what it says."""
        return self._of("news", job_id)

    def looking(self, job_id: str) -> str:
        """A hash: the news that a look is at. What comes meanwhile waits in `news`."""
        return self._of("looking", job_id)

    def snapshot(self, job_id: str) -> str:
        return self._of("snapshot", job_id)

    def runs(self, job_id: str) -> str:
        """A list of run records, in order; the first is the one at work."""
        return self._of("runs", job_id)

    def journal(self, job_id: str) -> str:
        """A hash: intents and results of the run at the head of a lane."""
        return self._of("journal", job_id)

    def _of(self, what: str, job_id: str) -> str:
        return f"heliograph:{self.tag}:{what}:{job_id.removeprefix(self.tag)}"


def partition_of(lane: Lane, partitions: int) -> int:
    """The partition that *lane*, its snapshot and its runs live in."""
    return int.from_bytes(lane.digest[:4]) % partitions
