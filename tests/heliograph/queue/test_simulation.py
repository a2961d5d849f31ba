"""FT-36: the scripts in a simulated world, seed by seed; nothing may ever be broken.

How the simulation works, and why the scripts are not modelled, stands in `simulation.clockwork`.
"""

from collections.abc import Iterator

import pytest
import redis

from heliograph.redis_server import RedisServer
from tests.heliograph.queue.simulation.clockwork import Clockwork
from tests.heliograph.queue.simulation.judge import broken
from tests.heliograph.queue.simulation.world import Plan

PLANS = {
    "calm": Plan(refused=0, unanswered=0, slow=0, kills=0, freezes=0, stops=0),
    "lossy": Plan(refused=0.05, unanswered=0.1, pieces=0.7),
    "slow": Plan(slow=0.3, pieces=0.7),
    "deadly": Plan(kills=2, kill=0.03, stops=2, stop=0.02, freezes=2, freeze=0.02),
    "poisoned": Plan(poison=True, kills=1, freezes=0, resources=2, updates=3),
}

SEEDS = 40
"""Of each plan, in the quick tests."""

FOUND = (("lossy", 58), ("poisoned", 0), ("slow", 2874), ("poisoned", 1309))
"""Seeds that broke something once, in the scripts or in what was simulated about them."""


@pytest.fixture(scope="module")
def clockwork() -> Iterator[Clockwork]:
    """On a Redis of its own: the session's loses its scripts now and then."""
    with RedisServer() as server, redis.Redis.from_url(server.url.reveal()) as client:
        yield Clockwork(client)


@pytest.mark.parametrize("plan", PLANS)
def test_nothing_is_broken(clockwork: Clockwork, plan: str) -> None:
    for seed in range(SEEDS):
        assert not broken(clockwork, seed, PLANS[plan]), f"seed {seed} of {plan}"


@pytest.mark.parametrize(("plan", "seed"), FOUND)
def test_what_was_once_broken_is_whole(clockwork: Clockwork, plan: str, seed: int) -> None:
    assert not broken(clockwork, seed, PLANS[plan])


@pytest.mark.chaos
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("plan", PLANS)
def test_ft36_nothing_is_broken_in_ten_thousand_seeds(clockwork: Clockwork, plan: str) -> None:
    for seed in range(1_000, 3_000):
        assert not broken(clockwork, seed, PLANS[plan]), f"seed {seed} of {plan}"
