from datetime import UTC, datetime

from heliograph.subscriptions import Registration, asked_resource, milliseconds, moment

A_REGISTRATION = Registration(
    id="r1", tenant_id="t1", client_id="c1", resource="users/u/events", kind="events", owner="u"
)
SELECTING = Registration(
    id="r1",
    tenant_id="t1",
    client_id="c1",
    resource="users/u/events",
    kind="events",
    select=("subject", "changeKey"),
)


def test_a_basic_subscription_asks_for_the_bare_path() -> None:
    assert asked_resource(A_REGISTRATION) == "users/u/events"


def test_select_is_asked_for_in_the_resource() -> None:
    assert asked_resource(SELECTING) == "users/u/events?$select=subject,changeKey"


def test_a_moment_survives_its_record() -> None:
    now = datetime(2026, 11, 24, 8, 0, 0, 123_000, tzinfo=UTC)
    assert moment(milliseconds(now)) == now
