from typing import Any

import msgspec
import pytest

from heliograph.lanes import Lane
from heliograph.notifications import EncryptedContent, Notification
from heliograph.subscriptions import Registration
from heliograph.validation import CONSUMERS, Decision, check, refuse, tenant, with_proof

USER = "622eaaff-0683-4862-9de4-f2ec83c2bd98"
TENANT = "84bd8158-6d4d-4958-8b9f-9d6445542f95"
OTHER = "0cea0ab7-2234-4f57-bc80-4d3e66df4791"
MAIL = "AAMkAGUwNjQ4ZjIxAAA="
REGISTRATION = Registration(
    id="r1",
    tenant_id=TENANT,
    client_id="c1",
    resource=f"users/{USER}/messages",
    kind="messages",
    owner=USER,
)
CONTENT = EncryptedContent(
    data="ZGF0YQ==", data_key="a2V5", data_signature="c2ln", encryption_certificate_id="k1"
)


def a_notification(**fields: Any) -> Notification:
    wire = {
        "subscriptionId": "c6126aa3-0ed8-412f-a988-71e6cee627c4",
        "tenantId": TENANT,
        "changeType": "created",
        "clientState": "canary-7f3a",
        "resource": f"Users/{USER}/Messages/{MAIL}",
        "resourceData": {"@odata.etag": 'W/"1"', "id": MAIL, "sequenceNumber": 638059995676961300},
    }
    present = {name: value for name, value in (wire | fields).items() if value is not ...}
    return msgspec.convert(present, Notification)


def checked(
    notification: Notification, registration: Registration | None = REGISTRATION
) -> Decision:
    return check(
        notification, proven="r1", registration=registration, received_at=1_700_000_000_000
    )


def test_genuine_notification_is_news_for_the_lane_of_its_resource() -> None:
    decision = checked(a_notification(id="n1"))
    assert decision.refused is None
    assert not decision.urgent
    assert decision.lane == Lane(tenant=TENANT, kind="messages", id=MAIL, owner=USER)
    assert decision.news.registration == "r1"
    assert decision.news.received_at == 1_700_000_000_000
    assert decision.news.etag == 'W/"1"'
    assert decision.news.notification_id == "n1"


def test_s02_news_hold_no_client_state() -> None:
    assert "canary-7f3a" not in repr(checked(a_notification()))


def test_unproven_client_state_is_refused() -> None:
    decision = check(a_notification(), proven=None, registration=None, received_at=1)
    assert decision.refused == "client_state"


def test_registration_that_nobody_knows_is_refused() -> None:
    assert checked(a_notification(), None).refused == "unknown_subscription"


def test_subscription_id_need_not_be_known_yet() -> None:
    """The notification has overtaken the answer to its subscription."""
    registration = msgspec.structs.replace(REGISTRATION, subscription_id="another")
    assert checked(a_notification(), registration).refused is None


@pytest.mark.parametrize("theirs", [OTHER, "", None, "84bd8158"])
def test_s24_another_tenant_is_refused(theirs: str | None) -> None:
    assert checked(a_notification(tenantId=theirs)).refused == "tenant"


def test_tenant_is_compared_without_case() -> None:
    decision = checked(a_notification(tenantId=TENANT.upper()))
    assert decision.refused is None
    assert decision.lane.tenant == TENANT


@pytest.mark.parametrize("theirs", ["", None, CONSUMERS])
@pytest.mark.parametrize("ours", ["", CONSUMERS.upper()])
def test_personal_accounts_have_no_tenant(ours: str, theirs: str | None) -> None:
    registration = msgspec.structs.replace(REGISTRATION, tenant_id=ours)
    decision = checked(a_notification(tenantId=theirs), registration)
    assert (decision.refused, decision.lane.tenant) == (None, "")


