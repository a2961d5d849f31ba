"""Durable steps: a recorded effect never happens again."""

import msgspec
import pytest

from heliograph.workflow import Journal, Steps


class Ticket(msgspec.Struct, frozen=True):
    """What a step of the tests returns."""

    number: int


class Memory:
    """A journal's place that survives attempts; *fail_on* loses one write."""

    def __init__(self) -> None:
        self.entries: dict[str, bytes] = {}
        self.fail_on: int | None = None
        self.writes = 0

    async def write(self, key: str, entry: bytes) -> None:
        self.writes += 1
        if self.writes == self.fail_on:
            raise ConnectionError
        self.entries[key] = entry

    def attempt(self) -> Steps:
        ticks = iter(range(100))
        journal = Journal("run", self.entries, write=self.write, clock=lambda: next(ticks))
        return Steps(journal)


async def test_finished_step_is_not_repeated_by_the_next_attempt() -> None:
    memory, calls = Memory(), 0

    async def issue() -> Ticket:
        nonlocal calls
        calls += 1
        return Ticket(number=7)

    assert await memory.attempt().step("issue", issue) == Ticket(number=7)
    assert await memory.attempt().step("issue", issue) == Ticket(number=7)
    assert calls == 1


async def test_step_whose_record_was_lost_happens_again() -> None:
    """Between effect and record it is at least once: that is what is promised."""
    memory, calls = Memory(), 0

    async def issue() -> None:
        nonlocal calls
        calls += 1

    memory.fail_on = 2  # the record after the effect
    with pytest.raises(ConnectionError):
        await memory.attempt().step("issue", issue)
    await memory.attempt().step("issue", issue)
    assert calls == 2


async def test_intent_stands_in_the_journal_before_the_effect() -> None:
    memory = Memory()
    seen: list[int] = []

    async def look_at_journal() -> None:
        seen.append(len(memory.entries))

    await memory.attempt().step("look", look_at_journal)
    assert seen == [1]


async def test_failed_step_is_tried_again() -> None:
    memory, calls = Memory(), 0

    async def flaky() -> str:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise RuntimeError
        return "done"

    with pytest.raises(RuntimeError):
        await memory.attempt().step("flaky", flaky)
    assert await memory.attempt().step("flaky", flaky) == "done"


async def test_one_name_for_two_steps_is_refused() -> None:
    async def nothing() -> None: ...

    steps = Memory().attempt()
    await steps.step("same", nothing)
    with pytest.raises(ValueError, match="'same' twice"):
        await steps.step("same", nothing)


async def test_once_brings_the_recorded_result_for_the_same_key() -> None:
    memory, calls = Memory(), 0

    async def count() -> int:
        nonlocal calls
        calls += 1
        return calls

    steps = memory.attempt()
    assert [await steps.once("k", count), await steps.once("k", count)] == [1, 1]


def test_idempotency_key_differs_by_run_and_stays_across_attempts() -> None:
    def key(run_id: str) -> str:
        return Journal(run_id, {}, write=Memory().write, clock=lambda: 0).idempotency_key("mail")

    assert key("a") == key("a") != key("b")
