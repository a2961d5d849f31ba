from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from heliograph.errors import Forbidden, Invalid, NotPermitted
from heliograph.graph import GraphClient, Request, Response
from heliograph.graph.insights.questions import RECENT
from heliograph.settings import Tenant
from tests.heliograph.graph.insights.test_documents import REMOTE, SHARED, TRENDING, USED

LENE = "4f9a2d6e-3c1b-4a57-9d28-7be0c6a1f053"
AMIR = "b7c1e5a0-5d0e-4b7b-8f0a-2c6d9e3f1a44"
USER = {"id": LENE, "userPrincipalName": "lene.holm@contoso.com"}
NOBODY = NotPermitted("Graph takes it from a signed-in user alone", "run `heliograph login t`")


class Sources:
    """Answers by caller and path. What is not here answers like a user who has not signed in."""

    def __init__(self, answers: Mapping[str, object]) -> None:
        self.answers = {f"app /users/{LENE}": USER, **answers}
        self.requests: list[Request] = []

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        answer = self.answers.get(f"{request.caller} {request.path}", NOBODY)
        if isinstance(answer, Exception):
            raise answer
        return Response(status=200, content=msgspec.json.encode(answer))

    @property
    def asked(self) -> list[str]:
        return [f"{request.caller} {request.path}" for request in self.requests]


@pytest.fixture
def used() -> Mapping[str, object]:
    return {"value": [USED]}


def client(sources: Sources, tenant: Tenant) -> GraphClient:
    return GraphClient(sources, tenant=tenant)


async def test_what_a_user_viewed_is_told_by_the_users_own_sign_in(
    tenant: Tenant, used: object
) -> None:
    sources = Sources({f"user /users/{LENE}/insights/used": used})
    found = await client(sources, tenant).insights.recent(LENE, top=5)
    assert found.source == "insights/used@user"
    assert [document.title for document in found.items] == ["Payroll 2026-11"]
    (request,) = sources.requests
    assert (request.as_user, request.scope, request.permission) == (LENE, "Sites.Read.All", None)
    assert request.params == {"$top": "5"}


async def test_without_a_sign_in_the_app_is_told_what_was_modified(
    tenant: Tenant, used: object
) -> None:
    sources = Sources({f"app /users/{LENE}/insights/used": used})
    found = await client(sources, tenant).insights.recent(LENE)
    assert found.source == "insights/used@app"
    assert found.passed_over == {"insights/used@user": str(NOBODY)}
    assert sources.requests[-1].permission == "Sites.Read.All"


async def test_a_retired_insight_gives_way_to_the_drive_of_the_signed_in_user(
    tenant: Tenant,
) -> None:
    """`insights/used` answers an empty list from its end on."""
    sources = Sources(
        {
            f"user /users/{LENE}/insights/used": {"value": []},
            f"app /users/{LENE}/insights/used": Forbidden("403"),
            "user /me/drive/recent": {"value": [REMOTE]},
        }
    )
    found = await client(sources, tenant).insights.recent(LENE)
    assert found.source == "drive/recent@user"
    assert [document.id for document in found.items] == ["drives/b!y/items/01C"]
    assert (sources.requests[-1].as_user, sources.requests[-1].scope) == (LENE, "Files.Read")


def a_file(id_: str, day: int, *, by: str = LENE, **more: object) -> dict[str, Any]:
    return {
        "id": id_,
        "name": f"{id_}.docx",
        "file": {"mimeType": "application/msword"},
        "lastModifiedDateTime": f"2026-11-{day:02}T08:00:00Z",
        "lastModifiedBy": {"user": {"id": by, "displayName": "?"}},
        "parentReference": {"driveId": "b!x"},
        **more,
    }


async def test_the_drive_is_walked_where_nothing_else_tells_an_app(tenant: Tenant) -> None:
    path = f"/users/{LENE}/drive/root/delta"
    link = f"https://graph.microsoft.com/v1.0{path}?token=x"
    sources = Sources(
        {
            f"app {path}": {
                "value": [
                    a_file("old", 1),
                    {**a_file("folder", 9), "file": None, "folder": {"childCount": 3}},
                    a_file("of somebody else", 8, by=AMIR),
                    a_file("deleted", 7, deleted={"state": "deleted"}),
                ],
                "@odata.nextLink": link,
            },
            f"app {path}?token=x": {
                "value": [a_file("new", 5), a_file("newer", 4), a_file("newer", 6)],
                "@odata.deltaLink": link,
            },
        }
    )
    found = await client(sources, tenant).insights.recent(LENE, top=2)
    assert found.source == "drive/delta@app"
    assert [document.id for document in found.items] == [
        "drives/b!x/items/newer",
        "drives/b!x/items/new",
    ]
    assert "lastModifiedBy" in sources.requests[-2].params["$select"]
    assert sources.requests[-1].permission == "Files.Read.All"


