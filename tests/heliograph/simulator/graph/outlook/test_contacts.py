"""Contacts and their folders: graph-users-api.md, 10, C1 to C9."""

from typing import Any

import pytest

from tests.heliograph.simulator.graph.outlook.owners import IMMUTABLE, Owner

NADIA = {
    "GivenName": "Nadia",
    "surname": "Costa",
    "companyName": "Fabrikam",
    "emailAddresses": [{"name": "Nadia Costa", "address": "nadia.costa@fabrikam.example"}],
    "businessPhones": ["+351 21 555 0102"],
    "birthday": "1990-04-01T12:00:00+02:00",
}


async def folder(owner: Owner, name: str, place: str = "contactFolders") -> str:
    return str((await owner.post(place, {"displayName": name}))["id"])


async def test_a_contact_is_made_changed_and_deleted(lene: Owner) -> None:
    made = await lene.post("contacts", NADIA)
    assert made["@odata.etag"] == f'W/"{made["changeKey"]}"'
    assert (made["displayName"], made["fileAs"]) == ("Nadia Costa", "Costa, Nadia")
    assert made["birthday"] == "1990-04-01T10:00:00Z"
    assert (made["homeAddress"], made["children"], made["mobilePhone"]) == ({}, [], None)
    path = f"contacts/{made['id']}"
    changed = await lene.patch(path, {"jobTitle": "Auditor", "businessAddress": {"city": "Lisbon"}})
    assert (changed["jobTitle"], changed["businessAddress"]) == ("Auditor", {"city": "Lisbon"})
    assert changed["changeKey"] != made["changeKey"]
    stale = {"if-match": made["@odata.etag"]}
    assert (await lene.refused("PATCH", path, {"title": "x"}, headers=stale))[0] == 412
    immutable = (await lene.get(path, headers=IMMUTABLE))["id"]
    await lene.delete(f"contacts/{immutable}")
    assert await lene.refused("GET", path) == (404, "ErrorItemNotFound")


async def test_names_are_made_from_names_unless_they_are_given(lene: Owner) -> None:
    path = f"contacts/{(await lene.post('contacts', NADIA))['id']}"
    assert (await lene.patch(path, {"surname": "Silva"}))["displayName"] == "Nadia Silva"
    given = await lene.patch(path, {"surname": "Rossi", "displayName": "Dr. Rossi"})
    assert (given["displayName"], given["fileAs"]) == ("Dr. Rossi", "Rossi, Nadia")
    nameless = await lene.post("contacts", {"companyName": "Fabrikam"})
    assert nameless["displayName"] == "Fabrikam"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (
            {"emailAddresses": [{"address": f"{at}@x.example"} for at in range(4)]},
            "ErrorInvalidRequest",
        ),
        ({"nickname": 5}, "RequestBodyRead"),
        ({"phone": "5"}, "RequestBodyRead"),
    ],
)
async def test_a_malformed_contact_is_refused(lene: Owner, body: Any, code: str) -> None:
    assert await lene.refused("POST", "contacts", body) == (400, code)


async def test_contacts_are_filtered_searched_and_paged(lene: Owner) -> None:
    await lene.post("contacts", NADIA)
    for at in range(11):
        await lene.post("contacts", {"givenName": f"No {at:02d}"})
    claim = "emailAddresses/any(a:a/address eq 'Nadia.Costa@fabrikam.example')"
    assert len(await lene.value("contacts", params={"$filter": claim})) == 1
    assert len(await lene.value("contacts", params={"$search": '"fabrikam nadia"'})) == 1
    first = await lene.get("contacts?$count=true&$orderby=displayName&$select=displayName")
    assert (len(first["value"]), first["@odata.count"]) == (10, 12)
    second = (await lene.get(first["@odata.nextLink"]))["value"]
    names = [one["displayName"] for one in (*first["value"], *second)]
    assert names == sorted(names)
    assert (await lene.call("GET", "contacts/$count")).text == "12"


async def test_the_default_folder_is_known_by_its_contacts_and_not_listed(lene: Owner) -> None:
    made = await lene.post("contacts", NADIA)
    assert await lene.value("contactFolders") == []
    default = await lene.get(f"contactFolders/{made['parentFolderId']}")
    assert default["displayName"] == "Contacts"
    assert (await lene.get("contactFolders/contacts"))["id"] == default["id"]


