"""Notifications field by field, against the recorded shapes (change-notifications.md, 4.2, 5.4, 6.1).

A field more or less than what was recorded is a fault.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.heliograph.simulator.receiver_keys import certificate

GUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3,7})?(Z|[+-]\d\d:\d\d)"
ID = r"[\w=-]{40,200}"
BASE64 = r"[A-Za-z0-9+/]+={0,2}"
COMMON = {
    "subscriptionId": GUID,
    "subscriptionExpirationDateTime": TIME,
    "tenantId": GUID,
    "clientState": "state",
}
USER = {
    "@odata.type": "#Microsoft\\.Graph\\.User",
    "@odata.id": f"Users/{GUID}",
    "id": GUID,
    "organizationId": GUID,
    "eventTime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z",
    "sequenceNumber": r"\d{18}",
}
GROUP = {**USER, "@odata.type": "#Microsoft\\.Graph\\.Group", "@odata.id": f"Groups/{GUID}"}

Shape = Mapping[str, str]


def _item(type_: str, family: str) -> Shape:
    return {
        "@odata.type": f"#Microsoft\\.Graph\\.{type_}",
        "@odata.id": f"(Users/{GUID}/{family}|users/{GUID}@{GUID}/{family.lower()})/{ID}",
        "@odata.etag": 'W/"CQAAA[\\w=-]+"',
        "id": ID,
    }


def _matches(found: Mapping[str, Any], shape: Shape, *, without: tuple[str, ...] = ()) -> None:
    assert set(found) == set(shape) - set(without)
    for name, value in found.items():
        assert re.fullmatch(shape[name], str(value)), f"{name}: {value}"


def _notification(item: Mapping[str, Any], change_type: str, data: Shape) -> None:
    said = {"changeType": change_type, "resource": ".+", "resourceData": ".+"}
    _matches(item, {**COMMON, **said})
    assert item["resource"] == item["resourceData"]["@odata.id"]
    without = ("eventTime", "sequenceNumber")
    is_short = "eventTime" in data and "eventTime" not in item["resourceData"]
    _matches(item["resourceData"], data, without=without if is_short else ())


@pytest.fixture
async def user(scene: Any) -> str:
    return str((await scene.users())[2]["id"])


@pytest.mark.parametrize(
    ("event", "change_type"),
    [
        ("users.created", "updated"),
        ("users.updated", "updated"),
        ("users.deleted", "updated"),
        ("users.restored", "updated"),
        ("users.purged", "deleted"),
    ],
)
async def test_user(scene: Any, event: str, change_type: str) -> None:
    await scene.subscribe("users")
    await scene.act(event)
    (item, *_) = await scene.receiver.some(1, lambda one: one["changeType"] == change_type)
    _notification(item, change_type, USER)
    data = item["resourceData"]
    assert data["organizationId"] == item["tenantId"] == scene.simulator.ready["tenant_id"]
    assert isinstance(data["sequenceNumber"], int)


async def test_group(scene: Any) -> None:
    """Half of the captured ones bear a time and a number, the others neither."""
    await scene.subscribe("groups")
    for _ in range(12):
        await scene.act("groups.updated")
    items = await scene.receiver.some(12)
    for item in items:
        _notification(item, "updated", GROUP)
    assert {"eventTime" in item["resourceData"] for item in items} == {True, False}


async def test_group_tells_who_came_and_who_went(scene: Any) -> None:
    """Who went is marked by a text; in delta it is an object."""
    await scene.subscribe("groups")
    for event in ("groups.member_added", "groups.member_removed"):
        made = await scene.act(event)
        item = (await scene.receiver.some(1 + ("removed" in event)))[-1]
        _notification(item, "updated", {**GROUP, "members@delta": ".+"})
        (entry,) = item["resourceData"]["members@delta"]
        gone = {"@removed": "deleted"} if "removed" in event else {}
        assert entry == {"id": made["user"], **gone}


@pytest.mark.parametrize(
    ("resource", "event", "shape"),
    [
        ("messages", "messages.received", _item("Message", "Messages")),
        ("events", "events.created", _item("Event", "Events")),
        ("contacts", "contacts.created", _item("Contact", "Contacts")),
    ],
)
async def test_item_of_a_mailbox(
    scene: Any, user: str, resource: str, event: str, shape: Shape
) -> None:
    await scene.subscribe(f"users/{user}/{resource}", "created,updated,deleted")
    for _ in range(8):
        await scene.act(event, user=user)
    for item in await scene.receiver.some(8):
        _notification(item, "created", shape)
        assert user in item["resource"]
    deletion = {"messages": "messages.deleted"}.get(resource, f"{resource}.deleted")
    await scene.act(deletion, user=user)
    (gone,) = await scene.receiver.some(1, lambda one: one["changeType"] == "deleted")
    _notification(gone, "deleted", shape)


async def test_row_12_each_form_of_a_resource_can_be_read(scene: Any, user: str) -> None:
    """A listener may put the version root before what `resource` says, as Microsoft's do."""
    for resource in ("messages", "events", "contacts"):
        await scene.subscribe(f"users/{user}/{resource}", "created")
    await scene.subscribe("users")
    await scene.subscribe("groups")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    await scene.subscribe(
        f"users/{user}/messages?$select=subject",
        "created",
        includeResourceData=True,
        encryptionCertificate=base64.b64encode(certificate(key)).decode(),
        encryptionCertificateId="one",
    )
    events = ("messages.received", "events.created", "contacts.created")
    for event in (*events * 6, "users.updated", "groups.updated"):
        await scene.act(event, user=user)
    await scene.control("GET", "deliveries?wait=5")
    forms = {
        item["resource"].replace(item["resourceData"]["id"], "*") for item in scene.receiver.items
    }
    assert len(forms) >= 7
    for item in scene.receiver.items:
        answer = await scene.graph.get(f"/{item['resource']}")
        assert answer.status_code == 200, item["resource"]
        assert answer.json()["id"] == item["resourceData"]["id"]


