"""Licences, photos, admin roles, audits and what is deleted, through Microsoft's SDK."""

import uuid

import pytest
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphServiceClient
from msgraph.generated.audit_logs.directory_audits.directory_audits_request_builder import (
    DirectoryAuditsRequestBuilder,
)
from msgraph.generated.models.assigned_license import AssignedLicense
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.unified_role_assignment import UnifiedRoleAssignment
from msgraph.generated.models.user import User
from msgraph.generated.users.item.assign_license.assign_license_post_request_body import (
    AssignLicensePostRequestBody,
)

ONE_PIXEL = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300080606070605080707070909080a0c140d0c0b0b0c"
    "1912130f141d1a1f1e1d1a1c1c20242e2720222c231c1c2837292c30313434341f27393d38323c2e333432ffc000"
    "0b080001000101011100ffc4001f0000010501010101010100000000000000000102030405060708090a0bffc400"
    "b5100002010303020403050504040000017d01020300041105122131410613516107227114328191a1082342b1c1"
    "1552d1f02433627282090a161718191a25262728292a3435363738393a434445464748494a535455565758595a63"
    "6465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6"
    "b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9faffda0008"
    "010100003f00fbd3ffd9"
)


@pytest.fixture
async def hire(graph: GraphServiceClient) -> User:
    nick = f"admin.{uuid.uuid4().hex[:8]}"
    return await graph.users.post(
        User(
            account_enabled=True,
            display_name="New Hire",
            mail_nickname=nick,
            user_principal_name=f"{nick}@contoso.example",
            usage_location="DK",
            password_profile=PasswordProfile(password="Simulated-1234"),
        )
    )


async def test_licence_is_assigned_seen_and_taken_back(
    graph: GraphServiceClient, hire: User
) -> None:
    skus = (await graph.subscribed_skus.get()).value
    free = next(sku for sku in skus if sku.consumed_units < sku.prepaid_units.enabled)
    user = graph.users.by_user_id(hire.id)
    licence = AssignedLicense(sku_id=free.sku_id, disabled_plans=[])
    body = AssignLicensePostRequestBody(add_licenses=[licence], remove_licenses=[])
    assigned = await user.assign_license.post(body)
    assert free.sku_id in [one.sku_id for one in assigned.assigned_licenses or []]
    assert free.sku_id in [one.sku_id for one in (await user.license_details.get()).value]
    body = AssignLicensePostRequestBody(add_licenses=[], remove_licenses=[free.sku_id])
    await user.assign_license.post(body)
    assert (await user.license_details.get()).value == []


async def test_photo_is_uploaded_and_retrieved(graph: GraphServiceClient) -> None:
    photo = graph.users.by_user_id("lene.holm@contoso.example").photo
    await photo.content.put(ONE_PIXEL)
    assert await photo.content.get() == ONE_PIXEL
    assert (await photo.get()).id


async def test_admin_role_is_assigned_listed_and_removed(
    graph: GraphServiceClient, hire: User
) -> None:
    directory = graph.role_management.directory
    definitions = (await directory.role_definitions.get()).value
    reader = next(one for one in definitions if one.display_name == "Directory Readers")
    made = await directory.role_assignments.post(
        UnifiedRoleAssignment(
            principal_id=hire.id, role_definition_id=reader.id, directory_scope_id="/"
        )
    )
    assignments = directory.role_assignments
    assert made.id in [one.id for one in (await assignments.get()).value]
    await assignments.by_unified_role_assignment_id(made.id).delete()
    assert made.id not in [one.id for one in (await assignments.get()).value]


async def test_audit_tells_who_made_a_change(graph: GraphServiceClient, hire: User) -> None:
    query = DirectoryAuditsRequestBuilder.DirectoryAuditsRequestBuilderGetQueryParameters(
        filter=f"targetResources/any(t:t/id eq '{hire.id}')"
    )
    audits = graph.audit_logs.directory_audits
    (entry,) = (await audits.get(RequestConfiguration(query_parameters=query))).value
    assert entry.activity_display_name == "Add user"
    assert entry.target_resources[0].id == hire.id
    assert entry.initiated_by.app.service_principal_id or entry.initiated_by.app.display_name


async def test_user_is_deleted_for_good(graph: GraphServiceClient, hire: User) -> None:
    await graph.users.by_user_id(hire.id).delete()
    item = graph.directory.deleted_items.by_directory_object_id(hire.id)
    assert (await item.get()).id == hire.id
    await item.delete()
    assert hire.id not in [
        one.id for one in (await graph.directory.deleted_items.graph_user.get()).value
    ]