@pytest.mark.parametrize(
    "resource",
    [f"Users/{OTHER}/Messages/{MAIL}", f"Users/{USER}/Events/{MAIL}", "users/x/../y", "", None],
)
def test_resource_that_the_subscription_is_not_for_is_refused(resource: str | None) -> None:
    assert checked(a_notification(resource=resource)).refused == "resource"


def test_id_comes_from_the_data_where_the_resource_is_a_collection() -> None:
    registration = msgspec.structs.replace(
        REGISTRATION, resource="me/todo/lists/l/tasks", kind="tasks", owner=None
    )
    resource = "todob2/graph/v1/users('a@b.c')/todoApp/lists('l')/tasks"
    decision = checked(a_notification(resource=resource), registration)
    assert decision.lane == Lane(tenant=TENANT, kind="tasks", id=MAIL, owner="a@b.c")
    for data in (None, {"id": "../x"}, {"id": "a/b"}, {}):
        assert checked(
            a_notification(resource=resource, resourceData=data), registration
        ).refused == ("resource")


def test_one_resource_has_one_lane_however_it_is_written() -> None:
    forms = [
        f"users/{USER}@{TENANT}/messages/{MAIL}",
        f"Users('{USER.upper()}')/messages('{MAIL}')",
        f"/users/{USER}/mailFolders/inbox/messages/{MAIL}",
        f"users/adele@contoso.com/messages/{MAIL}",
        f"me/messages/{MAIL}",
    ]
    lanes = {checked(a_notification(resource=form)).lane.name for form in forms}
    assert len(lanes) == 1


def test_ids_of_mailbox_items_keep_their_case() -> None:
    lower = checked(a_notification(resource=f"users/{USER}/messages/aamk")).lane
    assert lower.id == "aamk"


@pytest.mark.parametrize("word", ["reauthorizationRequired", "missed", "somethingNew"])
def test_lifecycle_item_is_urgent_news_of_its_registration(word: str) -> None:
    decision = checked(a_notification(changeType=..., resource=..., lifecycleEvent=word))
    assert (decision.refused, decision.urgent) == (None, True)
    assert decision.lane == Lane(tenant=TENANT, kind="subscriptions", id="r1")
    assert decision.news.lifecycle_event == word


def test_unknown_change_type_is_a_hint_as_well() -> None:
    decision = checked(a_notification(changeType="unknownFutureValue"))
    assert decision.refused is None
    assert decision.news.change_type == "unknownFutureValue"


@pytest.mark.parametrize(
    "fields",
    [
        {"lifecycleEvent": "missed"},
        {"changeType": ...},
        {"changeType": "x" * 300},
        {"subscriptionId": "x" * 300},
    ],
    ids=["both kinds", "neither kind", "long word", "long id"],
)
def test_item_of_no_kind_is_refused(fields: dict[str, Any]) -> None:
    assert checked(a_notification(**fields)).refused == "shape"


def test_overlong_facts_are_left_out() -> None:
    decision = checked(a_notification(id="x" * 300, resourceData={"@odata.etag": "x" * 300}))
    assert decision.refused is None
    assert (decision.news.etag, decision.news.notification_id) == (None, None)


def test_refused_items_are_worked_on_like_others() -> None:
    """The queue gets them too, and does the same work: it needs a lane that has a name."""
    forged = check(a_notification(resource="x"), proven=None, registration=None, received_at=1)
    assert isinstance(forged, Decision)
    assert forged.lane.name


def test_verdict_is_added_to_rich_news() -> None:
    decision = checked(a_notification(encryptedContent=msgspec.to_builtins(CONTENT)))
    assert decision.news.encrypted_content == CONTENT
    assert not decision.news.verified
    assert with_proof(decision, verified=True, token=None).news.verified
    assert with_proof(decision, verified=False, token="t").news.token == "t"
    assert refuse(decision, "token").refused == "token"


def test_tenants_are_named_in_lower_case() -> None:
    assert tenant(TENANT.upper()) == TENANT
    assert tenant(None) == ""
