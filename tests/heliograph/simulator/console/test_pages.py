"""The page as HTTP and as HTML: what it shows, what its forms do, what protects it."""

import re
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from heliograph.simulator.control.calls import ROOT


class _Page(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


async def _page(scene: Any, path: str = "/_simulator/") -> _Page:
    return _Page((await _get(scene, path)).text)


async def _get(scene: Any, path: str, **headers: str) -> httpx.Response:
    url = f"{scene.simulator.ready['graph']}{path}"
    answer = await scene.graph.get(url, headers=headers)
    assert isinstance(answer, httpx.Response)
    return answer


async def _send(scene: Any, form: str, fields: dict[str, str], **headers: str) -> httpx.Response:
    answer = await scene.control("POST", f"forms/{form}", data=fields, headers=headers)
    assert isinstance(answer, httpx.Response)
    return answer


@pytest.mark.parametrize("path", ["/", "/_simulator"])
async def test_shorter_addresses_lead_to_the_page(scene: Any, path: str) -> None:
    answer = await _get(scene, path)
    assert (answer.status_code, answer.headers["location"]) == (307, f"{ROOT}/")


async def test_page_shows_tenant_subscriptions_and_deliveries(scene: Any) -> None:
    lene = (await scene.users())[0]
    await scene.subscribe(f"users/{lene['id']}/messages", "created")
    await scene.act("messages.received", user=lene["id"], subject="x")
    await scene.control("GET", "deliveries?wait=5")
    text = (await _page(scene)).text
    assert "contoso.example" in text
    assert scene.simulator.ready["tenant_id"] in text
    assert f"users/{lene['id']}/messages" in text
    assert "active" in text
    assert "delivered" in text
    assert re.search(r"202 after \d+ ms", text)
    assert '"changeType": "created"' in text
    assert "echoed" in text
    assert lene["displayName"] in text


async def test_states_are_told_in_words(scene: Any) -> None:
    lene = (await scene.users())[0]["id"]
    made = await scene.subscribe(f"users/{lene}/messages", "created")
    await scene.act("users.updated", user=lene, accountEnabled=False)
    await scene.control("POST", "lifecycle", json={"subscription": made["id"]})
    assert "challenged to reauthorize" in (await _page(scene)).text
    pause = {"subscription": made["id"], "unauthorized": True}
    await scene.control("POST", "lifecycle", json=pause)
    text = (await _page(scene)).text
    assert "paused until it is reauthorized" in text
    assert "disabled" in text


async def test_form_creates_a_user_and_leads_back_with_a_message_shown_once(scene: Any) -> None:
    fields = {"event": "users.created", "set.displayName": "Ada Quist", "more": "jobTitle=Chief\n"}
    answer = await _send(scene, "activity", fields)
    assert answer.status_code == 303
    page = await _page(scene, answer.headers["location"])
    assert "users.created: ada.quist@contoso.example" in page.text
    assert "Chief" in page.text
    again = await _page(scene, answer.headers["location"])
    assert "users.created: ada.quist" not in again.text


async def test_form_sends_a_mail(scene: Any) -> None:
    lene = (await scene.users())[0]
    fields = {
        "event": "messages.received",
        "user": lene["userPrincipalName"],
        "set.from": "ann@fabrikam.example",
        "set.subject": "Order",
    }
    answer = await _send(scene, "activity", fields, accept="text/plain")
    assert answer.status_code == 200
    assert answer.text.endswith("nobody is subscribed to that")
    (mail,) = (await scene.graph.get(f"/users/{lene['id']}/messages")).json()["value"]
    assert mail["subject"] == "Order"
    assert mail["from"]["emailAddress"]["address"] == "ann@fabrikam.example"


async def test_form_advances_the_clock(scene: Any) -> None:
    before = scene.simulator.world.clock.now()
    await _send(scene, "clock", {"advance": "86400"})
    assert (scene.simulator.world.clock.now() - before).days == 1


async def test_forms_refuse_calls_and_refuse_no_more(scene: Any) -> None:
    fields = {"status": "429", "times": "2", "retryAfter": "2", "path": "/users"}
    assert "429" in (await _send(scene, "faults", fields, accept="text/plain")).text
    assert (await scene.graph.get("/users")).status_code == 429
    assert "Faults that wait" in (await _page(scene)).text
    await _send(scene, "no-faults", {})
    assert (await scene.graph.get("/users")).status_code == 200


async def test_form_tells_a_lifecycle_event(scene: Any) -> None:
    made = await scene.subscribe("users")
    fields = {"subscription": made["id"], "event": "reauthorizationRequired"}
    assert (await _send(scene, "lifecycle", fields)).status_code == 303
    assert (await scene.receiver.some())[0]["lifecycleEvent"] == "reauthorizationRequired"


@pytest.mark.parametrize(
    ("form", "fields", "words"),
    [
        ("activity", {"event": "dance"}, "expected one of"),
        ("activity", {"event": "users.updated", "more": "department"}, "expected NAME=VALUE"),
        ("activity", {"event": "users.deleted", "user": "nobody"}, "does not exist"),
        ("clock", {"advance": "far"}, "$.advance"),
        ("faults", {"status": "x"}, "$.status"),
        ("lifecycle", {"subscription": "none"}, "expected one that lives"),
        ("nothing", {}, "There is no form nothing."),
    ],
)
async def test_form_that_makes_no_sense_is_told_so(
    scene: Any, form: str, fields: dict[str, str], words: str
) -> None:
    answer = await _send(scene, form, fields, accept="text/plain")
    assert answer.status_code == 400
    assert words in answer.text
    shown = await _page(scene, (await _send(scene, form, fields)).headers["location"])
    assert words in shown.text


async def test_what_comes_from_outside_is_escaped(scene: Any) -> None:
    evil = "<script>alert(1)"
    await scene.act("users.created", displayName=evil, mailNickname="evil", department=evil)
    url = f"{scene.receiver.url}/notify?x=%3Cscript%3E<script>"
    await scene.subscribe(f"groups/{evil}", notificationUrl=url)
    answer = await _send(scene, "activity", {"event": evil})
    for path in (answer.headers["location"], "/_simulator/live"):
        text = (await _get(scene, path)).text
        assert "<script>" not in text
        assert "&lt;script&gt;alert(1)" in text


async def test_page_brings_all_it_needs_and_nothing_else_may_run(scene: Any) -> None:
    answer = await _get(scene, "/_simulator/")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    page = _Page(answer.text)
    needed = [tag.get("src") or tag.get("href") for _, tag in page.tags if "src" in tag]
    needed += [tag["href"] for name, tag in page.tags if name == "link"]
    assert len(needed) == 4
    for path in needed:
        assert path is not None
        file = await _get(scene, path)
        assert file.status_code == 200
        assert "http" not in file.text.replace("http://www.w3.org/2000/svg", "")
    assert not [tag for _, tag in page.tags if any(name.startswith("on") for name in tag)]
    assert not [tag for _, tag in page.tags if "style" in tag]
    assert (await _get(scene, "/_simulator/static/..%2Fpages.py")).status_code == 404


async def test_page_can_be_used_by_everybody(scene: Any) -> None:
    """A language, one main heading, a label for each field, scope for each column head."""
    await scene.subscribe("users")
    page = await _page(scene)
    assert ("html", {"lang": "en"}) in page.tags
    assert [name for name, _ in page.tags].count("h1") == 1
    labelled = {tag.get("for") for name, tag in page.tags if name == "label"}
    inside = False
    for name, tag in page.tags:
        inside = name == "label" or (inside and name in {"option", "input", "select", "textarea"})
        if name in {"input", "select", "textarea"} and tag.get("type") != "hidden":
            assert inside or tag.get("id") in labelled, tag
    assert all(tag.get("scope") == "col" for name, tag in page.tags if name == "th")
    ids = [tag["id"] for _, tag in page.tags if "id" in tag]
    assert len(ids) == len(set(ids))
    assert ("p", {"id": "said", "role": "status"}) in page.tags


async def test_live_part_is_sent_when_it_has_changed(scene: Any) -> None:
    answer = await _get(scene, "/_simulator/live")
    for _ in range(2):  # the clock is shown to the minute, which may turn in between
        mark = answer.headers["etag"]
        answer = await _get(scene, "/_simulator/live", **{"if-none-match": mark})
    assert (answer.status_code, answer.content) == (304, b"")
    await scene.act("users.created")
    mark = answer.headers["etag"]
    changed = await _get(scene, "/_simulator/live", **{"if-none-match": mark})
    assert changed.status_code == 200
    assert "New Hire" in changed.text


@pytest.mark.parametrize("path", ["forms/activity", "activity", "clock", "faults"])
async def test_page_of_another_site_cannot_have_a_browser_act(scene: Any, path: str) -> None:
    before = scene.simulator.world.store.sequence
    answer = await scene.control(
        "POST", path, content=b'{"event":"users.created"}', headers={"sec-fetch-site": "cross-site"}
    )
    assert answer.status_code == 403
    assert scene.simulator.world.store.sequence == before


async def test_many_are_shown_in_part(stage: Any) -> None:
    async with stage(users=500) as scene:
        page = await _page(scene)
        assert "People (500)" in page.text
        assert [name for name, _ in page.tags].count("tr") < 100
