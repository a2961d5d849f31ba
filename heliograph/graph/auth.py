"""Access tokens for Graph, from Entra by way of MSAL, kept in the memory of this process.

MSAL blocks, so it works in a thread, for one caller at a time; the others wait for the same answer.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import certifi
import msal  # type: ignore[import-untyped]  # MSAL ships no types
import requests
from msal.exceptions import MsalError  # type: ignore[import-untyped]  # as above

from heliograph.errors import GraphError, Unauthenticated
from heliograph.graph.answers import cut
from heliograph.graph.clouds import Endpoints, endpoints
from heliograph.graph.transport import NeverSent
from heliograph.settings import Tenant

RENEW_BEFORE_SECONDS = 300.0
"""A token is renewed so long before its end, and used until its end where that fails."""

ANSWER_WITHIN_SECONDS = 30.0

_TRANSIENT = frozenset({"temporarily_unavailable", "server_error", "service_unavailable"})


class TokenSource(Protocol):
    """Gives a bearer token, and never *refused* again, which Graph has answered with 401."""

    async def token(self, *, refused: str = "") -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    text: str = field(repr=False)
    renew_at: float
    ends_at: float


class ClientCredentials:
    """The tokens of an app with a client secret: the app itself, without a signed-in user."""

    def __init__(self, tenant: Tenant, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._tenant = tenant
        self._endpoints = endpoints(tenant)
        self._clock = clock
        self._application: Any = None  # made in the thread: MSAL asks the authority for its address
        self._held: _Held | None = None
        self._flight: asyncio.Task[_Held] | None = None

    async def token(self, *, refused: str = "") -> str:
        """A token that is valid for now.

        Raises Unauthenticated where Entra refuses, Unavailable where it does not answer.
        """
        held = self._held
        now = self._clock()
        if held and held.text != refused and now < held.renew_at:
            return held.text
        try:
            return (await self._renewed()).text
        except GraphError:
            if held and held.text != refused and now < held.ends_at:
                return held.text
            raise

    async def _renewed(self) -> _Held:
        """One flight for all who wait; it goes on when one of them is cancelled."""
        if self._flight is None or self._flight.done():
            self._flight = asyncio.create_task(self._renew())
            self._flight.add_done_callback(_look_at)
        return await asyncio.shield(self._flight)

    async def _renew(self) -> _Held:
        answer = await asyncio.to_thread(self._ask)
        self._held = _held(answer, now=self._clock())
        return self._held

    def _ask(self) -> Mapping[str, object]:
        """What Entra answers. Runs in a thread, never twice at once."""
        try:
            if self._application is None:
                self._application = _application(self._tenant, self._endpoints)
            self._application.remove_tokens_for_client()  # the cache is ours, see `token`
            answer: Mapping[str, object] = self._application.acquire_token_for_client(
                scopes=[self._endpoints.scope]
            )
        except (requests.RequestException, MsalError, RuntimeError) as error:
            raise NeverSent(f"no token: {type(error).__name__} from the authority") from error
        except (ValueError, KeyError) as error:
            raise Unauthenticated(f"no token: {cut(str(error))}") from error
        return answer


def _application(tenant: Tenant, ends: Endpoints) -> Any:  # noqa: ANN401 (MSAL has no types)
    return msal.ConfidentialClientApplication(
        tenant.client_id,
        client_credential=tenant.client_secret.reveal(),
        authority=f"{ends.authority}/{tenant.tenant_id}",
        # MSAL would ask login.microsoftonline.com whether it knows the host of a simulator.
        instance_discovery=None if ends.authority_is_microsoft else False,
        http_client=_session(tenant.ca_file),
    )


def _session(ca_file: Path | None) -> requests.Session:
    """HTTP for MSAL. REQUESTS_CA_BUNDLE would win over `verify`, were the environment read."""
    session = _Session()
    session.trust_env = False
    session.verify = str(ca_file or certifi.where())
    session.headers["connection"] = "close"  # a call an hour keeps no connection
    return session


class _Session(requests.Session):
    """A session with a time-out, which MSAL sets only on sessions of its own making."""

    def request(self, *args: Any, **options: Any) -> requests.Response:  # noqa: ANN401 (passed on)
        return super().request(*args, **{"timeout": ANSWER_WITHIN_SECONDS, **options})


def _held(answer: Mapping[str, object], *, now: float) -> _Held:
    text = answer.get("access_token")
    if not isinstance(text, str):
        raise _refusal(answer)
    lasts = float(str(answer.get("expires_in", 0)))
    early = min(RENEW_BEFORE_SECONDS, lasts / 2)
    return _Held(text=text, renew_at=now + lasts - early, ends_at=now + lasts)


def _refusal(answer: Mapping[str, object]) -> GraphError:
    code = cut(str(answer.get("error", "")))
    text = cut(str(answer.get("error_description", "")))
    said = ": ".join(part for part in (code, text) if part) or "no reason given"
    kind = NeverSent if code in _TRANSIENT else Unauthenticated
    return kind(f"no token: {said}", status=0 if kind is NeverSent else 401, code=code)


def _look_at(flight: "asyncio.Task[_Held]") -> None:
    """Its error was seen, also where all who waited have gone."""
    if not flight.cancelled():
        flight.exception()
