"""The sign-in in a browser: a code at once for whoever is named, bound to its verifier."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.heliograph.simulator.entra.conftest import claims, refused

REDIRECT = "http://localhost:5000/callback"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-in-all"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:-1]


async def _authorize(scene: Any, **query: str) -> httpx.Response:
    ready = scene.simulator.ready
    usual = {
        "client_id": ready["client_id"],
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "scope": "User.Read openid offline_access",
        "state": "s t&te",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **query,
    }
    values = {name: value for name, value in usual.items() if value}
    url = f"{ready['authority']}/{ready['tenant_id']}/oauth2/v2.0/authorize"
    return await scene.graph.get(url, params=values)  # type: ignore[no-any-return]  # httpx


def _told(answer: httpx.Response) -> dict[str, str]:
    """What the address that the browser is sent to tells the app."""
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(REDIRECT)
    parts = urlsplit(answer.headers["location"])
    return {name: found[0] for name, found in parse_qs(parts.query or parts.fragment).items()}


async def test_login_hint_brings_a_code_at_once(scene: Any, ask: Any, person: Any) -> None:
    told = _told(await _authorize(scene, login_hint=person["userPrincipalName"], nonce="n-1"))
    assert told["state"] == "s t&te"
    form = {
        "grant_type": "authorization_code",
        "code": told["code"],
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
    }
    answer = await ask(**form)
    assert claims(answer.json()["access_token"])["oid"] == person["id"]
    assert claims(answer.json()["id_token"])["nonce"] == "n-1"
    assert "refresh_token" in answer.json()
    assert refused(await ask(**form)) == (400, "invalid_grant", 54005)


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"code_verifier": "another"}, (400, "invalid_grant", 501481)),
        ({"code_verifier": ""}, (400, "invalid_grant", 50148)),
        ({"redirect_uri": "http://localhost/"}, (400, "invalid_client", 500112)),
        ({"client_secret": "wrong"}, (401, "invalid_client", 7000215)),
    ],
    ids=["verifier", "no verifier", "redirect", "secret"],
)
async def test_code_is_worth_nothing_to_another(
    scene: Any, ask: Any, person: Any, change: dict[str, str], outcome: tuple[int, str, int]
) -> None:
    told = _told(await _authorize(scene, login_hint=person["id"]))
    form = {
        "grant_type": "authorization_code",
        "code": told["code"],
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
        **change,
    }
    assert refused(await ask(**form)) == outcome


async def test_code_runs_out_after_10_minutes(scene: Any, ask: Any, person: Any) -> None:
    told = _told(await _authorize(scene, login_hint=person["id"], code_challenge=""))
    await scene.advance(minutes=10)
    answer = await ask(grant_type="authorization_code", code=told["code"], redirect_uri=REDIRECT)
    assert refused(answer) == (400, "invalid_grant", 70008)


async def test_plain_challenge_is_the_verifier(scene: Any, ask: Any, person: Any) -> None:
    query = {"code_challenge": VERIFIER, "code_challenge_method": "plain"}
    told = _told(await _authorize(scene, login_hint=person["id"], **query))
    answer = await ask(
        grant_type="authorization_code",
        code=told["code"],
        redirect_uri=REDIRECT,
        code_verifier=VERIFIER,
    )
    assert answer.status_code == 200


async def test_id_token_comes_in_the_fragment_and_needs_a_nonce(scene: Any, person: Any) -> None:
    query = {"login_hint": person["id"], "response_type": "code id_token"}
    answer = await _authorize(scene, **query, nonce="n-2")
    assert "#code=" in answer.headers["location"]
    assert claims(_told(answer)["id_token"])["nonce"] == "n-2"
    assert _told(await _authorize(scene, **query))["error"] == "invalid_request"


async def test_form_post_sends_the_code_by_itself(scene: Any, person: Any) -> None:
    answer = await _authorize(scene, login_hint=person["id"], response_mode="form_post")
    assert answer.status_code == 200
    assert f'action="{REDIRECT}"' in answer.text
    assert 'name="code"' in answer.text
    assert 'value="s t&amp;te"' in answer.text


async def test_without_a_hint_the_person_is_chosen_on_a_page(scene: Any, person: Any) -> None:
    page = await _authorize(scene)
    assert person["displayName"] in page.text
    link = next(part for part in page.text.split('"') if f"login_hint={person['id']}" in part)
    chosen = await scene.graph.get(page.url.join(link.replace("&amp;", "&")))
    assert "code" in _told(chosen)
    silent = _told(await _authorize(scene, prompt="none"))
    assert silent["error"] == "login_required"


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"login_hint": "nobody@contoso.example"}, "invalid_grant"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "https://elsewhere/x"}, "invalid_scope"),
    ],
    ids=["user", "type", "scope"],
)
async def test_app_is_told_what_is_wrong(
    scene: Any, person: Any, query: dict[str, str], error: str
) -> None:
    told = _told(await _authorize(scene, **{"login_hint": person["id"], **query}))
    assert (told["error"], told["state"]) == (error, "s t&te")
    assert told["error_description"].startswith("AADSTS")


@pytest.mark.parametrize("query", [{"client_id": "x"}, {"redirect_uri": "nowhere"}])
async def test_browser_is_not_sent_to_a_stranger(scene: Any, query: dict[str, str]) -> None:
    answer = await _authorize(scene, **{"login_hint": "x", **query})
    assert answer.status_code == 400
    assert "AADSTS" in answer.text
