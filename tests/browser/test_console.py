"""The simulator's page in a real Chromium: live, by mouse and by keyboard, in light and in dark."""

import json
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.chromium import Chromium

ROOT = Path(__file__).parents[2]

PEOPLE = "document.getElementById('people-title').parentElement.textContent"
SAID = "(document.getElementById('said')?.textContent ?? '')"
CONTRAST = """
(() => {
  const paint = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = paint(color).map((one) => one / 255)
      .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = getComputedStyle(one).backgroundColor;
      if ((paint(color)[3] ?? 1) > 0) return color;
    }
    return "rgb(255,255,255)";
  };
  const faint = [];
  for (const element of document.querySelectorAll("h1,h2,p,label,dt,dd,th,td,button,code,span")) {
    const text = element.textContent.trim();
    if (!text || !element.checkVisibility()) continue;
    const pair = [light(getComputedStyle(element).color), light(ground(element))].sort();
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (ratio < 4.5) faint.push(`${ratio.toFixed(2)} ${text.slice(0, 30)}`);
  }
  return faint;
})()
"""


class _Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        token = parse_qs(urlsplit(self.path).query).get("validationToken", [""])[0].encode()
        self.send_response(200 if token else 202)
        self.send_header("content-type", "text/plain")
        self.send_header("content-length", str(len(token)))
        self.end_headers()
        self.wfile.write(token)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name)
        pass


@pytest.fixture(scope="module")
def receiver() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/notify"
        server.shutdown()


@pytest.fixture(scope="module")
def ready() -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "heliograph", "simulate", "--no-tls"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.terminate()


@pytest.fixture
def tab(ready: dict[str, Any]) -> Iterator[Chromium]:
    """A tab that shows the page; at its end nothing has complained."""
    with Chromium() as chromium:
        chromium.open(ready["graph"])
        chromium.until("document.getElementById('pulse').textContent === 'Live'")
        yield chromium
        assert chromium.complaints() == []


def _post(url: str, body: Any, token: str = "") -> Any:
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310 (loopback)
    with urllib.request.urlopen(request) as answer:  # noqa: S310 (loopback)
        return json.load(answer)


def _subscribe(ready: dict[str, Any], receiver: str, resource: str) -> str:
    until = datetime.now(UTC) + timedelta(hours=5)
    wish = {
        "changeType": "created,updated,deleted",
        "notificationUrl": receiver,
        "resource": resource,
        "expirationDateTime": until.isoformat(),
    }
    return str(_post(f"{ready['graph']}/v1.0/subscriptions", wish, ready["token"])["id"])


def _click(tab: Chromium, text: str) -> None:
    tab.value(
        f"[...document.querySelectorAll('button')].find((b) => b.textContent === {text!r}).click()"
    )


def test_user_is_created_with_a_click(tab: Chromium) -> None:
    tab.value("document.querySelector(\"[name='set.displayName']\").value = 'Ada <b>Quist</b>'")
    _click(tab, "Create user")
    tab.until(f"{SAID}.includes('users.created')")
    tab.until(f"{PEOPLE}.includes('Ada <b>Quist</b>')")


def test_mail_is_sent_with_a_click_and_its_delivery_shown(
    tab: Chromium, ready: dict[str, Any], receiver: str
) -> None:
    _subscribe(ready, receiver, "users/lene.holm@contoso.example/messages")
    tab.until(
        "document.getElementById('subscriptions-title').parentElement.textContent.includes('active')"
    )
    _click(tab, "Send mail")
    tab.until(f"{SAID}.includes('messages.received')")
    tab.until(
        "document.getElementById('deliveries-title').parentElement.textContent.includes('delivered')"
    )


def test_what_is_open_and_focused_stays_so(
    tab: Chromium, ready: dict[str, Any], receiver: str
) -> None:
    _subscribe(ready, receiver, "groups")
    _post(f"{ready['graph']}/_simulator/activity", {"event": "groups.updated"})
    tab.until("/groups/i.test(document.querySelector('summary')?.textContent)")
    tab.value("document.querySelector('summary').focus()")
    tab.press("Enter", code=13, text="\r")
    key = tab.until("document.querySelector('details[open]')?.dataset.key")
    shown = tab.value("document.querySelector('details[open] pre').textContent")
    assert json.loads(shown)["changeType"] == "updated"
    _post(f"{ready['graph']}/_simulator/activity", {"event": "users.created"})
    tab.until(f"{PEOPLE}.includes('New Hire')")
    assert tab.value("document.querySelector('details[open]').dataset.key") == key
    assert tab.value("document.activeElement.localName") == "summary"


def test_error_is_told_in_words(tab: Chromium) -> None:
    tab.value("document.querySelector(\"[name='user']:not(select)\").value = 'nobody'")
    tab.value("document.querySelector(\"select[name='event']\").value = 'users.deleted'")
    _click(tab, "Make it happen")
    tab.until(f"{SAID}.includes(\"Resource 'nobody' does not exist\")")
    words = "getComputedStyle(document.getElementById('said'), '::before').content"
    assert tab.value(words) == '"Not done. "'
    tab.events.clear()  # the refusal itself is logged as a failed request


def test_everything_is_reached_by_keyboard(tab: Chromium) -> None:
    wanted = {"Skip to what happens", "Pause", "Create user", "Send mail", "Advance", "Refuse"}
    seen = set()
    for _ in range(40):
        tab.press("Tab", code=9)
        seen.add(tab.value("document.activeElement.textContent.trim()"))
    assert wanted <= seen


def test_every_field_has_a_name(tab: Chromium) -> None:
    unnamed = tab.value(
        "[...document.querySelectorAll('input:not([type=hidden]),select,textarea')]"
        ".filter((field) => !field.labels.length).map((field) => field.outerHTML)"
    )
    assert unnamed == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_light_and_dark(tab: Chromium, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    tab.call("Emulation.setEmulatedMedia", features=features)
    assert tab.value(CONTRAST) == []


def test_narrow_page_does_not_scroll_sideways(tab: Chromium) -> None:
    tab.call(
        "Emulation.setDeviceMetricsOverride",
        width=390,
        height=800,
        deviceScaleFactor=1,
        mobile=True,
    )
    assert tab.value("document.documentElement.scrollWidth <= innerWidth")


def test_updates_can_be_paused(tab: Chromium, ready: dict[str, Any]) -> None:
    _click(tab, "Pause")
    assert tab.value("document.getElementById('pulse').textContent") == "Paused"
    _click(tab, "Resume")
    assert tab.value("document.getElementById('pulse').textContent") == "Live"


def test_without_a_script_the_form_works_as_well(ready: dict[str, Any]) -> None:
    with Chromium() as tab:
        tab.call("Emulation.setScriptExecutionDisabled", value=True)
        tab.open(f"{ready['graph']}/_simulator/")
        tab.value("document.querySelector(\"[name='set.displayName']\").value = 'No Script'")
        tab.value("document.querySelector('.forms form button').click()")
        tab.until(f"{SAID}.includes('users.created')")
        assert "No Script" in tab.value(PEOPLE)
