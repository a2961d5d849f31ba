"""Whose token a call takes, and the call with that token and an id of its own.

Decided by `requirements`: a signed-in user's is taken only where the app's cannot do it, and the
settings allow it. What nobody at hand can do is refused here, and never sent.
"""

import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from heliograph.errors import GraphError, NotPermitted
from heliograph.graph.auth import SignedIn, TokenSource
from heliograph.graph.claims import claims_of
from heliograph.graph.requirements import (
    Refusal,
    are_enough,
    only_for_users,
    refusal_of_app,
    scope_of,
)
from heliograph.graph.transport import Request, Response, Transport
from heliograph.settings import Tenant

LOOK_AGAIN_AFTER_SECONDS = 60.0
"""How often at most a token is replaced, to see whether what it lacks has been granted."""


class Users(Protocol):
    """The signed-in users of a tenant."""

    async def of(self, user: str | None) -> SignedIn | None:
        """*user*, by id or name, or whoever has signed in last; None where nobody has."""


class Nobody:
    """No signed-in users: where a client has no place to keep their tokens."""

    async def of(self, user: str | None) -> SignedIn | None:  # noqa: ARG002 (there is none of them)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Caller:
    who: Literal["app", "user"]
    tokens: TokenSource


class Authorized:
    """Puts token and a fresh `client-request-id` on each call; renews a refused token once."""

    def __init__(
        self,
        inner: Transport,
        app: TokenSource,
        *,
        tenant: Tenant,
        users: Users | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner = inner
        self._app = app
        self._tenant = tenant
        self._users = users or Nobody()
        self._clock = clock
        self._looked_at = -LOOK_AGAIN_AFTER_SECONDS

    async def send(self, request: Request) -> Response:
        """The answer to *request*. Raises NotPermitted where nobody at hand can make the call."""
        caller = await self._choose(request)
        token = await caller.tokens.token()
        response = await self._send(request, token)
        if response.status == 401:
            response = await self._send(request, await caller.tokens.token(refused=token))
        return replace(response, caller=caller.who)

    async def _choose(self, request: Request) -> _Caller:
        refusal = await self._refusal_of_app(request)
        if refusal is None:
            return _Caller(who="app", tokens=self._app)
        # A batch has one token: whoever made it sends its calls one by one then.
        if request.parts or (request.caller == "app" and not refusal.users_can):
            raise _not_permitted(request, refusal)
        return _Caller(who="user", tokens=await self._tokens_of_user(request, refusal))

    async def _refusal_of_app(self, request: Request) -> Refusal | None:
        parts = request.parts or (request,)
        if user_call := next((part for part in parts if part.caller == "user"), None):
            return only_for_users(user_call)
        if not self._tenant.preflight or request.upload_url is not None:
            return None
        token = await self._app.token()
        refusal = _first_refusal(parts, token)
        if refusal is None or refusal.users_can or not self._may_look_again():
            return refusal
        with suppress(GraphError):  # where no other token can be had, the refusal stands
            token = await self._app.token(refused=token)
        return _first_refusal(parts, token)

    def _may_look_again(self) -> bool:
        now = self._clock()
        if now < self._looked_at + LOOK_AGAIN_AFTER_SECONDS:
            return False
        self._looked_at = now
        return True

    async def _tokens_of_user(self, request: Request, app: Refusal) -> TokenSource:
        """The tokens of a user who can make the call; *app* is why the app cannot."""
        name = self._tenant.name
        log_in = f"run `heliograph login {name}`"
        if not are_enough(self._tenant.delegated_permissions, request):
            key = f"tenants.{name}.delegated_permissions"
            raise _not_permitted(request, app, f"add {scope_of(request)} to {key} and {log_in}")
        user = await self._users.of(request.as_user)
        if user is None:
            whom = " as the user whom the call is for" if request.as_user else ""
            raise _not_permitted(request, app, log_in + whom)
        if not are_enough(user.permissions, request):
            raise _not_permitted(request, app, f"{log_in} again, to consent to {scope_of(request)}")
        return user.tokens

    async def _send(self, request: Request, token: str) -> Response:
        call_id = str(uuid.uuid4())
        own = {"authorization": f"Bearer {token}", "client-request-id": call_id}
        response = await self._inner.send(replace(request, headers={**request.headers, **own}))
        return replace(response, headers={"client-request-id": call_id, **response.headers})


def _first_refusal(parts: Sequence[Request], token: str) -> Refusal | None:
    claims = claims_of(token)
    return next(filter(None, (refusal_of_app(part, claims) for part in parts)), None)


def _not_permitted(request: Request, refusal: Refusal, other_remedy: str = "") -> NotPermitted:
    remedies = " or ".join(remedy for remedy in (refusal.remedy, other_remedy) if remedy)
    permission = scope_of(request) if refusal.users_can else request.permission
    return NotPermitted(refusal.reason, remedies, permission=permission)
