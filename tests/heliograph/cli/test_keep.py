"""`plan` and `apply` against the simulator, with a real Redis and real handshakes."""

import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from heliograph.cli import keep, plans
from heliograph.cli.keep import KeeperRuns
from heliograph.cli.plans import PlanStale, Step
from heliograph.errors import HeliographError
from heliograph.lease import Lease
from heliograph.queue.connection import connect
from heliograph.settings import Settings
from heliograph.simulator.server import Options, Running, running
from tests.listener.test_keeper_on_simulator import a_receiver, settings


@dataclass
class Desk:
    """A simulator that reaches us, and the settings of a deployment."""

    simulator: Running
    settings: Settings

    async def plan(self) -> list[Step]:
        async with plans.opened(self.settings) as tenancies:
            return await plans.planned(tenancies)

    async def apply(self, file: Path | None = None) -> int:
        return await keep._apply(self.settings, file, is_sure=True)

    @property
    def watched(self) -> int:
        return len(self.simulator.world.registry.all())


@pytest.fixture
async def desk(redis_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with running(Options(users=2, allow_http=True)) as simulator, a_receiver() as port:
        found = settings(simulator, redis_url, port=port, folder=tmp_path)
        yield Desk(simulator, replace(found, subscriptions=found.subscriptions[:2]))


async def test_a_plan_changes_nothing_and_what_is_applied_agrees(desk: Desk) -> None:
    steps = await desk.plan()
    assert {step.verbs for step in steps} == {("create",)}
    assert desk.watched == 0
    assert await desk.apply() == 0
    assert desk.watched == len(steps)
    assert plans.changes(await desk.plan()) == []
    assert await desk.apply() == 0


async def test_after_a_rotation_the_plan_moves_rich_subscriptions(desk: Desk) -> None:
    desk.settings = replace(desk.settings, subscriptions=desk.settings.subscriptions[:1])
    await desk.apply()
    async with plans.opened(desk.settings) as tenancies:
        key = await tenancies.keys.add(made_by="test")
    steps = plans.changes(await desk.plan())
    assert {step.verbs for step in steps} == {("update",)}
    assert {step.action.reason for step in steps} == {"it shall encrypt for the newest key"}
    await desk.apply()
    held = desk.simulator.world.registry.all()
    assert {one.certificate.id for one in held if one.certificate} == {key.id}


async def test_a_saved_plan_is_carried_out_or_refused(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plans.data(await desk.plan())))
    desk.settings = replace(desk.settings, subscriptions=desk.settings.subscriptions[:1])
    with pytest.raises(PlanStale, match="stale"):
        await desk.apply(file)
    assert desk.watched == 0
    file.write_text(json.dumps(plans.data(await desk.plan())))
    assert await desk.apply(file) == 0
    assert desk.watched > 0
    with pytest.raises(PlanStale):
        await desk.apply(file)
    file.write_text("[]")
    with pytest.raises(PlanStale, match="expected a plan"):
        await desk.apply(file)


async def test_while_a_keeper_works_nothing_is_applied_by_hand(desk: Desk, redis_url: str) -> None:
    redis = connect(redis_url)
    await Lease(redis).acquire()
    with pytest.raises(KeeperRuns, match="--no-keeper"):
        await desk.apply()
    await redis.aclose()
    assert desk.watched == 0


async def test_without_a_terminal_the_question_must_be_answered_before(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(HeliographError, match="--yes"):
        await keep._apply(desk.settings, None, is_sure=False)
    assert desk.watched == 0


async def test_the_plan_as_data_names_each_change_and_why(desk: Desk) -> None:
    told = plans.data(await desk.plan())
    assert told["format_version"] == plans.FORMAT_VERSION
    assert {
        "address": "contoso/users",
        "change": {"actions": ["create"]},
        "kind": "create",
        "reason": "the configuration asks for it",
    } in told["resource_changes"]
