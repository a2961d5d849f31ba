from datetime import UTC, datetime, timedelta

from heliograph.keeping.troubles import Trouble
from heliograph.planning.actions import Action, Create, Renew
from heliograph.planning.wishes import Desired
from listener.keeper_failures import PROBES, Failures

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def a_wish(user: str) -> Desired:
    return Desired(
        tenant_id="t",
        client_id="c",
        resource=f"users/{user}/events",
        kind="events",
        owner=user,
        change_types=("updated",),
        lifetime=timedelta(days=7),
    )


def creations(count: int) -> list[Create]:
    return [Create(desired=a_wish(f"u{n:03}"), reason="") for n in range(count)]


def a_renewal(user: str = "r") -> Renew:
    wish = a_wish(user)
    return Renew(
        desired=wish,
        registration=wish.register("r1", now=NOW),
        expires=NOW,
        until=NOW,
        reason="",
    )


def a_trouble(action: Action, event: str = "keeper.forbidden") -> Trouble:
    return Trouble(event=event, resource=action.resource, said="", check="")


def test_what_never_failed_is_admitted_in_its_order() -> None:
    actions = creations(30)
    assert Failures().admit(actions) == actions


def test_what_failed_waits_and_keeps_nothing_else() -> None:
    clock = Clock()
    failures, (first, second) = Failures(clock=clock), creations(2)
    failures.note(first, a_trouble(first))
    failures.wait(MINUTE)
    assert failures.admit([first, second]) == [second]
    clock.seconds = 60.0
    assert failures.admit([first, second]) == [second, first]


def test_of_many_that_fail_alike_a_few_are_probed_and_never_the_same_ones_first() -> None:
    clock = Clock()
    failures, actions = Failures(clock=clock), creations(3 * PROBES)
    for action in actions:
        failures.note(action, a_trouble(action))
    probed = []
    for _ in range(3):
        failures.wait(MINUTE)
        clock.seconds += 60.0
        chosen = failures.admit(actions)
        assert len(chosen) == PROBES
        probed += chosen
        for again in chosen:
            failures.note(again, a_trouble(again))
    assert {action.resource for action in probed} == {action.resource for action in actions}


def test_once_one_succeeds_all_that_failed_alike_are_tried_at_once() -> None:
    failures, actions = Failures(), creations(30)
    for action in actions:
        failures.note(action, a_trouble(action))
    other = a_renewal()
    failures.note(other, a_trouble(other, "keeper.throttled"))
    failures.wait(MINUTE)
    failures.note(actions[0], None)
    assert failures.admit([*actions, other]) == actions
    assert [trouble.event for trouble in failures.troubles] == ["keeper.throttled"]


def test_while_nothing_can_succeed_only_renewals_are_tried() -> None:
    clock = Clock()
    failures, actions = Failures(clock=clock), creations(3)
    failures.is_hopeless = True
    failures.wait(MINUTE)
    assert failures.admit([*actions, a_renewal()]) == [a_renewal()]
    clock.seconds = 61.0
    assert failures.admit(actions) == actions


def test_what_nobody_asks_for_any_more_is_no_trouble() -> None:
    failures, (first, second) = Failures(), creations(2)
    failures.note(first, a_trouble(first))
    failures.admit([second])
    assert failures.troubles == []
