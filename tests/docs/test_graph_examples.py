"""The examples of `docs/graph.md` run, on a Graph that is told what to answer."""

import re
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from heliograph.graph.attachments import NewAttachment
from heliograph.graph.mail import compose
from heliograph.graph.mailbox_settings import automatic_replies
from heliograph.graph.spans import Span
from heliograph.graph.suggestions import Invitee, MeetingNeeds
from heliograph.testing import FakeGraph, FakeRun

PAGE = Path(__file__).parents[2] / "docs" / "graph.md"
WORDS = {
    "NewAttachment": NewAttachment,
    "automatic_replies": automatic_replies,
    "draft": "draft",
    "handbook": Path(__file__),
    "leaver": "lene.holm@contoso.com",
    "Invitee": Invitee,
    "MeetingNeeds": MeetingNeeds,
    "Span": Span,
    "compose": compose,
    "monday": datetime(2026, 11, 23, tzinfo=UTC),
    "timedelta": timedelta,
}


async def run(section: str, graph: FakeGraph) -> dict[str, Any]:
    """What the names of the section's example stand for, after it has run in a handler."""
    text = PAGE.read_text().partition(f"## {section}\n")[2].partition("\n## ")[0]
    (example,) = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    body = textwrap.indent(f"{example}\nreturn locals()", "    ")
    names: dict[str, Any] = dict(WORDS)
    exec(f"async def example(ctx):\n{body}", names)  # noqa: S102 (our own page)
    found: dict[str, Any] = await names["example"](FakeRun(graph).attempt())
    return found


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
