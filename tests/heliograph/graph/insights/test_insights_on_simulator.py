"""Documents and people around a user, from whichever source of the simulator answers."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Literal

import pytest

from heliograph.errors import GraphError, NotPermitted
from heliograph.graph import GraphClient, open_client
from heliograph.graph.values.objects import User
from heliograph.sign_ins import SignIns
from heliograph.simulator import Running
from tests.heliograph.graph.conftest import signed_in, tenant_of

LENT = ("User.Read", "Sites.Read.All", "Files.Read.All", "People.Read")
RETIRED = ("empty", "gone", "missing")


@pytest.fixture
async def lent(simulator: Running, sign_ins: SignIns) -> AsyncIterator[tuple[GraphClient, str]]:
    """A client for which a user has signed in, and that user."""
    tenant = replace(tenant_of(simulator), delegated_permissions=LENT)
    sign_in = await signed_in(tenant)
    await sign_ins.put(sign_in)
    async with open_client(tenant, sign_ins=sign_ins) as graph:
        yield graph, sign_in.user_id


async def test_an_app_is_told_what_was_modified_and_a_user_what_was_viewed_as_well(
    live: GraphClient, lent: tuple[GraphClient, str]
) -> None:
    signed, user = lent
    by_app = await live.insights.recent(user)
    assert by_app.source == "insights/used@app"
    by_user = await signed.insights.recent(user)
    assert by_user.source == "insights/used@user"
    modified = {document.id for document in by_app.items}
    assert modified < {document.id for document in by_user.items}
    assert all(document.title and document.web_url for document in by_user.items)
    assert any(document.last_viewed != document.last_modified for document in by_user.items)


@pytest.mark.parametrize("state", RETIRED)
async def test_a_retired_insight_gives_way_to_the_users_drive(
    live: GraphClient,
    people: list[User],
    simulator: Running,
    state: Literal["empty", "gone", "missing"],
) -> None:
    simulator.world.switches.insights = state
    found = await live.insights.recent(people[0].id)
    assert found.source == "drive/delta@app"
    assert {"insights/used@user", "insights/used@app", "drive/recent@user"} == set(
        found.passed_over
    )
    times = [document.last_modified for document in found.items if document.last_modified]
    assert times
    assert times == sorted(times, reverse=True)


async def test_the_recent_files_of_a_signed_in_user_are_the_ones_of_the_drive(
    lent: tuple[GraphClient, str],
) -> None:
    graph, user = lent
    found = await graph.insights.recent(user, order=("drive/recent@user",))
    assert found.items
    assert all(document.id.startswith("drives/") for document in found.items)


async def test_what_trends_is_told_to_an_app(live: GraphClient, people: list[User]) -> None:
    found = await live.insights.trending(people[0].id, top=3)
    assert found.source == "insights/trending@app"
    weights = [document.weight for document in found.items if document.weight is not None]
    assert len(weights) == 3
    assert weights == sorted(weights, reverse=True)


async def test_what_is_shared_is_told_to_the_user_who_signed_in(
    live: GraphClient, people: list[User], lent: tuple[GraphClient, str]
) -> None:
    with pytest.raises(NotPermitted, match="heliograph login simulated"):
        await live.insights.shared(people[0].id)
    graph, user = lent
    found = await graph.insights.shared(user)
    assert found.source == "insights/shared@user"
    assert found.items
    assert all(document.shared_by and document.shared_at for document in found.items)
    files = await graph.insights.shared(user, order=("drive/sharedWithMe@user",))
    assert {document.title for document in files.items}
    assert all(document.id.startswith("drives/") for document in files.items)


async def test_nobody_else_is_told_what_is_shared_with_a_user(
    people: list[User], lent: tuple[GraphClient, str]
) -> None:
    graph, user = lent
    other = next(person.id for person in people if person.id != user)
    with pytest.raises(GraphError):
        await graph.insights.shared(other)


async def test_people_are_told_to_an_app_and_to_the_user(
    live: GraphClient, people: list[User], lent: tuple[GraphClient, str]
) -> None:
    found = await live.insights.people(people[0].id, top=3)
    assert found.source == "people@app"
    assert len(found.items) == 3
    assert {person.id for person in found.items} < {person.id for person in people}
    graph, user = lent
    own = await graph.insights.people(user, order=("people@user",))
    assert own.items
