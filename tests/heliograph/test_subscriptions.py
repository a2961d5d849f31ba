from datetime import UTC, datetime

from heliograph.subscriptions import asked_resource, milliseconds, moment


def test_a_basic_subscription_asks_for_the_bare_path() -> None:
    assert asked_resource("users/u/events") == "users/u/events"


def test_what_is_selected_and_filtered_is_asked_for_in_the_resource() -> None:
    asked = asked_resource("users/u/events", ("subject", "changeKey"), "subject eq 'a&b'")
    assert asked == "users/u/events?$select=subject,changeKey&$filter=subject eq 'a%26b'"


def test_a_moment_survives_its_record() -> None:
    now = datetime(2026, 11, 24, 8, 0, 0, 123_000, tzinfo=UTC)
    assert moment(milliseconds(now)) == now
