"""`heliograph dead-letters`, `runs` and `why`, as a user types them."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from heliograph.changes import Change
from heliograph.cli.main import main
from heliograph.cli.times import TimeInvalid, moment
from heliograph.lanes import Lane
from heliograph.notifications import News
from heliograph.queue.calls import Calls
from heliograph.queue.connection import connect
from heliograph.queue.ends import End, LookEnd
from heliograph.queue.fanout import note_on, run_id
from heliograph.queue.intake import Arrival, Intake
from heliograph.queue.partition import Partition
from heliograph.queue.records import Attempt, DeadLetter, RunRecord, note_of_change
from heliograph.sealing import Sealer
from tests.partitions import Take

ROOT = b"r" * 32
LANE = Lane(tenant="t", kind="users", id="u1")
CONFIG = """
[secrets]
root = { file = "root" }
[redis]
url = { file = "redis" }
"""


class Site:
    """A configuration, and the queue that it names."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        (folder / "root").write_text(base64.b64encode(ROOT).decode(), "ascii")
        (folder / "redis").write_text(redis_url, "ascii")
        self.config = folder / "heliograph.toml"
        self.config.write_text(CONFIG, "utf-8")
        self._url = redis_url

    def run(self, *words: str) -> int:
        return main([*words, "--config", str(self.config)])

    def on_queue(self, act: Callable[[Partition, Take], Awaitable[Any]]) -> Any:
        async def go() -> Any:
            redis = connect(self._url)
            partition = Partition(Calls(redis), Sealer([ROOT]))
            try:
                return await act(partition, Take(partition))
            finally:
                await redis.aclose()

        return asyncio.run(go())


@pytest.fixture
def site(tmp_path: Path, redis_url: str) -> Site:
    made = Site(tmp_path, redis_url)
    made.on_queue(three_dead_runs)
    return made


async def three_dead_runs(partition: Partition, take: Take) -> None:
    news = News(registration="r", subscription_id="s", received_at=1)
    await Intake([partition]).store([Arrival(lane=LANE, news=news)])
    (look,) = await take()
    changes = [
        Change(change_id=f"c{n}", tenant="t", kind="users", id="u1", what="updated", observed_at=n)
        for n in range(3)
    ]
    runs = [
        RunRecord(
            run_id=run_id(change.change_id, "test.h"),
            handler="test.h",
            change=change,
            queued_at=1,
            order=n,
        )
        for n, change in enumerate(changes)
    ]
    notes = {note_of_change(change.change_id): note_on(change, []) for change in changes}
    await partition.end_look(look, LookEnd(runs=runs, notes=notes))
    while claims := await take():
        (claim,) = claims
        run = partition.open_run(claim)
        letter = DeadLetter(
            queue="runs",
            job_id=claim.job_id,
            record=claim.record,
            reason=f"GraphError: {run.change.change_id} is wrong",
            died_at=1_764_000_000_000 + run.order,
            lane=LANE.name,
            attempts=(Attempt(at=1, error="Throttled: busy", number=1),),
            run=run,
        )
        await partition.end_run(claim, End(dead=letter))


def test_list_shows_letters_in_the_order_of_their_lane(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    assert site.run("dead-letters", "list", "--json") == 0
    letters = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [letter["change_id"] for letter in letters] == ["c0", "c1", "c2"]
    assert letters[0]["died_at"] == "2025-11-24T16:00:00Z"
    assert letters[0]["handler"] == "test.h"


def test_filters_narrow_it_down(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.run("dead-letters", "list", "--json", "--error", "C1 IS")
    assert len(capsys.readouterr().out.splitlines()) == 1
    site.run("dead-letters", "list", "--json", "--handler", "other")
    assert capsys.readouterr().out == ""
    site.run("dead-letters", "list", "--json", "--since", "2025-11-25T00:00:00Z")
    assert capsys.readouterr().out == ""
    assert site.run("dead-letters", "list", "--since", "yesterday") == 1
    assert "expected a time like" in capsys.readouterr().err


def test_show_opens_everything(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    name = run_id("c0", "test.h")
    assert site.run("dead-letters", "show", name) == 0
    whole = json.loads(capsys.readouterr().out)
    assert whole["change"]["change_id"] == "c0"
    assert [attempt["error"] for attempt in whole["attempts"]] == ["Throttled: busy"]
    assert whole["idempotency_root"] == name
    assert site.run("dead-letters", "show", "nothing") == 1
    assert capsys.readouterr().err == "expected dead letters, found no nothing\n"


def test_dry_run_changes_nothing(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert site.run("dead-letters", "replay", "--handler", "test.h", "--dry-run") == 0
    assert capsys.readouterr().out.count("would replay") == 3
    site.run("dead-letters", "list", "--json")
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_many_at_once_want_a_yes(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert site.run("dead-letters", "drop") == 1
    assert "expected --yes to drop 3 letters" in capsys.readouterr().err
    assert site.run("dead-letters", "drop", "--yes", "--rate", "1000") == 0
    assert "drop: 3 of 3 letters" in capsys.readouterr().err


def test_replay_puts_them_back_in_order(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert site.run("dead-letters", "replay", "--yes", "--rate", "1000") == 0
    assert capsys.readouterr().out.count(": replayed") == 3

    async def drain(partition: Partition, take: Take) -> list[str]:
        ran = []
        while claims := await take():
            run = partition.open_run(claims[0])
            ran.append(run.change.change_id)
            await partition.end_run(claims[0], End())
        return ran

    assert site.on_queue(drain) == ["c0", "c1", "c2"]


def test_retry_of_one(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    name = run_id("c1", "test.h")
    assert site.run("dead-letters", "retry", name) == 0
    assert capsys.readouterr().out == f"{name}: retried\n"
    assert site.run("dead-letters", "retry", name) == 1


def test_why_and_retry_now(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert site.run("why", "c0", "other.handler") == 0
    assert capsys.readouterr().out.startswith("skipped: the handler asks for changes of another")
    assert site.run("why", "c9", "test.h", "--json") == 0
    assert json.loads(capsys.readouterr().out)["state"] == "unknown"
    assert site.run("runs", "retry", "c9", "test.h") == 0
    assert capsys.readouterr().out.startswith("nothing is remembered of this change")


def test_redis_that_is_away_is_one_line(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "redis").write_text("redis://127.0.0.1:1/0", "ascii")
    assert site.run("dead-letters", "list") == 1
    assert capsys.readouterr().err == "expected an answer from Redis, got ConnectionError\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24T12:00:00Z", 1_795_521_600_000),
        ("1h", 1_795_518_000_000),
        ("1h30m", 1_795_516_200_000),
        ("7d", 1_794_916_800_000),
    ],
)
def test_times_are_moments_or_how_long_ago(text: str, expected: int) -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert moment(text, now=now) == expected


def test_other_times_are_refused_in_one_line() -> None:
    with pytest.raises(TimeInvalid, match="expected a time like"):
        moment("soon", now=datetime(2026, 11, 24, tzinfo=UTC))
