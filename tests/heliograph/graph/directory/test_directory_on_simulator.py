"""Users, groups and who is in them: the client and the simulator, which share no code."""

import itertools
from uuid import uuid4

import pytest

from heliograph.errors import Conflict, Invalid, NotFound
from heliograph.graph import GraphClient
from heliograph.graph.values.objects import Group, User
from heliograph.simulator import Running
from tests.heliograph.graph.conftest import a_hire, anyone


async def a_team(live: GraphClient, *, name: str = "Team", members: tuple[str, ...] = ()) -> Group:
    return await live.groups.create(
        {
            "displayName": name,
            "mailEnabled": False,
            "mailNickname": name.lower(),
            "securityEnabled": True,
        },
        members=members,
    )


async def test_everybody_is_listed_over_small_pages(
    live: GraphClient, people: list[User], simulator: Running
) -> None:
    assert len({user.id for user in people}) == len(simulator.world.directory.users.rows)
    assert all(user.user_principal_name and user.department for user in people)


async def test_users_are_found_by_plain_and_by_advanced_filters(
    live: GraphClient, people: list[User]
) -> None:
    legal = {user.id for user in people if user.department == "Legal"}
    plain = {user.id async for user in live.users.list(where="department eq 'Legal'")}
    others = {user.id async for user in live.users.list(where="department ne 'Legal'", top=3)}
    assert plain == legal
    assert others == {user.id for user in people} - legal


async def test_all_are_listed_raw(live: GraphClient, people: list[User]) -> None:
    found = [item async for item in live.users.list_properties(("displayName",))]
    assert found == [{"id": user.id, "displayName": user.display_name} for user in people]


async def test_a_user_lives_and_dies(live: GraphClient) -> None:
    hire = await a_hire(live)
    boss = await anyone(live)
    await live.users.update(hire.id, {"department": "Finance", "mobilePhone": None})
    assert await live.users.manager(hire.id) is None
    await live.users.set_manager(hire.id, boss.id)
    seen = await live.users.get_properties(
        hire.id, ("id", "department", "mobilePhone"), expand_manager=True
    )
    assert seen == {
        "id": hire.id,
        "department": "Finance",
        "mobilePhone": None,
        "manager": {"id": boss.id},
    }
    assert hire.id in {user.id async for user in live.users.direct_reports(boss.id)}
    await live.users.remove_manager(hire.id)
    await live.users.remove_manager(hire.id)

    await live.users.delete(hire.id)
    await live.users.delete(hire.id)
    with pytest.raises(NotFound) as gone:
        await live.users.get(hire.id)
    assert gone.value.request_id
    assert gone.value.client_request_id
    deleted = await live.directory.deleted_properties(hire.id, ("id", "deletedDateTime"))
    assert deleted["deletedDateTime"]
    assert hire.id in {user.id async for user in live.directory.deleted_users()}
    assert (await live.directory.restore(hire.id)).kind == "user"
    assert (await live.users.get(hire.id)).department == "Finance"

    await live.users.delete(hire.id)
    await live.directory.purge(hire.id)
    await live.directory.purge(hire.id)
    with pytest.raises(NotFound):
        await live.directory.deleted_properties(hire.id)


async def test_a_taken_name_is_a_conflict(live: GraphClient) -> None:
    hire = await a_hire(live)
    with pytest.raises(Conflict):
        await live.users.create(
            {
                "accountEnabled": True,
                "displayName": "Again",
                "mailNickname": "again",
                "userPrincipalName": hire.user_principal_name,
                "passwordProfile": {"password": f"Xy1!{uuid4().hex}"},
            }
        )
    with pytest.raises(Invalid):
        await live.users.create({"displayName": "Half"})


async def test_users_are_counted_searched_and_sorted(live: GraphClient, people: list[User]) -> None:
    legal = [user.id for user in people if user.department == "Legal"]
    assert await live.users.count() == len(people)
    assert await live.users.count(where="department eq 'Legal'") == len(legal)
    name = people[4].display_name or ""
    found = [user.id async for user in live.users.list(search=f'"displayName:{name.split()[0]}"')]
    assert people[4].id in found
    by_job = [user.job_title async for user in live.users.list(order_by="jobTitle desc", top=3)]
    assert by_job == sorted(by_job, key=str, reverse=True)
    ends = live.users.list(where="endsWith(userPrincipalName,'@contoso.com')")
    assert {user.id async for user in ends} <= {user.id for user in people}


async def test_sessions_are_revoked(live: GraphClient, people: list[User]) -> None:
    await live.users.revoke_sessions(people[0].id)
    with pytest.raises(NotFound):
        await live.users.revoke_sessions("nobody")


