"""Which tenant a request is for, where a simulator has more than one.

A call of Graph is for the tenant of its token, a call of Entra for the one that its path names, a
call of the control API for the one that `tenant` in its query names; else for the first.
"""

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode

from starlette.types import ASGIApp, Receive, Scope, Send

from heliograph.simulator.world import World

_GRAPH = "/v1.0/"


class Tenancy:
    """Hands each request to the application of its tenant."""

    def __init__(self, tenants: Sequence[tuple[World, ASGIApp]]) -> None:
        self._first, self._keys = tenants[0][1], tenants[0][0].keys
        self._apps: dict[str, ASGIApp] = {}
        for world, app in tenants:
            self._apps[world.tenant.tenant_id] = self._apps[world.tenant.domain] = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._app(scope)(scope, receive, send)

    def _app(self, scope: Scope) -> ASGIApp:
        path = str(scope["path"])
        if path.startswith(_GRAPH):
            return self._apps.get(self._of_token(scope), self._first)
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        named = query.pop("tenant", "").lower()
        if named in self._apps:
            scope["query_string"] = urlencode(query).encode()
            return self._apps[named]
        return next((app for name, app in self._apps.items() if name in path.lower()), self._first)

    def _of_token(self, scope: Scope) -> str:
        for name, value in scope["headers"]:
            if name == b"authorization":
                claims = self._keys.claims(value.decode("latin-1").partition(" ")[2].strip())
                return "" if claims is None else str(claims["tid"])
        return ""
