from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from heliograph.encryption_keys import EncryptionKey
from heliograph.errors import GraphError, NotFound, Unavailable
from heliograph.graph.subscriptions import NewSubscription, PublicKey, Subscription
from heliograph.keeping.mirror import Mirror, Seen
from heliograph.subscriptions import Registration, milliseconds

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
LATER = NOW + timedelta(days=3)
URL = "https://example.org/graph/notifications"


def a_subscription(id_: str, *, expires: datetime = NOW) -> Subscription:
    return Subscription(
        id=id_,
        resource="users",
        change_type="updated",
        notification_url=URL,
        expiration_date_time=expires,
        client_state="secret",
    )


A_WISH = NewSubscription(
    resource="users",
    change_type="updated",
    notification_url=URL,
    expiration_date_time=NOW,
    client_state="secret",
)


class AGraph:
    """Has what it is given."""

    def __init__(self, *ids: str) -> None:
        self.held = {id_: a_subscription(id_) for id_ in ids}

    async def create(self, wish: NewSubscription, *, permission: str | None = None) -> Subscription:
        del wish, permission
        self.held["new"] = a_subscription("new")
        return self.held["new"]

    async def get(self, subscription: str) -> Subscription:
        if subscription not in self.held:
            raise NotFound("404", status=404)
        return self.held[subscription]

    async def list(self) -> AsyncIterator[Subscription]:
        for found in list(self.held.values()):
            yield found

    async def renew_many(
        self, ends: Mapping[str, datetime]
    ) -> dict[str, Subscription | GraphError]:
        outcomes: dict[str, Subscription | GraphError] = {
            "gone": NotFound("404", status=404),
            "stuck": Unavailable("503", status=503),
        }
        return {
            id_: outcomes.get(id_, a_subscription(id_, expires=until))
            for id_, until in ends.items()
        }

    async def rekey(self, subscription: str, key: PublicKey, *, until: datetime) -> Subscription:
        del key
        found = await self.get(subscription)
        self.held[subscription] = msgspec.structs.replace(found, expiration_date_time=until)
        return found  # what a PATCH answers is not yet what Graph has

    async def delete(self, subscription: str) -> None:
        self.held.pop(subscription, None)


def a_mirror(*ids: str) -> Mirror:
    mirror = Mirror(AGraph(*ids))
    mirror.begin()
    mirror.replace([Seen.of(a_subscription(id_)) for id_ in ids])
    return mirror


async def test_it_remembers_what_calls_tell() -> None:
    mirror = a_mirror("s1", "gone", "stuck")
    await mirror.create(A_WISH)
    await mirror.renew_many({"s1": LATER, "gone": LATER, "stuck": LATER})
    assert set(mirror.seen) == {"s1", "stuck", "new"}
    assert mirror.seen["s1"].expiration_date_time == LATER
    assert mirror.seen["stuck"].expiration_date_time == NOW
    await mirror.delete("s1")
    assert set(mirror.seen) == {"stuck", "new"}


async def test_what_graph_does_not_find_is_gone() -> None:
    mirror = a_mirror("s1", "s2")
    with pytest.raises(NotFound):
        await mirror.get("s3")
    await mirror._graph.delete("s1")  # behind its back
    with pytest.raises(NotFound):
        await mirror.get("s1")
    assert set(mirror.seen) == {"s2"}


async def test_a_list_does_not_undo_what_happened_while_it_was_read() -> None:
    mirror = a_mirror("s1", "s2")
    mirror.begin()
    listed = [Seen.of(found) async for found in mirror.list()]
    await mirror.delete("s1")
    await mirror.create(A_WISH)
    await mirror.renew_many({"s2": LATER})
    mirror.replace(listed)
    assert set(mirror.seen) == {"s2", "new"}
    assert mirror.seen["s2"].expiration_date_time == LATER


def test_until_a_list_says_more_the_records_are_believed() -> None:
    mirror = Mirror(AGraph())
    registration = Registration(
        id="r1",
        tenant_id="t",
        client_id="c",
        resource="users/u/events",
        kind="events",
        change_types=("updated",),
        select=("subject",),
        subscription_id="s1",
        expires_at=milliseconds(LATER),
    )
    mirror.assume([registration], notification_url=URL)
    assert mirror.seen["s1"] == Seen(
        id="s1",
        resource="users/u/events?$select=subject",
        change_type="updated",
        notification_url=URL,
        expiration_date_time=LATER,
        encryption_certificate_id=None,
    )


def test_it_holds_no_client_state() -> None:
    assert "secret" not in repr(Seen.of(a_subscription("s1")))


async def test_what_graph_has_after_a_new_certificate_is_asked_for() -> None:
    mirror, later = a_mirror("a"), NOW + timedelta(days=1)
    key = EncryptionKey(id="k", certificate="", created_at=0, private=None)  # type: ignore[arg-type]  # unread
    found = await mirror.rekey("a", key, until=later)
    assert found.expiration_date_time == mirror.seen["a"].expiration_date_time == later
