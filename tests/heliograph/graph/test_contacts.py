from typing import TYPE_CHECKING

from heliograph.graph import GraphClient

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

LENE = "lene.holm@contoso.com"


async def test_contacts_live_from_creation_to_deletion(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(201, {"id": "c", "displayName": "Nadia Costa"}).answer(200, {"id": "c"})
    recorder.answer(204).refuse(404, "ErrorItemNotFound")
    assert (await graph.contacts.create(LENE, {"givenName": "Nadia"})).display_name == "Nadia Costa"
    await graph.contacts.update(LENE, "c", {"companyName": "Fabrikam"})
    await graph.contacts.delete(LENE, "c")
    await graph.contacts.delete(LENE, "c")
    assert [(request.method, request.path) for request in recorder.requests] == [
        ("POST", f"/users/{LENE}/contacts"),
        ("PATCH", f"/users/{LENE}/contacts/c"),
        ("DELETE", f"/users/{LENE}/contacts/c"),
        ("DELETE", f"/users/{LENE}/contacts/c"),
    ]
    assert {request.headers["prefer"] for request in recorder.requests} == {'IdType="ImmutableId"'}
    assert {request.mailbox for request in recorder.requests} == {LENE}


async def test_a_contact_is_read_typed_and_raw(graph: GraphClient, recorder: "Recorder") -> None:
    body = {
        "id": "c",
        "homeAddress": {},
        "emailAddresses": [{"name": "Nadia", "address": "n@fabrikam.com"}],
    }
    recorder.answer(200, body).answer(200, {"@odata.etag": "x", **body})
    contact = await graph.contacts.get(LENE, "c")
    assert contact.email_addresses is not None
    assert contact.email_addresses[0].address == "n@fabrikam.com"
    assert await graph.contacts.get_properties(LENE, "c", ("id", "homeAddress")) == body


async def test_contacts_are_listed(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"value": [{"id": "c"}]})
    assert [contact.id async for contact in graph.contacts.list(LENE)] == ["c"]
    assert "displayName" in recorder.last.params["$select"]
