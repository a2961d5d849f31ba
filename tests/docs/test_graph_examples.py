"""The examples of `docs/graph.md` run, on a Graph that is told what to answer."""

import re
import textwrap
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from heliograph.testing import FakeGraph, FakeRun

PAGE = Path(__file__).parents[2] / "docs" / "graph.md"
WORDS: dict[str, Any] = {
    "draft": "draft",
    "file": BytesIO(),
    "handbook": Path(__file__),
    "leaver": "lene.holm@contoso.com",
    "monday": datetime(2026, 11, 23, tzinfo=UTC),
    "timedelta": timedelta,
    "ids": ["1", "2"],
    "user": "lene.holm@contoso.com",
}


async def run(section: str, graph: FakeGraph) -> dict[str, Any]:
    """What the names of the section's example stand for, after it has run in a handler."""
    text = PAGE.read_text().partition(f"# {section}\n")[2].partition("\n## ")[0]
    (example,) = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    body = textwrap.indent(f"{example}\nreturn locals()", "    ")
    names: dict[str, Any] = dict(WORDS)
    exec(f"async def example(ctx, kept_link=''):\n{body}", names)  # noqa: S102 (our own page)
    found: dict[str, Any] = await names["example"](FakeRun(graph).attempt())
    return found


async def test_the_managers_of_a_department_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    user = {"id": "1", "displayName": "Lene Holm"}
    await run(
        "The Graph client",
        FakeGraph({"GET /users": {"value": [user]}, "GET /users/1/manager": {"id": "2"}}),
    )
    assert capsys.readouterr().out == "Lene Holm User(id='2')\n"


async def test_a_photo_is_written_to_a_file() -> None:
    await run("Photos", FakeGraph({"GET /users/*/photos/240x240/$value": "jpeg"}))
    assert WORDS["file"].getvalue() == b'"jpeg"'


async def test_recent_documents_are_told_with_their_source() -> None:
    document = {"resourceReference": {"id": "drives/1/items/2", "webUrl": "https://x"}}
    graph = FakeGraph({"GET /users/*/insights/used": {"value": [document]}})
    found = (await run("Insights and people", graph))["found"]
    assert (found.source, found.items[0].web_url) == ("insights/used@user", "https://x")


async def test_users_are_followed() -> None:
    link = "https://graph.microsoft.com/v1.0/users/delta?$deltatoken=x"
    entries = [{"id": "1"}, {"id": "2"}, {"id": "2", "@removed": {"reason": "changed"}}]
    graph = FakeGraph({"GET /users/delta": {"value": entries, "@odata.deltaLink": link}})
    found = await run("Delta: what changed since", graph)
    assert (list(found["known"]), found["kept_link"]) == (["1"], link)


async def test_a_mail_is_sent_once() -> None:
    graph = FakeGraph(
        {
            "GET /users/*/messages": {"value": []},
            "POST /users/*/messages": {"id": "draft", "isDraft": True},
            "POST /users/*/messages/draft/send": 202,
        }
    )
    await run("Mail", graph)
    assert [request.path.rpartition("/")[2] for request in graph.writes] == ["messages", "send"]


async def test_times_to_meet_are_found_without_a_signed_in_user() -> None:
    addresses = ["amir.haddad@contoso.com", "lene.holm@contoso.com", "cph302@contoso.com"]
    schedules = {"value": [{"scheduleId": address} for address in addresses]}
    graph = FakeGraph({"POST /users/*/calendar/getSchedule": schedules})
    times = (await run("Free and busy, and times to meet", graph))["times"]
    assert times.source == "getSchedule"
    assert times.suggestions[0].start == WORDS["monday"]


async def test_an_attachment_is_added_and_read() -> None:
    place = "/users/*/messages/draft/attachments"
    graph = FakeGraph({f"POST {place}": {"id": "a"}, f"GET {place}/attachment/$value": "content"})
    assert (await run("Attachments", graph))["size"] == len('"content"')


async def test_a_leaver_is_tidied_up_after() -> None:
    forward = {"forwardTo": [{"emailAddress": {"address": "lene@example.com"}}]}
    rules = [{"id": "1", "actions": forward}, {"id": "2", "actions": {"delete": True}}]
    place = "/users/*/mailFolders/inbox/messageRules"
    graph = FakeGraph(
        {
            "PATCH /users/*/mailboxSettings": {},
            f"GET {place}": {"value": rules},
            f"DELETE {place}/1": 204,
        }
    )
    await run("Mailbox settings, rules and categories", graph)
    assert [request.method for request in graph.writes] == ["PATCH", "DELETE"]


async def test_an_event_is_made_once() -> None:
    graph = FakeGraph({"POST /users/*/events": {"id": "e"}})
    assert (await run("Events", graph))["event"].id == "e"
    assert graph.writes[0].is_repeatable


async def test_managers_are_read_in_one_batch() -> None:
    answers = [{"id": "0", "status": 200, "body": {"id": "9"}}, {"id": "1", "status": 404}]
    graph = FakeGraph({"POST /$batch": {"responses": answers}})
    assert len((await run("Many calls in one", graph))["found"]) == 1
