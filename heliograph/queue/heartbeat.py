"""The heartbeat: renews leases from a thread of its own, so that no handler can stop it."""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from redis.exceptions import RedisError

from heliograph.queue.calls import Arg, scripts
from heliograph.queue.connection import Connector

if TYPE_CHECKING:
    from heliograph.queue.claims import Claim
    from heliograph.queue.partition import Partition

log = logging.getLogger(__name__)

BEATS_A_LEASE = 3
AGAIN_AFTER_SECONDS = 0.2
"""After a beat that failed: when Redis is back, leases are renewed before anybody takes them."""


class Heartbeat:
    """Says that a worker lives, and renews the leases of the claims at hand."""

    def __init__(
        self,
        connector: Connector,
        partitions: Sequence["Partition"],
        *,
        worker: str,
        lease: timedelta,
        claims: Callable[[], Iterable["Claim"]],
        lost: Callable[["Claim"], None],
    ) -> None:
        """*claims* and *lost* are called from the heartbeat's thread."""
        self._redis = connector.thread_client(answer_within=lease / 6)
        self._partitions = partitions
        self._worker = worker
        self._lease = lease
        self._pause = lease.total_seconds() / BEATS_A_LEASE
        self._claims = claims
        self._lost = lost
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread, and says that the worker is gone."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        with suppress(RedisError, OSError):  # else it runs out by itself
            for partition in self._partitions:
                self._redis.delete(partition.keys.worker(self._worker))
        self._redis.close()

    def _run(self) -> None:
        pause = 0.0
        while not self._stop.wait(pause):
            try:
                self._beat()
                pause = self._pause
            except (RedisError, OSError):
                if pause == self._pause:
                    log.warning("heartbeat.missed")
                pause = min(AGAIN_AFTER_SECONDS, self._pause)

    def _beat(self) -> None:
        by_partition: dict[int, list[Claim]] = defaultdict(list)
        for claim in self._claims():
            by_partition[claim.partition.keys.partition].append(claim)
        for partition in self._partitions:
            self._beat_in(partition, by_partition[partition.keys.partition])

    def _beat_in(self, partition: "Partition", claims: Sequence["Claim"]) -> None:
        keys, args = beat_call(partition, claims, worker=self._worker, lease=self._lease)
        script = scripts()["beat"].text
        lost = self._redis.execute_command("EVAL", script, len(keys), *keys, *args)
        for claim in claims:
            if claim.job_id.encode() in lost:
                self._lost(claim)


def beat_call(
    partition: "Partition", claims: Sequence["Claim"], *, worker: str, lease: timedelta
) -> tuple[list[str], list[Arg]]:
    """Keys and arguments of the script `beat` for the *claims* that *worker* has in *partition*."""
    keys = partition.keys
    milliseconds = int(lease.total_seconds() * 1000)
    names = [keys.worker(worker)]
    args: list[Arg] = [milliseconds, worker, milliseconds]
    for claim in claims:
        names += [keys.queue(claim.queue), keys.claim(claim.job_id)]
        args += [claim.token, claim.job_id]
    return names, args
