from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest

from heliograph.cli.subscriptions import TOKEN, NotReachable, check, line_of
from heliograph.subscriptions import Registration, milliseconds

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
URL = "https://example.org/graph/notifications"
TEXT = {"content-type": "text/plain; charset=utf-8"}


def a_registration(*, begun: timedelta, left: timedelta) -> Registration:
    return Registration(
        id="r1",
        tenant_id="t",
        client_id="c",
        resource="users",
        kind="users",
        subscription_id="s1",
        created_at=milliseconds(NOW - begun),
        expires_at=milliseconds(NOW + left),
    )


@pytest.mark.parametrize(
    ("begun", "left", "health", "span"),
    [
        (1, 27, "ok", "27d0h"),
        (14, 14, "ok", "14d0h"),
        (20, 8, "renewal overdue", "8d0h"),
        (30, -2, "expired", "0h0m"),
    ],
)
def test_each_is_told_with_its_health_and_the_time_left(
    begun: int, left: int, health: str, span: str
) -> None:
    registration = a_registration(begun=timedelta(days=begun), left=timedelta(days=left))
    line = line_of(registration, "contoso", NOW)
    assert (line.health, line.left) == (health, span)
    assert line.expires is not None
    assert line.expires.endswith("Z")


def test_one_that_was_asked_for_and_not_made_is_pending() -> None:
    registration = a_registration(begun=timedelta(0), left=timedelta(0))
    pending = msgspec.structs.replace(registration, subscription_id=None, expires_at=None)
    assert line_of(pending, "contoso", NOW).health == "pending"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (httpx.Response(202, text=TOKEN, headers=TEXT), "expected status 200, got 202"),
        (httpx.Response(401, text=TOKEN, headers=TEXT), "asks for credentials"),
        (httpx.Response(200, json=TOKEN), "expected text/plain, got application/json"),
        (httpx.Response(200, text=TOKEN.replace(" ", "+"), headers=TEXT), "the token as it was"),
    ],
    ids=["wrong status", "credentials", "JSON", "encoded"],
)
def test_what_graph_would_not_take_for_a_handshake_is_explained(
    answer: httpx.Response, said: str
) -> None:
    with pytest.raises(NotReachable, match=said.replace("+", r"\+")):
        check(URL, answer)


def test_a_good_handshake_passes() -> None:
    check(URL, httpx.Response(200, text=TOKEN, headers=TEXT))
