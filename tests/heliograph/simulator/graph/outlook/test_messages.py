"""Messages through the API: graph-users-api.md, 9, M1 to M3, M9 to M11."""

from email import message_from_string
from typing import Any

import pytest

from tests.heliograph.simulator.graph.outlook.owners import IMMUTABLE, Owner, mail

HTML = {
    "contentType": "html",
    "content": "<html><body><p>One</p><p>two &amp; three</p></body></html>",
}


async def test_a_draft_is_complete(lene: Owner, amir: Owner) -> None:
    draft = await lene.post("messages", mail(amir, body={"contentType": "Text", "content": "Hi"}))
    assert draft["@odata.context"].endswith(f"#users('{lene.user['id']}')/messages/$entity")
    assert draft["@odata.etag"] == f'W/"{draft["changeKey"]}"'
    assert (draft["isDraft"], draft["isRead"], draft["bodyPreview"]) == (True, True, "Hi")
    assert draft["body"] == {"contentType": "text", "content": "Hi"}
    assert draft["flag"] == {"flagStatus": "notFlagged"}
    assert draft["internetMessageId"].startswith("<")
    assert draft["webLink"].startswith("https://outlook.office365.com/owa/?ItemID=AAMkA")
    assert "from" not in draft
    drafts = await lene.value("mailFolders/drafts/messages")
    assert [one["id"] for one in drafts] == [draft["id"]]


async def test_a_draft_may_lie_in_any_folder_and_child_folder(lene: Owner) -> None:
    folder = (await lene.post("mailFolders/inbox/childFolders", {"displayName": "Sub"}))["id"]
    draft = await lene.post(f"mailFolders/inbox/childFolders/{folder}/messages", mail())
    assert draft["parentFolderId"] == folder
    assert [one["id"] for one in await lene.value(f"mailFolders/{folder}/messages")] == [
        draft["id"]
    ]
    assert await lene.value("mailFolders/inbox/messages") == []


async def test_what_is_read_only_is_not_taken_from_a_new_draft(lene: Owner) -> None:
    body = {"id": "mine", "isDraft": False, "receivedDateTime": "2001-01-01T00:00:00Z"}
    draft = await lene.post("messages", body)
    assert draft["id"] != "mine"
    assert draft["isDraft"] is True
    assert not draft["receivedDateTime"].startswith("2001")


async def test_names_may_be_in_pascal_case_and_name_their_type(lene: Owner) -> None:
    body = {
        "@odata.type": "#microsoft.graph.message",
        "Subject": "Loud",
        "Importance": "High",
        "ToRecipients": [{"EmailAddress": {"Address": "x@fabrikam.example"}}],
    }
    draft = await lene.post("messages", body)
    assert (draft["subject"], draft["importance"]) == ("Loud", "high")
    assert draft["toRecipients"] == [{"emailAddress": {"address": "x@fabrikam.example"}}]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"subjekt": "x"}, "RequestBodyRead"),
        ({"importance": "urgent"}, "RequestBodyRead"),
        ({"isRead": "perhaps"}, "RequestBodyRead"),
        (
            {"internetMessageHeaders": [{"name": "References", "value": "x"}]},
            "InvalidInternetMessageHeader",
        ),
        (
            {"internetMessageHeaders": [{"name": f"x-{at}", "value": "x"} for at in range(6)]},
            "InvalidInternetMessageHeaderCollection",
        ),
        (
            {
                "flag": {
                    "flagStatus": "flagged",
                    "dueDateTime": {"dateTime": "2030-01-01", "timeZone": "UTC"},
                }
            },
            "ErrorInvalidRequest",
        ),
    ],
    ids=["property", "word", "boolean", "header", "headers", "flag"],
)
async def test_a_malformed_draft_is_refused(lene: Owner, body: Any, code: str) -> None:
    assert await lene.refused("POST", "messages", body) == (400, code)


async def test_headers_come_only_on_request(lene: Owner) -> None:
    header = {"name": "x-case", "value": "100482"}
    draft = await lene.post("messages", mail(internetMessageHeaders=[header]))
    assert "internetMessageHeaders" not in draft
    asked = await lene.get(f"messages/{draft['id']}?$select=internetMessageHeaders,uniqueBody")
    assert asked["internetMessageHeaders"] == [header]
    assert "subject" not in asked


