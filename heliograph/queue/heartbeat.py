"""The heartbeat: renews leases from a thread of its own, so that no handler can stop it."""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from heliograph.queue.calls import Arg, scripts

if TYPE_CHECKING:
    from heliograph.queue.keys import Keys
    from heliograph.queue.partition import Claim

log = logging.getLogger(__name__)


class Heartbeat:
    """Renews the leases of the claims at hand, three times a lease."""

    def __init__(
        self,
        url: str,
        *,
        lease: timedelta,
        claims: Callable[[], Iterable["Claim"]],
        lost: Callable[[str], None],
    ) -> None:
        """*claims* and *lost* (called with a job id) are called from the heartbeat's thread."""
        timeout = lease.total_seconds() / 6
        self._redis = Redis.from_url(
            url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=Retry(NoBackoff(), 0)
        )
        self._lease = lease
        self._claims = claims
        self._lost = lost
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._redis.close()

    def _run(self) -> None:
        while not self._stop.wait(self._lease.total_seconds() / 3):
            try:
                self._beat()
            except (RedisError, OSError):
                # The next beat tries again; a lease that runs out meanwhile is told then.
                log.warning("heartbeat.missed")

    def _beat(self) -> None:
        by_partition: dict[Keys, list[Claim]] = defaultdict(list)
        for claim in self._claims():
            by_partition[claim.partition.keys].append(claim)
        for keys, claims in by_partition.items():
            args: list[Arg] = [int(self._lease.total_seconds() * 1000)]
            names: list[str] = []
            for claim in claims:
                names += [keys.queue(claim.queue), keys.claim(claim.job_id)]
                args += [claim.token, claim.job_id]
            script = scripts()["beat"].text
            lost = self._redis.execute_command("EVAL", script, len(names), *names, *args)
            for job_id in lost:
                self._lost(job_id.decode())
