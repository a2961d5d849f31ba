"""Insights as in graph-users-api, 12.10; drive items as in resources/driveitem and remoteitem."""

from datetime import UTC, datetime

import msgspec
import pytest

from heliograph.graph.insights.documents import (
    Document,
    DriveItem,
    Insight,
    Sharer,
    of_drive_item,
    of_insight,
)

SEEN = datetime(2026, 11, 22, 15, 12, 38, tzinfo=UTC)
USED = {
    "id": "AQEB7Zk3mFhMhUVKP9mygDoPEPUbLediT7xb7UyGkIkm",
    "lastUsed": {
        "lastAccessedDateTime": "2026-11-22T15:12:38Z",
        "lastModifiedDateTime": "2026-11-22T15:12:37Z",
    },
    "resourceVisualization": {
        "title": "Payroll 2026-11",
        "type": "Excel",
        "mediaType": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "previewImageUrl": "https://contoso.sharepoint.com/x",
        "previewText": "",
        "containerWebUrl": "https://contoso.sharepoint.com/sites/Finance/Shared Documents",
        "containerDisplayName": "Finance",
        "containerType": "Site",
    },
    "resourceReference": {
        "webUrl": "https://contoso.sharepoint.com/sites/Finance/_layouts/15/Doc.aspx?sourcedoc=x",
        "id": "drives/b!x/items/01A",
        "type": "microsoft.graph.driveItem",
    },
}
TRENDING = {
    "id": "AWMiSOpKHlJCpP_ZoVJQXi9ees4wFhDQQqF55Pm5DlaM",
    "weight": 0.158,
    "lastModifiedDateTime": "0001-01-01T00:00:00Z",
    "resourceVisualization": {"title": "Budget 2027", "type": "PowerPoint"},
    "resourceReference": {"id": "drives/b!x/items/01B", "type": "microsoft.graph.driveItem"},
}
SHARED = {
    "id": "AWb0Qy4TEA1KhLW-k1L5mSjtxZAcxDFkTKiTNA-2kZDT",
    "lastShared": {
        "sharedDateTime": "2026-11-21T08:41:05Z",
        "sharingType": "Link",
        "sharingSubject": "Audit plan",
        "sharedBy": {
            "displayName": "Amir Haddad",
            "address": "amir.haddad@contoso.com",
            "id": "b7c1e5a0-5d0e-4b7b-8f0a-2c6d9e3f1a44",
        },
        "sharingReference": {},
    },
    "resourceVisualization": {"title": "Audit plan", "type": "Word"},
    "resourceReference": {"id": "drives/b!y/items/01C", "type": "microsoft.graph.driveItem"},
}
REMOTE = {
    "id": "01FOREIGN",
    "name": "Audit plan.docx",
    "remoteItem": {
        "id": "01C",
        "name": "Audit plan.docx",
        "webUrl": "https://contoso-my.sharepoint.com/personal/amir/Audit.docx",
        "file": {"mimeType": "application/msword"},
        "lastModifiedDateTime": "2026-11-22T15:12:38Z",
        "parentReference": {"driveId": "b!y", "id": "01PARENT"},
        "shared": {
            "scope": "users",
            "sharedDateTime": "2026-11-21T08:41:05Z",
            "sharedBy": {
                "user": {"id": "b7c1", "displayName": "Amir Haddad", "email": "amir@contoso.com"}
            },
        },
    },
}


def of(told: object) -> Document:
    return of_insight(msgspec.convert(told, Insight))


def test_a_used_document() -> None:
    assert of(USED) == Document(
        id="drives/b!x/items/01A",
        title="Payroll 2026-11",
        web_url="https://contoso.sharepoint.com/sites/Finance/_layouts/15/Doc.aspx?sourcedoc=x",
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        container="Finance",
        last_viewed=SEEN,
        last_modified=datetime(2026, 11, 22, 15, 12, 37, tzinfo=UTC),
    )


@pytest.mark.parametrize("weight", [0.158, "0.158"], ids=["number", "text"])
def test_a_trending_document_without_a_time(weight: object) -> None:
    """Graph writes the year 1 for no time, and both forms of a weight are documented."""
    document = of({**TRENDING, "weight": weight})
    assert (document.weight, document.last_modified) == (0.158, None)


def test_a_shared_document() -> None:
    document = of(SHARED)
    assert document.shared_by == Sharer(
        id="b7c1e5a0-5d0e-4b7b-8f0a-2c6d9e3f1a44",
        name="Amir Haddad",
        address="amir.haddad@contoso.com",
    )
    assert document.shared_at == datetime(2026, 11, 21, 8, 41, 5, tzinfo=UTC)


def test_a_file_in_the_drive_of_somebody_else() -> None:
    assert of_drive_item(msgspec.convert(REMOTE, DriveItem)) == Document(
        id="drives/b!y/items/01C",
        title="Audit plan.docx",
        web_url="https://contoso-my.sharepoint.com/personal/amir/Audit.docx",
        media_type="application/msword",
        last_modified=SEEN,
        shared_by=Sharer(id="b7c1", name="Amir Haddad", address="amir@contoso.com"),
        shared_at=datetime(2026, 11, 21, 8, 41, 5, tzinfo=UTC),
    )


def test_a_file_of_which_little_is_told() -> None:
    assert of_drive_item(DriveItem(id="01D")) == Document(id="drives//items/01D")
    assert of({}) == Document(id="")


def test_no_title_shows_in_a_repr() -> None:
    assert repr(of(USED)) == "Document(id='drives/b!x/items/01A')"
    assert repr(of(SHARED).shared_by) == "Sharer(id='b7c1e5a0-5d0e-4b7b-8f0a-2c6d9e3f1a44')"