async def test_of_sent_mail_little_may_be_changed(lene: Owner) -> None:
    path = f"messages/{(await lene.mail())['id']}"
    changes = {
        "isRead": True,
        "categories": ["Blue category"],
        "importance": "low",
        "inferenceClassification": "other",
        "flag": {"flagStatus": "complete"},
    }
    changed = await lene.patch(path, changes)
    assert {name: changed[name] for name in changes if name != "flag"} == {
        name: value for name, value in changes.items() if name != "flag"
    }
    assert changed["flag"]["completedDateTime"]["timeZone"] == "UTC"
    for name in ("subject", "body", "toRecipients", "parentFolderId", "isDraft"):
        value = {"body": {}, "toRecipients": [], "isDraft": True}.get(name, "x")
        assert await lene.refused("PATCH", path, {name: value}) == (400, "ErrorInvalidPropertySet")


async def test_a_draft_is_changed_whole(lene: Owner, amir: Owner) -> None:
    path = f"messages/{(await lene.post('messages', mail()))['id']}"
    changed = await lene.patch(
        path, {"body": HTML, "ccRecipients": [amir.person], "subject": "New"}
    )
    assert changed["body"] == HTML
    assert changed["bodyPreview"] == "One\ntwo & three"
    assert changed["ccRecipients"] == [amir.person]


async def test_bodies_come_as_the_caller_prefers(lene: Owner) -> None:
    path = f"messages/{(await lene.post('messages', mail(body=HTML)))['id']}"
    answer = await lene.call("GET", path, headers={"prefer": 'outlook.body-content-type="text"'})
    assert answer.json()["body"] == {"contentType": "text", "content": "One\ntwo & three"}
    assert answer.headers["preference-applied"] == 'outlook.body-content-type="text"'
    plain = await lene.patch(path, {"body": {"contentType": "text", "content": "a < b"}})
    assert plain["body"]["content"] == "a < b"
    asked = await lene.get(path, headers={"prefer": 'outlook.body-content-type="html"'})
    assert asked["body"]["contentType"] == "html"
    assert "a &lt; b" in asked["body"]["content"]


async def test_several_preferences_may_come_in_one_header_or_in_several(lene: Owner) -> None:
    made = await lene.mail()
    preferences = ('IdType="ImmutableId"', 'outlook.body-content-type="text"')
    for headers in ([("prefer", ", ".join(preferences))], [("prefer", one) for one in preferences]):
        answer = await lene.call("GET", f"messages/{made['id']}", headers=headers)
        assert answer.json()["id"] == made["immutableId"]
        assert answer.headers["preference-applied"] == ", ".join(preferences)


async def test_move_gives_a_new_default_id_and_keeps_the_immutable_one(lene: Owner) -> None:
    made = await lene.mail()
    answer = await lene.call(
        "POST", f"messages/{made['id']}/move", json={"DestinationId": "archive"}
    )
    moved = answer.json()
    assert (answer.status_code, moved["@odata.type"]) == (201, "#microsoft.graph.message")
    assert moved["@odata.context"].endswith("$metadata#message")
    assert moved["id"] != made["id"]
    assert await lene.refused("GET", f"messages/{made['id']}") == (404, "ErrorItemNotFound")
    still = await lene.get(f"messages/{made['immutableId']}", headers=IMMUTABLE)
    assert still["id"] == made["immutableId"]
    swapped = made["immutableId"].swapcase()
    assert await lene.refused("GET", f"messages/{swapped}") == (404, "ErrorItemNotFound")
    assert await lene.refused("POST", f"messages/{moved['id']}/move", {}) == (
        400,
        "ErrorInvalidRequest",
    )


async def test_copy_leaves_the_original_and_has_ids_of_its_own(lene: Owner) -> None:
    made = await lene.mail(subject="Twice")
    path = f"messages/{made['id']}"
    copy = await lene.post(f"{path}/copy", {"destinationId": "archive"}, headers=IMMUTABLE)
    assert copy["id"] != made["immutableId"]
    assert copy["subject"] == "Twice"
    original = await lene.get(path)
    assert copy["internetMessageId"] == original["internetMessageId"]


async def test_an_id_that_is_none_is_malformed(lene: Owner) -> None:
    assert await lene.refused("GET", "messages/not!an id") == (400, "ErrorInvalidIdMalformed")
    assert await lene.refused("GET", "messages/AAMkAbc=") == (404, "ErrorItemNotFound")


async def test_a_message_is_found_only_in_the_folder_where_it_lies(lene: Owner) -> None:
    id_ = (await lene.mail())["id"]
    assert (await lene.get(f"mailFolders/inbox/messages/{id_}"))["id"] == id_
    assert await lene.refused("GET", f"mailFolders/drafts/messages/{id_}") == (
        404,
        "ErrorItemNotFound",
    )