async def test_a_large_drive_costs_no_memory(tenant: Tenant) -> None:
    path = f"/users/{LENE}/drive/root/delta"
    files = [a_file(str(number), 1 + number % 28) for number in range(500)]
    sources = Sources({f"app {path}": {"value": files, "@odata.deltaLink": "x"}})
    found = await client(sources, tenant).insights.recent(LENE, top=3)
    assert [document.last_modified and document.last_modified.day for document in found.items] == [
        28,
        28,
        28,
    ]


async def test_nothing_is_asked_of_sources_that_are_left_out(tenant: Tenant) -> None:
    sources = Sources({"user /me/drive/recent": {"value": []}})
    found = await client(sources, tenant).insights.recent(LENE, order=("drive/recent@user",))
    assert (found.source, list(found.items)) == ("drive/recent@user", [])
    assert sources.asked == ["user /me/drive/recent"]
    with pytest.raises(Invalid, match="insights/old@app"):
        await client(sources, tenant).insights.recent(LENE, order=("insights/old@app", *RECENT))


async def test_what_trends_is_told_to_an_app_or_else_to_the_user(tenant: Tenant) -> None:
    path = f"/users/{LENE}/insights/trending"
    sources = Sources({f"app {path}": {"value": [TRENDING]}})
    found = await client(sources, tenant).insights.trending(LENE)
    assert (found.source, found.items[0].weight) == ("insights/trending@app", 0.158)
    sources = Sources({f"app {path}": Forbidden("403"), f"user {path}": {"value": [TRENDING] * 3}})
    found = await client(sources, tenant).insights.trending(LENE, top=2)
    assert (found.source, len(found.items)) == ("insights/trending@user", 2)


async def test_what_is_shared_is_told_to_the_user_alone(tenant: Tenant) -> None:
    sources = Sources({f"user /users/{LENE}/insights/shared": {"value": [SHARED]}})
    found = await client(sources, tenant).insights.shared(LENE)
    assert found.source == "insights/shared@user"
    assert {request.caller for request in sources.requests} == {"user"}
    sources = Sources({"user /me/drive/sharedWithMe": {"value": [REMOTE]}})
    found = await client(sources, tenant).insights.shared(LENE)
    assert found.source == "drive/sharedWithMe@user"
    with pytest.raises(NotPermitted):
        await client(Sources({}), tenant).insights.shared(LENE)


async def test_what_is_shared_is_searched_for_at_last(tenant: Tenant) -> None:
    """The shape of https://learn.microsoft.com/graph/search-concept-files."""
    hit = {"hitId": "x", "rank": 1, "summary": "", "resource": REMOTE}
    container = {"hits": [hit], "total": 1, "moreResultsAvailable": False}
    answer = {"value": [{"searchTerms": [], "hitsContainers": [container]}]}
    sources = Sources({"user /search/query": answer})
    found = await client(sources, tenant).insights.shared(LENE, top=7)
    assert (found.source, found.items[0].title) == ("search@user", "Audit plan.docx")
    request = sources.requests[-1]
    assert request.json == {
        "requests": [
            {
                "entityTypes": ["driveItem"],
                "query": {"queryString": 'SharedWithUsersOWSUSER:"lene.holm@contoso.com"'},
                "from": 0,
                "size": 7,
            }
        ]
    }
    assert (request.as_user, request.is_write) == (LENE, False)


async def test_people_are_told_to_an_app_or_else_to_the_user(tenant: Tenant) -> None:
    person = {
        "id": AMIR,
        "displayName": "Amir Haddad",
        "scoredEmailAddresses": [{"address": "amir.haddad@contoso.com", "relevanceScore": 8}],
        "personType": {"class": "Person", "subclass": "OrganizationUser"},
    }
    path = f"/users/{LENE}/people"
    sources = Sources({f"app {path}": {"value": [person]}})
    found = await client(sources, tenant).insights.people(LENE)
    assert found.source == "people@app"
    (near,) = found.items
    assert near.id == AMIR
    assert near.person_type is not None
    assert (near.person_type.class_, near.person_type.subclass) == ("Person", "OrganizationUser")
    assert near.scored_email_addresses is not None
    assert near.scored_email_addresses[0].relevance_score == 8
    assert sources.requests[-1].permission == "People.Read.All"
    sources = Sources({f"app {path}": Forbidden("403"), f"user {path}": {"value": [person]}})
    assert (await client(sources, tenant).insights.people(LENE)).source == "people@user"
    assert sources.requests[-1].scope == "People.Read"
