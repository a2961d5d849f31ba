from datetime import UTC, datetime, timedelta

import msgspec

from heliograph.subscriptions import Registration, milliseconds
from listener.keeper_schedule import AT_ONCE, DIRECTORY_EVERY, FIRST, MAILBOX_EVERY, Schedule

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


def registrations(count: int, owner: str | None = "u") -> list[Registration]:
    return [
        Registration(
            id=f"r{n:05}",
            tenant_id="t",
            client_id="c",
            resource="users",
            kind="users",
            owner=owner,
            subscription_id=f"s{n}",
            created_at=milliseconds(NOW),
        )
        for n in range(count)
    ]


def turns(records: list[Registration], span: timedelta) -> list[int]:
    """How many had their turn in each minute of *span*."""
    schedule = Schedule()
    minutes = int(span / timedelta(minutes=1))
    return [len(schedule.due(records, now=NOW + timedelta(minutes=n))) for n in range(minutes + 1)]


def test_everything_has_its_first_turn_soon_after_a_start_and_spread_out() -> None:
    found = turns(registrations(10_000), MAILBOX_EVERY * FIRST)
    assert sum(found) == 10_000
    assert max(found) < AT_ONCE / 4


def test_directories_come_round_well_within_the_life_of_their_links() -> None:
    found = turns(registrations(1, owner=None), timedelta(days=3))
    assert sum(found) >= timedelta(days=3) / DIRECTORY_EVERY
    assert timedelta(days=7) / DIRECTORY_EVERY > 20


def test_a_peak_is_bounded_and_nothing_of_it_is_lost() -> None:
    schedule, records = Schedule(), registrations(3 * AT_ONCE)
    schedule.due(records, now=NOW)
    later = NOW + MAILBOX_EVERY
    counts = [len(schedule.due(records, now=later)) for _ in range(4)]
    assert counts == [AT_ONCE, AT_ONCE, AT_ONCE, 0]


def test_what_was_replaced_or_never_made_has_no_turn() -> None:
    (one,) = registrations(1)
    records = [
        msgspec.structs.replace(one, replaced_at=1),
        msgspec.structs.replace(one, id="r2", subscription_id=None),
    ]
    assert sum(turns(records, timedelta(days=2))) == 0