async def test_rich_item(scene: Any, user: str) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    await scene.subscribe(
        f"users/{user}/messages?$select=subject",
        "created",
        includeResourceData=True,
        encryptionCertificate=base64.b64encode(certificate(key)).decode(),
        encryptionCertificateId="cert-2026-11",
    )
    await scene.act("messages.received", user=user)
    body = (await scene.receiver.posted())[0].json()
    assert set(body) == {"value", "validationTokens"}
    assert all(
        re.fullmatch(r"ey[\w-]+\.ey[\w-]+\.[\w-]+", token) for token in body["validationTokens"]
    )
    (item,) = body["value"]
    said = {"changeType": "created", "resource": ".+", "resourceData": ".+"}
    _matches(item, {**COMMON, **said, "encryptedContent": ".+"})
    _matches(
        item["encryptedContent"],
        {
            "data": BASE64,
            "dataKey": BASE64,
            "dataSignature": BASE64,
            "encryptionCertificateId": "cert-2026-11",
            "encryptionCertificateThumbprint": "[0-9A-F]{40}",
        },
    )
    address = f"Users\\('{GUID}'\\)/messages\\('{ID}'\\)"
    _matches(
        item["resourceData"],
        {
            "@odata.type": "#microsoft\\.graph\\.message",
            "@odata.id": address,
            "@odata.etag": 'W/"CQAAA[\\w=-]+"',
            "id": ID,
        },
    )
    assert item["resource"] == item["resourceData"]["@odata.id"]


async def test_lifecycle(scene: Any, user: str) -> None:
    """Some name the resource, as the type demands; others do not, as in the examples."""
    made = await scene.subscribe(f"users/{user}/messages", "created")
    for _ in range(12):
        await scene.control("POST", "lifecycle", json={"subscription": made["id"]})
    items = await scene.receiver.some(12)
    for item in items:
        shape = {**COMMON, "lifecycleEvent": "reauthorizationRequired", "resource": "users/.+"}
        _matches(item, shape, without=() if "resource" in item else ("resource",))
    assert {"resource" in item for item in items} == {True, False}


async def test_client_state_is_left_out_where_none_was_set(scene: Any) -> None:
    await scene.subscribe("users", clientState=None)
    await scene.act("users.updated")
    assert "clientState" not in (await scene.receiver.some())[0]


async def test_row_13_post_is_an_envelope_of_items(scene: Any) -> None:
    await scene.subscribe("users")
    await scene.act("users.updated")
    (post, *_) = await scene.receiver.posted()
    assert post.headers["content-type"] == "application/json; charset=utf-8"
    assert set(post.json()) == {"value"}
    assert "user-agent" not in post.headers or not post.headers["user-agent"]
