"""Users, groups, roles, licences and audits, through Microsoft's SDK."""

import uuid

import pytest
from kiota_abstractions.api_error import APIError
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphServiceClient
from msgraph.generated.models.group import Group
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.reference_update import ReferenceUpdate
from msgraph.generated.models.user import User
from msgraph.generated.users.item.check_member_groups.check_member_groups_post_request_body import (
    CheckMemberGroupsPostRequestBody,
)
from msgraph.generated.users.users_request_builder import UsersRequestBuilder

Query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters


def asked(**options: object) -> RequestConfiguration:
    """A request with query *options*, and the header for advanced queries."""
    configuration = RequestConfiguration(query_parameters=Query(**options))
    configuration.headers.add("ConsistencyLevel", "eventual")
    return configuration


def a_hire() -> User:
    nick = f"hire.{uuid.uuid4().hex[:8]}"
    return User(
        account_enabled=True,
        display_name="New Hire",
        mail_nickname=nick,
        user_principal_name=f"{nick}@contoso.example",
        usage_location="DK",
        password_profile=PasswordProfile(password="Simulated-1234"),
    )


@pytest.fixture
async def hire(graph: GraphServiceClient) -> User:
    return await graph.users.post(a_hire())


@pytest.fixture
async def group(graph: GraphServiceClient) -> Group:
    nick = f"group{uuid.uuid4().hex[:8]}"
    wish = Group(display_name=nick, mail_enabled=False, mail_nickname=nick, security_enabled=True)
    return await graph.groups.post(wish)


async def test_users_are_listed_filtered_searched_selected_and_counted(
    graph: GraphServiceClient, hire: User
) -> None:
    found = await graph.users.get(
        request_configuration=asked(
            filter=f"userPrincipalName eq '{hire.user_principal_name}'",
            select=["id", "displayName"],
            count=True,
        )
    )
    assert [(user.id, user.display_name) for user in found.value] == [(hire.id, "New Hire")]
    assert found.odata_count == 1
    assert found.value[0].mail is None
    found = await graph.users.get(request_configuration=asked(search='"displayName:New"'))
    assert hire.id in [user.id for user in found.value]
    assert await graph.users.count.get(request_configuration=asked()) >= 13


async def test_users_are_paged(graph: GraphServiceClient, hire: User) -> None:
    seen = []
    page = await graph.users.get(request_configuration=asked(top=5, orderby=["displayName"]))
    while page:
        seen += [user.id for user in page.value]
        link = page.odata_next_link
        page = await graph.users.with_url(link).get() if link else None
    assert len(seen) == len(set(seen)) >= 13


async def test_user_is_created_read_updated_deleted_and_restored(
    graph: GraphServiceClient, hire: User
) -> None:
    assert hire.user_principal_name.endswith("@contoso.example")
    await graph.users.by_user_id(hire.id).patch(User(department="Legal"))
    read = await graph.users.by_user_id(hire.id).get()
    assert read.display_name == "New Hire"
    await graph.users.by_user_id(hire.id).delete()
    with pytest.raises(ODataError) as refused:
        await graph.users.by_user_id(hire.id).get()
    assert refused.value.response_status_code == 404
    assert refused.value.error.code == "Request_ResourceNotFound"
    assert refused.value.error.inner_error.request_id
    binned = await graph.directory.deleted_items.graph_user.get()
    assert hire.id in [item.id for item in binned.value]
    restored = await graph.directory.deleted_items.by_directory_object_id(hire.id).restore.post()
    assert restored.id == hire.id
    assert (await graph.users.by_user_id(hire.id).get()).id == hire.id


async def test_manager_is_assigned_read_and_removed(graph: GraphServiceClient, hire: User) -> None:
    chief = (await graph.users.get()).value[0]
    manager = graph.users.by_user_id(hire.id).manager
    url = f"https://graph.microsoft.com/v1.0/users/{chief.id}"
    await manager.ref.put(ReferenceUpdate(odata_id=url))
    assert (await manager.get()).id == chief.id
    reports = await graph.users.by_user_id(chief.id).direct_reports.get()
    assert hire.id in [report.id for report in reports.value]
    await manager.ref.delete()
    with pytest.raises(APIError) as refused:
        await manager.get()
    assert refused.value.response_status_code == 404


async def test_members_are_added_listed_checked_and_removed(
    graph: GraphServiceClient, hire: User, group: Group
) -> None:
    members = graph.groups.by_group_id(group.id).members
    url = f"https://graph.microsoft.com/v1.0/directoryObjects/{hire.id}"
    await members.ref.post(ReferenceCreate(odata_id=url))
    assert [member.id for member in (await members.get()).value] == [hire.id]
    assert [user.id for user in (await members.graph_user.get()).value] == [hire.id]
    user = graph.users.by_user_id(hire.id)
    assert group.id in [one.id for one in (await user.member_of.get()).value]
    assert group.id in [one.id for one in (await user.transitive_member_of.graph_group.get()).value]
    body = CheckMemberGroupsPostRequestBody(group_ids=[group.id, str(uuid.uuid4())])
    assert (await user.check_member_groups.post(body)).value == [group.id]
    await members.by_directory_object_id(hire.id).ref.delete()
    assert (await members.get()).value == []


async def test_sessions_are_revoked(graph: GraphServiceClient, hire: User) -> None:
    answer = await graph.users.by_user_id(hire.id).revoke_sign_in_sessions.post()
    assert answer.value is True


@pytest.mark.parametrize("family", ["users", "groups"])
async def test_users_and_groups_are_followed_by_delta(
    graph: GraphServiceClient, hire: User, group: Group, family: str
) -> None:
    delta = graph.users.delta if family == "users" else graph.groups.delta
    one = hire if family == "users" else group
    page = await delta.get()
    seen = {row.id for row in page.value}
    while page.odata_next_link:
        page = await delta.with_url(page.odata_next_link).get()
        seen |= {row.id for row in page.value}
    assert one.id in seen
    if family == "users":
        await graph.users.by_user_id(one.id).delete()
    else:
        await graph.groups.by_group_id(one.id).delete()
    page = await delta.with_url(page.odata_delta_link).get()
    (gone,) = [row for row in page.value if row.id == one.id]
    assert gone.additional_data["@removed"] == {"reason": "changed"}
