"""Requests for tokens, and the tokens taken apart."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import jwt
import pytest

Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def ask(scene: Any) -> Ask:
    """Ask the token endpoint: the app's own credentials unless told otherwise."""

    async def asked(*, tenant: str = "", path: str = "oauth2/v2.0/token", **form: str) -> Any:
        ready = scene.simulator.ready
        own = {"client_id": ready["client_id"], "client_secret": ready["client_secret"]}
        values = {name: value for name, value in {**own, **form}.items() if value}
        url = f"{ready['authority']}/{tenant or ready['tenant_id']}/{path}"
        return await scene.graph.post(url, data=values)

    return asked


@pytest.fixture
def person(scene: Any) -> dict[str, Any]:
    """Somebody who can sign in."""
    directory = scene.simulator.world.directory
    return dict(directory.user(directory.anybody()))


def claims(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def refused(answer: httpx.Response) -> tuple[int, str, int]:
    """What a refusal says: status, word and number."""
    body = answer.json()
    assert body["error_description"].startswith(f"AADSTS{body['error_codes'][0]}: ")
    return answer.status_code, body["error"], body["error_codes"][0]