async def test_reading_changes_the_etag_and_an_old_one_is_refused(lene: Owner) -> None:
    path = f"messages/{(await lene.mail())['id']}"
    before = (await lene.get(path))["@odata.etag"]
    assert (await lene.patch(path, {"isRead": True}))["@odata.etag"] != before
    stale = {"if-match": before}
    for method, body in (("PATCH", {"isRead": False}), ("DELETE", None)):
        code = await lene.refused(method, path, body, headers=stale)
        assert code == (412, "ErrorIrresolvableConflict")


async def test_deleted_mail_lies_in_deleted_items_first(lene: Owner) -> None:
    path = f"messages/{(await lene.mail())['immutableId']}"
    await lene.delete(path)
    assert (await lene.get("mailFolders/deleteditems"))["totalItemCount"] == 1
    await lene.delete(path)
    assert await lene.refused("GET", path) == (404, "ErrorItemNotFound")


async def test_permanently_deleted_mail_is_gone(lene: Owner) -> None:
    path = f"messages/{(await lene.mail())['immutableId']}"
    await lene.post(f"{path}/microsoft.graph.permanentDelete", status=204)
    assert await lene.refused("GET", path) == (404, "ErrorItemNotFound")
    assert (await lene.get("mailFolders/deleteditems"))["totalItemCount"] == 0


async def test_messages_are_paged_filtered_and_counted(lene: Owner) -> None:
    for number in range(12):
        await lene.mail(subject=f"No {number}")
    first = await lene.get(
        "messages?$count=true&$select= subject , isRead &$filter=isRead eq false"
    )
    second = await lene.get(first["@odata.nextLink"])
    assert (len(first["value"]), len(second["value"]), first["@odata.count"]) == (10, 2, 12)
    assert "$skip=10" in first["@odata.nextLink"]
    assert "@odata.nextLink" not in second
    assert set(first["value"][0]) == {"@odata.etag", "id", "subject", "isRead"}
    assert first["@odata.context"].endswith(f"#users('{lene.user['id']}')/messages(subject,isRead)")
    assert first["value"][0]["subject"] == "No 11"
    assert (await lene.call("GET", "messages/$count")).text == "12"


async def test_the_newest_come_first_and_any_order_can_be_had(lene: Owner) -> None:
    for subject in ("b", "c", "a"):
        await lene.mail(subject=subject)
    found = await lene.value("mailFolders/inbox/messages?$orderby=subject")
    assert [one["subject"] for one in found] == ["a", "b", "c"]
    assert [one["subject"] for one in await lene.inbox()] == ["a", "c", "b"]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("from/emailAddress/address eq 'BOSS@fabrikam.example'", ["x"]),
        ("startswith(subject,'X') or subject eq 'it''s'", ["it's", "x"]),
        ("contains(subject,'t')", ["it's"]),
        ("importance eq 'high' and isRead eq false", ["x"]),
        ("receivedDateTime ge 2001-01-01T00:00:00Z and hasAttachments eq false", ["it's", "x"]),
        ("categories/any(c:c eq 'Red')", ["x"]),
        ("not (importance eq 'high')", ["it's"]),
        ("flag/flagStatus ne 'notFlagged'", []),
    ],
)
async def test_messages_are_filtered(lene: Owner, condition: str, found: list[str]) -> None:
    sender = {"emailAddress": {"address": "boss@fabrikam.example"}}
    await lene.mail(subject="x", **{"from": sender, "importance": "high", "categories": ["Red"]})
    await lene.mail(subject="it's")
    listed = await lene.value("messages", params={"$filter": condition})
    assert [one["subject"] for one in listed] == found


