"""The names under which the queue lies in Redis. Nothing else spells a key of it.

Every key bears the hash tag of its partition, so that a script's keys share one slot. A job id is
the tag and the 128-bit digest of a lane: arq's keys for it follow from arq's own prefixes.
"""

from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

from arq.constants import in_progress_key_prefix, job_key_prefix, retry_key_prefix

from heliograph.lanes import Lane

QUEUES = ("lifecycle", "looks", "runs")
"""In the order in which a worker asks them: lifecycle never waits behind a flood."""


@dataclass(frozen=True)
class Keys:
    """The keys of one partition."""

    partition: int = 0

    @cached_property
    def tag(self) -> str:
        return f"{{p{self.partition}}}"

    def queue(self, name: str) -> str:
        """arq's sorted set of job ids by the time (ms) from which they may be claimed."""
        return f"arq:queue:{self.tag}:{name}"

    @cached_property
    def wake(self) -> str:
        """A short list that idle workers pop from, blocking."""
        return f"heliograph:{self.tag}:wake"

    @cached_property
    def fence(self) -> str:
        """The counter that fencing tokens come from."""
        return f"heliograph:{self.tag}:fence"

    @cached_property
    def counts(self) -> str:
        """A hash of counters: what was refused, matched nothing, or was dropped, by reason."""
        return f"heliograph:{self.tag}:counts"

    @cached_property
    def dead(self) -> str:
        """A hash of dead letters by their id."""
        return f"heliograph:{self.tag}:dead"

    def look_job(self, lane: Lane) -> str:
        return self.tag + lane.digest.hex()

    def run_job(self, lane: Lane, handler: str) -> str:
        """One lane for each handler and resource: a failing handler holds up only itself."""
        digest = blake2b(f"{handler}\n{lane.name}".encode(), digest_size=16)
        return self.tag + digest.hexdigest()

    def job(self, job_id: str) -> str:
        return job_key_prefix + job_id

    def claim(self, job_id: str) -> str:
        return in_progress_key_prefix + job_id

    def starts(self, job_id: str) -> str:
        return retry_key_prefix + job_id

    def news(self, job_id: str) -> str:
        """A hash: what waits in a lane, by the digest of what it says."""
        return f"heliograph:{self.tag}:news:{job_id.removeprefix(self.tag)}"

    def snapshot(self, job_id: str) -> str:
        return f"heliograph:{self.tag}:snapshot:{job_id.removeprefix(self.tag)}"

    def runs(self, job_id: str) -> str:
        """A list of run records, in order; the first is the one at work."""
        return f"heliograph:{self.tag}:runs:{job_id.removeprefix(self.tag)}"

    def attempts(self, job_id: str) -> str:
        """A list: how the attempts of the work at the head of a lane failed."""
        return f"heliograph:{self.tag}:attempts:{job_id.removeprefix(self.tag)}"

    def journal(self, run_id: str) -> str:
        return f"heliograph:{self.tag}:journal:{run_id}"


def partition_of(lane: Lane, partitions: int) -> int:
    """The partition that *lane*, its snapshot and its runs live in."""
    return int.from_bytes(lane.digest[:4]) % partitions
