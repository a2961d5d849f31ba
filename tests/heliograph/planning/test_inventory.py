from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from heliograph.planning.inventory import join
from heliograph.subscriptions import Registration, asked_resource, milliseconds

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class AnApp:
    tenant_id: str = "t1"
    client_id: str = "c1"


@dataclass(frozen=True, kw_only=True)
class ASubscription:
    id: str = "s1"
    resource: str = "users"
    change_type: str = "Updated,Deleted"
    notification_url: str | None = None
    expiration_date_time: datetime = NOW + timedelta(days=2)
    encryption_certificate_id: str | None = None


def a_registration(**fields: object) -> Registration:
    given = {"id": "r1", "resource": "users", "kind": "users", "subscription_id": "s1", **fields}
    return msgspec.convert({"tenant_id": "t1", "client_id": "c1", **given}, Registration)


def test_what_neither_is_recorded_nor_proves_itself_is_not_ours() -> None:
    assert join([], [ASubscription(id="foreign")], {}, now=NOW, app=AnApp()) == []


def test_a_recorded_subscription_takes_its_expiry_from_graph() -> None:
    subscription = ASubscription()
    (actual,) = join([a_registration()], [subscription], {}, now=NOW, app=AnApp())
    assert actual.subscription is subscription
    assert actual.registration.expires_at == milliseconds(subscription.expiration_date_time)
    assert actual.registration.replaced_at is None


def test_a_lost_record_comes_back_from_what_proved_itself() -> None:
    subscription = ASubscription(
        resource="users/u/messages?$select=subject,changeKey", encryption_certificate_id="k1"
    )
    (actual,) = join([], [subscription], {"s1": "r9"}, now=NOW, app=AnApp())
    record = actual.registration
    assert (record.id, record.subscription_id, record.key_id) == ("r9", "s1", "k1")
    assert (record.kind, record.owner, record.rich) == ("messages", "u", True)
    assert record.change_types == ("deleted", "updated")
    asked = asked_resource(record.resource, record.select, record.filter)
    assert asked == subscription.resource


def test_a_subscription_made_just_before_a_crash_belongs_to_its_pending_record() -> None:
    pending = a_registration(subscription_id=None)
    (actual,) = join([pending], [ASubscription()], {"s1": "r1"}, now=NOW, app=AnApp())
    assert actual.registration.subscription_id == "s1"
    assert actual.registration.replaced_at is None


def test_a_second_subscription_of_one_record_counts_as_replaced() -> None:
    """A POST whose answer was lost may have made one before the POST that was answered."""
    listed = [ASubscription(id="s0"), ASubscription(id="s1")]
    actual = join([a_registration()], listed, {"s0": "r1"}, now=NOW, app=AnApp())
    replaced = {a.registration.subscription_id: a.registration.replaced_at for a in actual}
    assert replaced == {"s0": milliseconds(NOW), "s1": None}


def test_a_record_that_graph_does_not_list_stays_without_a_subscription() -> None:
    (actual,) = join([a_registration()], [], {}, now=NOW, app=AnApp())
    assert actual.subscription is None