async def test_a_folder_is_made_filled_changed_and_deleted(lene: Owner) -> None:
    id_ = await folder(lene, "Auditors")
    child = await folder(lene, "Old", f"contactFolders/{id_}/childFolders")
    made = await lene.post(f"contactFolders/{id_}/childFolders/{child}/contacts", NADIA)
    assert made["parentFolderId"] == child
    assert await lene.value("contacts") == []
    assert len(await lene.value(f"contactFolders/{child}/contacts")) == 1
    assert (await lene.refused("GET", f"contactFolders/{id_}/contacts/{made['id']}"))[0] == 404
    assert [one["id"] for one in await lene.value(f"contactFolders/{id_}/childFolders")] == [child]
    renamed = await lene.patch(f"contactFolders/{id_}", {"displayName": "Checkers"})
    assert renamed["displayName"] == "Checkers"
    expanded = await lene.get(f"contactFolders/{id_}?$expand=childFolders")
    assert expanded["childFolders"][0]["displayName"] == "Old"
    await lene.delete(f"contactFolders/{id_}")
    for gone in (f"contactFolders/{child}", f"contacts/{made['id']}"):
        assert (await lene.refused("GET", gone))[0] == 404


async def test_no_two_folders_of_one_place_share_a_name_and_the_default_one_stays(
    lene: Owner,
) -> None:
    await folder(lene, "Auditors")
    refused = await lene.refused("POST", "contactFolders", {"displayName": "auditors"})
    assert refused == (409, "ErrorFolderExists")
    assert (await lene.refused("POST", "contactFolders", {}))[0] == 400
    for method, body in (("DELETE", None), ("PATCH", {"displayName": "Mine"})):
        refused = await lene.refused(method, "contactFolders/contacts", body)
        assert refused == (400, "ErrorDeleteDistinguishedFolder")


async def test_a_contact_and_a_folder_may_be_moved(lene: Owner) -> None:
    place, other = await folder(lene, "One"), await folder(lene, "Two")
    made = await lene.post("contacts", NADIA)
    immutable = (await lene.get(f"contacts/{made['id']}", headers=IMMUTABLE))["id"]
    moved = await lene.patch(f"contacts/{made['id']}", {"parentFolderId": place})
    assert (moved["parentFolderId"], moved["id"] != made["id"]) == (place, True)
    assert (await lene.get(f"contacts/{immutable}", headers=IMMUTABLE))["id"] == immutable
    await lene.patch(f"contactFolders/{place}", {"parentFolderId": other})
    assert len(await lene.value(f"contactFolders/{other}/childFolders")) == 1
    below = await lene.post("contactFolders", {"displayName": "Three", "parentFolderId": other})
    assert below["parentFolderId"] == other


async def test_a_contact_may_have_a_photo(lene: Owner) -> None:
    made = await lene.post("contacts", NADIA)
    path = f"contacts/{made['id']}/photo"
    assert await lene.refused("GET", f"{path}/$value") == (404, "ImageNotFound")
    # The start and the frame of a JPEG, 32 by 24.
    content = b"\xff\xd8\xff\xc0\x00\x0b\x08\x00\x18\x00\x20\x01\x01\x11\x00\xff\xd9"
    jpeg = {"content-type": "image/jpeg"}
    for method in ("PUT", "PATCH"):
        answer = await lene.call(method, f"{path}/$value", content=content, headers=jpeg)
        assert answer.status_code == 200
    raw = await lene.call("GET", f"{path}/$value")
    assert (raw.content, raw.headers["content-type"]) == (content, "image/jpeg")
    known = await lene.get(path)
    assert (known["id"], known["width"], known["height"]) == ("32X24", 32, 24)
    assert (await lene.get(f"contacts/{made['id']}"))["changeKey"] != made["changeKey"]
    answer = await lene.call("PUT", f"{path}/$value", content=b"x", headers=jpeg)
    assert answer.json()["error"]["code"] == "ErrorInvalidImage"
