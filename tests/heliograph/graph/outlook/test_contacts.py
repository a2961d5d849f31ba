from typing import TYPE_CHECKING

import pytest

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
    await graph.contacts.update(LENE, "c", {"displayName": "N. Costa"})
    await graph.contacts.delete(LENE, "c")
    await graph.contacts.delete(LENE, "c")
    one = f"/users/{LENE}/contacts/c"
    assert recorder.calls == [
        f"POST /users/{LENE}/contacts",
        f"PATCH {one}",
        f"DELETE {one}",
        f"DELETE {one}",
    ]
    assert recorder.is_outlook(LENE)


@pytest.mark.parametrize(
    ("known", "sent"),
    [
        ("Nadia Costa", {"companyName": "Fabrikam", "displayName": "Nadia Costa"}),
        (None, {"companyName": "Fabrikam"}),
    ],
    ids=["named", "nameless"],
)
async def test_a_change_keeps_the_display_name(
    graph: GraphClient, recorder: "Recorder", known: str | None, sent: dict[str, str]
) -> None:
    """Graph makes it anew from the names where it is not sent along (reference, C4)."""
    recorder.answer(200, {"displayName": known}).answer(200, {"id": "c"})
    await graph.contacts.update(LENE, "c", {"companyName": "Fabrikam"})
    assert recorder.requests[0].params == {"$select": "displayName"}
    assert recorder.last.json == sent


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


async def test_another_folder_is_named(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"value": []}).answer(201, {"id": "c"})
    assert [contact async for contact in graph.contacts.list(LENE, folder="f=")] == []
    await graph.contacts.create(LENE, {"givenName": "Nadia"}, folder="f=")
    place = f"/users/{LENE}/contactFolders/f%3D/contacts"
    assert recorder.calls == [f"GET {place}", f"POST {place}"]


async def test_contacts_are_found_by_address(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"value": [{"id": "c"}]})
    found = graph.contacts.with_address(LENE, "o'hara@fabrikam.com")
    assert [contact.id async for contact in found] == ["c"]
    where = recorder.last.params["$filter"]
    assert where == "emailAddresses/any(a:a/address eq 'o''hara@fabrikam.com')"


async def test_a_folder_of_contacts_lives_and_dies(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    folder = {"id": "f", "parentFolderId": "root", "displayName": "Auditors"}
    recorder.answer(201, folder).answer(201, {"id": "g"}).answer(200, folder)
    recorder.answer(200, {"value": [folder]}).answer(200, {"value": [{"id": "g"}]})
    recorder.answer(200, folder).answer(204).refuse(404, "ErrorItemNotFound")
    folders = graph.contact_folders
    assert (await folders.create(LENE, "Auditors")).parent_folder_id == "root"
    assert recorder.last.json == {"displayName": "Auditors"}
    await folders.create(LENE, "Lisbon", parent="f")
    assert (await folders.get(LENE, "f")).display_name == "Auditors"
    assert [found.id async for found in folders.list(LENE)] == ["f"]
    assert [found.id async for found in folders.list(LENE, parent="f")] == ["g"]
    await folders.rename(LENE, "f", "Auditors")
    await folders.delete(LENE, "f")
    await folders.delete(LENE, "f")
    place = f"/users/{LENE}/contactFolders"
    assert recorder.calls == [
        f"POST {place}",
        f"POST {place}/f/childFolders",
        f"GET {place}/f",
        f"GET {place}",
        f"GET {place}/f/childFolders",
        f"PATCH {place}/f",
        f"DELETE {place}/f",
        f"DELETE {place}/f",
    ]
    assert recorder.is_outlook(LENE)
