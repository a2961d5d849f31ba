from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from heliograph.graph import GraphClient
from heliograph.graph.directory.audits import ModifiedProperty

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

LENE = "4f9a2d6e-3c1b-4a57-9d28-7be0c6a1f053"
AMIR = "b7c1e5a0-5d0e-4b7b-8f0a-2c6d9e3f1a44"
APP = "5c1f6f0e-0f0b-4c7d-8a57-0b6d5f3a9e10"
ENTRY = {
    "id": "Directory_8dfeb5b1-9d2a-4c35-8a62-6c2f3b3c1f0e_9QRTF_71234",
    "category": "UserManagement",
    "correlationId": "8dfeb5b1-9d2a-4c35-8a62-6c2f3b3c1f0e",
    "result": "success",
    "resultReason": "",
    "activityDisplayName": "Update user",
    "activityDateTime": "2026-11-24T08:15:30.1234561Z",
    "loggedByService": "Core Directory",
    "operationType": "Update",
    "initiatedBy": {
        "app": None,
        "user": {
            "id": AMIR,
            "displayName": None,
            "userPrincipalName": "amir.haddad@contoso.com",
            "ipAddress": "203.0.113.7",
        },
    },
    "targetResources": [
        {
            "id": LENE,
            "displayName": None,
            "type": "User",
            "userPrincipalName": "lene.holm@contoso.com",
            "groupType": None,
            "modifiedProperties": [
                {"displayName": "Department", "oldValue": '["Sales"]', "newValue": '["Finance"]'},
                {"displayName": "AccountEnabled", "oldValue": "[true]", "newValue": "[false]"},
                {
                    "displayName": "Included Updated Properties",
                    "oldValue": None,
                    "newValue": '"Department"',
                },
            ],
        }
    ],
    "additionalDetails": [{"key": "User-Agent", "value": "x"}],
}


async def test_an_entry_says_who_changed_what(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"value": [ENTRY]})
    (entry,) = [one async for one in graph.audits.list()]
    assert entry.activity_display_name == "Update user"
    assert entry.activity_date_time == datetime(2026, 11, 24, 8, 15, 30, 123456, tzinfo=UTC)
    assert entry.initiated_by is not None
    assert entry.initiated_by.user is not None
    assert (entry.initiated_by.user.id, entry.initiated_by.app) == (AMIR, None)
    assert entry.target_resources is not None
    (target,) = entry.target_resources
    assert (target.id, target.type) == (LENE, "User")
    changes = {one.display_name: (one.old, one.new) for one in target.modified_properties or ()}
    assert changes == {
        "Department": (["Sales"], ["Finance"]),
        "AccountEnabled": ([True], [False]),
        "Included Updated Properties": (None, "Department"),
    }


def test_a_value_that_is_no_json_is_the_text_itself() -> None:
    assert ModifiedProperty(old_value="Sales", new_value="").old == "Sales"
    assert ModifiedProperty(old_value="Sales", new_value="").new == ""


def test_no_value_shows_in_a_repr() -> None:
    shown = repr(ModifiedProperty(display_name="Department", old_value='"Sales"'))
    assert shown == "ModifiedProperty(display_name='Department')"


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({}, None),
        (
            {
                "since": datetime(2026, 11, 24, 9, tzinfo=timezone(timedelta(hours=1))),
                "until": datetime(2026, 11, 25, tzinfo=UTC),
            },
            "activityDateTime ge 2026-11-24T08:00:00Z and activityDateTime le 2026-11-25T00:00:00Z",
        ),
        ({"target": LENE}, f"targetResources/any(r:r/id eq '{LENE}')"),
        ({"by_user": AMIR}, f"initiatedBy/user/id eq '{AMIR}'"),
        (
            {"target": LENE, "by_app": APP},
            f"targetResources/any(r:r/id eq '{LENE}') and initiatedBy/app/appId eq '{APP}'",
        ),
    ],
    ids=["all", "time", "target", "user", "target and app"],
)
async def test_entries_are_found_by_time_target_and_initiator(
    graph: GraphClient, recorder: "Recorder", given: dict[str, Any], where: str | None
) -> None:
    recorder.answer(200, {"value": []})
    assert [one async for one in graph.audits.list(**given)] == []
    assert recorder.last.path == "/auditLogs/directoryAudits"
    assert recorder.last.params.get("$filter") == where
    assert recorder.last.params["$orderby"] == "activityDateTime desc"
    assert recorder.last.headers == {}  # an advanced query is of the directory alone
    assert recorder.last.permission == "AuditLog.Read.All"