@pytest.mark.parametrize(
    ("condition", "order", "is_fine"),
    [
        (
            "receivedDateTime ge 2001-01-01T00:00:00Z and isRead eq false",
            "receivedDateTime desc",
            True,
        ),
        ("isRead eq false and receivedDateTime ge 2001-01-01T00:00:00Z", "receivedDateTime", False),
        ("isRead eq false", "receivedDateTime desc", False),
        ("isRead eq false and subject eq 'x'", "isRead,subject", True),
        ("isRead eq false and subject eq 'x'", "subject,isRead", False),
    ],
)
async def test_sorting_by_what_is_not_filtered_by_first_is_inefficient(
    lene: Owner, condition: str, order: str, is_fine: bool
) -> None:
    params = {"$filter": condition, "$orderby": order}
    answer = await lene.call("GET", "messages", params=params)
    assert answer.status_code == (200 if is_fine else 400)
    if not is_fine:
        assert answer.json()["error"]["code"] == "InefficientFilter"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("$select=subjekt", "RequestBroker--ParseUri"),
        ("$filter=subjekt eq 'x'", "RequestBroker--ParseUri"),
        ("$orderby=subjekt", "RequestBroker--ParseUri"),
        ("$expand=body", "RequestBroker--ParseUri"),
        ("$filter=subject eq", "BadRequest"),
        ('$search="x"&$filter=isRead eq true', "SearchWithFilter"),
        ('$search="x"&$orderby=subject', "SearchWithOrderBy"),
        ("$top=1001", "Request_BadRequest"),
    ],
)
async def test_a_query_that_makes_no_sense_is_refused(lene: Owner, query: str, code: str) -> None:
    assert await lene.refused("GET", f"messages?{query}") == (400, code)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"pizza"', ["Pizza today"]),
        ("pizza", ["Pizza today"]),
        ('"subject:today"', ["Pizza today"]),
        ('"from:ann"', ["Report"]),
        ('"body:numbers"', ["Report"]),
        ('"pizza OR numbers"', ["Report", "Pizza today"]),
        ('"numbers NOT quarter"', []),
        ('"hasAttachments:false"', ["Report", "Pizza today"]),
        ('"received>=2001-01-01"', ["Report", "Pizza today"]),
        ('"received:2001-01-01..2001-12-31"', []),
        ('"izza"', []),
    ],
)
async def test_messages_are_searched(lene: Owner, text: str, found: list[str]) -> None:
    await lene.mail(subject="Pizza today")
    ann = {"emailAddress": {"name": "Ann Lee", "address": "ann@fabrikam.example"}}
    body = {"contentType": "text", "content": "The numbers of the quarter"}
    await lene.mail(subject="Report", **{"from": ann, "body": body})
    listed = await lene.value("messages", params={"$search": text})
    assert sorted(one["subject"] for one in listed) == sorted(found)


async def test_the_whole_message_comes_as_mime(lene: Owner) -> None:
    made = await lene.mail(subject="Grüße", body={"contentType": "html", "content": "<p>Hi</p>"})
    answer = await lene.call("GET", f"messages/{made['id']}/$value")
    assert answer.headers["content-type"].startswith("text/plain")
    parsed = message_from_string(answer.text)
    assert parsed.get_content_type() == "multipart/alternative"
    assert lene.address in parsed["To"]


async def test_extended_properties_are_told_by_their_id(lene: Owner) -> None:
    id_ = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Case"
    property_ = {"id": id_, "value": "100482"}
    path = f"messages/{(await lene.post('messages', mail(singleValueExtendedProperties=[property_])))['id']}"
    assert "singleValueExtendedProperties" not in await lene.get(path)
    params = {"$expand": f"singleValueExtendedProperties($filter=id eq '{id_}')", "$select": "id"}
    asked = await lene.get(path, params=params)
    assert asked["singleValueExtendedProperties"] == [property_]
    claim = f"singleValueExtendedProperties/Any(ep: ep/id eq '{id_}' and ep/value eq '100482')"
    assert len(await lene.value("messages", params={"$filter": claim})) == 1


async def test_permissions_for_basics_do_not_show_what_was_written(stage: Any) -> None:
    async with stage(permissions=("Mail.ReadBasic.All", "User.Read.All")) as scene:
        owner = Owner(scene=scene, user=(await scene.users())[0])
        made = await owner.mail(subject="Secret", body={"contentType": "text", "content": "x"})
        seen = await owner.get(f"messages/{made['id']}?$select=subject,body,bodyPreview")
        assert set(seen) == {"@odata.context", "@odata.etag", "id", "subject"}
        assert await owner.refused("GET", f"messages/{made['id']}/$value") == (
            403,
            "ErrorAccessDenied",
        )
        assert await owner.refused("POST", "messages", {}) == (403, "ErrorAccessDenied")


@pytest.mark.parametrize("person", [{}, {"emailAddress": None}, {"emailAddress": {"name": "N"}}])
async def test_people_without_an_address_break_nothing(
    lene: Owner, amir: Owner, person: Any
) -> None:
    body = {
        "subject": "two\r\nlines",
        "toRecipients": [amir.person, person],
        "from": person,
        "body": {"contentType": "html"},
        "internetMessageHeaders": [{"name": "x-a b\n", "value": "c\nd"}],
    }
    draft = await lene.post("messages", body)
    path = f"messages/{draft['id']}"
    assert len(await lene.value("messages", params={"$search": '"lines"'})) == 1
    assert "Subject: two lines" in (await lene.call("GET", f"{path}/$value")).text
    answer = await lene.post(f"{path}/createReply", {"comment": "ok"})
    assert answer["subject"].startswith("RE: two")