async def test_memberships_are_listed_and_checked(live: GraphClient, people: list[User]) -> None:
    member = people[0].id
    own = {one.id async for one in live.memberships.direct(member)}
    assert {group.id async for group in live.memberships.groups(member)} == own
    all_in = {one.id async for one in live.memberships.transitive(member)}
    assert own <= all_in
    all_groups = [group.id async for group in live.groups.list(select=("id",))]
    assert await live.memberships.check(member, all_groups) == all_in
    unknown = [f"00000000-0000-4000-8000-{number:012}" for number in range(50)]
    assert await live.memberships.check(member, [*unknown, *all_groups]) == all_in
    (other, *_) = set(all_groups) - all_in
    assert await live.memberships.is_member(member, next(iter(own)))
    assert not await live.memberships.is_member(member, other)
    with pytest.raises(NotFound):
        await live.memberships.is_member("nobody", other)


async def test_a_group_lives_and_dies(live: GraphClient, people: list[User]) -> None:
    team = await a_team(live, members=(people[0].id,))
    assert [member.id async for member in live.groups.members(team.id)] == [people[0].id]
    await live.groups.update(team.id, {"description": "A team"})
    assert (await live.groups.get(team.id)).description == "A team"
    for _ in range(2):
        await live.groups.delete(team.id)
    with pytest.raises(NotFound):
        await live.groups.get(team.id)
    assert team.id in {group.id async for group in live.directory.deleted_groups()}
    assert (await live.directory.restore(team.id)).kind == "group"
    assert (await live.groups.get(team.id)).display_name == "Team"


async def test_members_come_and_go(live: GraphClient) -> None:
    hire = await a_hire(live)
    group = await anext(live.groups.list(where="displayName eq 'Legal'"))
    for _ in range(2):
        await live.groups.add_member(group.id, hire.id)
    assert hire.id in {member.id async for member in live.groups.members(group.id, top=2)}
    assert group.id in {found.id async for found in live.memberships.direct(hire.id)}
    for _ in range(2):
        await live.groups.remove_member(group.id, hire.id)
    assert hire.id not in {member.id async for member in live.groups.members(group.id)}
    assert (await live.users.get(hire.id)).id == hire.id
    assert (await live.groups.get_properties(group.id, ("displayName",)))["displayName"] == "Legal"


async def test_many_members_are_added_though_some_are_in_there(
    live: GraphClient, people: list[User]
) -> None:
    hires = [(await a_hire(live)).id for _ in range(12)]
    team = await a_team(live, members=(people[0].id, people[1].id))
    await live.groups.add_members(team.id, [user.id for user in people] + hires)
    everybody = {user.id for user in people} | set(hires)
    assert {member.id async for member in live.groups.members(team.id, top=7)} == everybody
    assert {user.id async for user in live.groups.users(team.id)} == everybody
    with pytest.raises((Invalid, NotFound)):
        await live.groups.add_members(team.id, ["00000000-0000-4000-8000-000000000000"])


async def test_the_chain_of_managers_reaches_the_top(live: GraphClient, people: list[User]) -> None:
    hire = await a_hire(live)
    assert await live.users.managers(hire.id) == ()
    await live.users.set_manager(hire.id, people[-1].id)
    chain = await live.users.managers(hire.id)
    assert chain[0].id == people[-1].id
    assert await live.users.manager(chain[-1].id) is None
    for lower, upper in itertools.pairwise(chain):
        chief = await live.users.manager(lower.id)
        assert chief is not None
        assert chief.id == upper.id


async def test_groups_are_counted(live: GraphClient) -> None:
    groups = [group async for group in live.groups.list(select=("id",))]
    assert await live.groups.count() == len(groups)
    assert await live.groups.count(where="displayName eq 'Legal'") == 1


async def test_users_of_groups_within_groups_are_found(
    live: GraphClient, people: list[User]
) -> None:
    inner = await a_team(live, name="Inner", members=(people[0].id,))
    outer = await a_team(live, name="Outer", members=(people[1].id, inner.id))
    assert [user.id async for user in live.groups.users(outer.id)] == [people[1].id]
    within = live.groups.users(outer.id, is_transitive=True, where="accountEnabled eq true")
    assert {user.id async for user in within} == {people[0].id, people[1].id}
    assert await live.memberships.is_member(people[0].id, outer.id)
    direct = {group.id async for group in live.memberships.groups(people[0].id)}
    transitive = {group.id async for group in live.memberships.transitive_groups(people[0].id)}
    assert outer.id in transitive - direct


async def test_owners_come_and_go(live: GraphClient, people: list[User]) -> None:
    team = await a_team(live)
    for _ in range(2):
        await live.groups.add_owner(team.id, people[0].id)
    await live.groups.add_owner(team.id, people[1].id)
    assert {one.id async for one in live.groups.owners(team.id)} == {people[0].id, people[1].id}
    for _ in range(2):
        await live.groups.remove_owner(team.id, people[0].id)
    assert [one.id async for one in live.groups.owners(team.id)] == [people[1].id]
