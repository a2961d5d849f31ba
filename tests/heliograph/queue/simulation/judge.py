"""The judge: runs one seed to its end, and says what was broken."""

import redis

from tests.heliograph.queue.simulation.clockwork import CLOCK, Clockwork
from tests.heliograph.queue.simulation.workers import QUARANTINE_AFTER, Workers
from tests.heliograph.queue.simulation.world import Plan, World

STEPS = 60_000
FAULTS_FOR = 60_000
"""Milliseconds; after them nothing fails any more, and everything must come to its end."""


def broken(clockwork: Clockwork, seed: int, plan: Plan) -> list[str]:
    """What *seed* broke; nothing, where all is well."""
    world = World(clockwork, seed, plan)
    workers = Workers(world)
    for number in range(plan.resources):
        world.start(world.tenant(f"u{number}"), after=world.chance.randint(0, 2_000))
    for _ in range(plan.workers):
        workers.start()
    began = world.now
    world.run(lambda: world.now > began + FAULTS_FOR, at_most=STEPS)
    world.calm = True
    ended = world.run(lambda: _is_quiet(clockwork.client, world), at_most=STEPS)
    world.close()
    faults = [] if ended else [f"work is left: {_left(clockwork.client)}"]
    return faults + _unobserved(world, workers) + _wrong_runs(clockwork.client, workers)


def _is_quiet(client: redis.Redis, world: World) -> bool:
    is_all_posted = all(
        world.accepted[f"u{n}"] == world.plan.updates for n in range(world.plan.resources)
    )
    return is_all_posted and not _left(client)


def _left(client: redis.Redis) -> list[str]:
    """Keys of work; what may stay is no work."""
    stays = (":snapshot:", ":wake", ":fence", ":counts", ":dead", ":recent", ":worker:", ":bucket:")
    keys = [key.decode() for key in client.scan_iter(count=1000)]
    return sorted(key for key in keys if key != CLOCK and not any(s in key for s in stays))


def _unobserved(world: World, workers: Workers) -> list[str]:
    faults = []
    for resource, version in world.truth.items():
        observed = workers.history.observed[resource]
        if not observed or observed[-1] != version:
            faults.append(f"{resource} is at {version}, observed were {observed}")
        if observed != sorted(set(observed)):
            faults.append(f"{resource} was told twice or backwards: {observed}")
    return faults


def _wrong_runs(client: redis.Redis, workers: Workers) -> list[str]:
    history = workers.history
    letters = {key.decode() for key in client.hkeys("heliograph:{p0}:dead")}  # type: ignore[union-attr]  # redis-py types a call as both
    faults = [f"a recorded effect was repeated: {run}" for run in history.repeated]
    for (resource, handler), ended in history.ended.items():
        told = [0, *history.observed[resource]][:-1]
        if ended != told:
            faults.append(f"{handler} should have ended runs of {resource} {told}, ended {ended}")
        runs = [f"{resource}:{before}:{handler}" for before in told]
        faults += [
            f"{run} ended without an effect"
            for run in runs
            if run not in letters and run not in history.recorded
        ]
    for job_id in history.quarantined:
        deaths = len(history.died[job_id])
        if deaths < QUARANTINE_AFTER or job_id not in history.died_alone:
            faults.append(f"{job_id} was quarantined after {deaths} deaths")
    return faults
