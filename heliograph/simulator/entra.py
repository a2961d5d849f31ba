"""The token endpoint, OpenID discovery and the published keys, in Entra's forms and errors."""

import base64
import binascii
import hmac
import uuid
from typing import Any
from urllib.parse import parse_qs, unquote_plus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from heliograph.simulator.tenant import GRAPH, PERMISSIONS
from heliograph.simulator.world import World

TOKEN_SECONDS = 3_599


class Entra:
    """The identity platform for one tenant."""

    def __init__(self, world: World, *, origin: str) -> None:
        self._world = world
        self._origin = origin

    def routes(self) -> list[Route]:
        """What is served, under the tenant's id, its domain, `common` and `organizations`."""
        documents = ("/.well-known/openid-configuration", "/v2.0/.well-known/openid-configuration")
        keys = ("/discovery/keys", "/discovery/v2.0/keys")
        return [
            Route("/{tenant}/oauth2/v2.0/token", self.token, methods=["POST"]),
            *(Route("/{tenant}" + path, self.discovery) for path in documents),
            *(Route("/{tenant}" + path, self.keys) for path in keys),
        ]

    def issue(self, lifetime: int = TOKEN_SECONDS) -> str:
        """An access token of the app for *lifetime* seconds."""
        world = self._world
        granted = world.options.permissions
        roles = PERMISSIONS if granted is None else granted
        return world.keys.sign(
            world.tenant.access_claims(world.clock, roles=roles, lifetime=lifetime)
        )

    async def token(self, request: Request) -> Response:
        """The answer to a client-credentials grant."""
        form = {
            name: values[-1]
            for name, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()
        }
        fault = self._fault(request, form)
        if fault is not None:
            return fault
        return JSONResponse(
            {
                "token_type": "Bearer",
                "expires_in": TOKEN_SECONDS,
                "ext_expires_in": TOKEN_SECONDS,
                "access_token": self.issue(),
            },
            headers={"cache-control": "no-store", "pragma": "no-cache"},
        )

    async def discovery(self, request: Request) -> Response:
        """Where everything is. The issuer is Microsoft's own, as it stands in tokens."""
        if not self._knows(request.path_params["tenant"]):
            return self._refused(400, "invalid_tenant", 90002, "Tenant not found.")
        tenant = request.path_params["tenant"].lower()
        base = f"{self._origin}/{tenant}"
        is_new = "/v2.0/" in request.url.path
        issuer = "{tenantid}" if tenant in {"common", "organizations"} else self._tenant
        version = "/v2.0" if is_new else ""
        return JSONResponse(
            {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "jwks_uri": f"{base}/discovery{version}/keys",
                "issuer": f"https://login.microsoftonline.com/{issuer}/v2.0"
                if is_new
                else f"https://sts.windows.net/{issuer}/",
                "response_types_supported": ["code", "id_token"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": [
                    "client_secret_post",
                    "client_secret_basic",
                    "private_key_jwt",
                ],
                "tenant_region_scope": "EU",
                "cloud_instance_name": "microsoftonline.com",
            }
        )

    async def keys(self, request: Request) -> Response:
        """The keys that tokens are signed with."""
        if not self._knows(request.path_params["tenant"]):
            return self._refused(400, "invalid_tenant", 90002, "Tenant not found.")
        return JSONResponse({"keys": self._world.keys.published()})

    @property
    def _tenant(self) -> str:
        return self._world.tenant.tenant_id

    def _knows(self, tenant: str) -> bool:
        names = {self._tenant, self._world.tenant.domain, "common", "organizations"}
        return tenant.lower() in names

    def _fault(self, request: Request, form: dict[str, str]) -> Response | None:
        tenant = request.path_params["tenant"].lower()
        if tenant not in {self._tenant, self._world.tenant.domain}:
            text = f"Tenant '{tenant}' not found."
            return self._refused(400, "invalid_request", 90002, text)
        if form.get("grant_type") != "client_credentials":
            return self._refused(
                400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type."
            )
        client, secret = _credentials(request, form)
        if client.lower() != self._world.tenant.client_id:
            text = f"Application with identifier '{client}' was not found in the directory."
            return self._refused(400, "unauthorized_client", 700016, text)
        if not hmac.compare_digest(secret.encode(), self._world.tenant.client_secret.encode()):
            return self._refused(401, "invalid_client", 7000215, "Invalid client secret provided.")
        if form.get("scope") not in {f"{self._origin}/.default", f"{GRAPH}/.default"}:
            return self._refused(
                400, "invalid_scope", 70011, "The provided value for the scope is not valid."
            )
        return None

    def _refused(self, status: int, error: str, number: int, text: str) -> Response:
        now = self._world.clock.now()
        body: dict[str, Any] = {
            "error": error,
            "error_description": f"AADSTS{number}: {text}",
            "error_codes": [number],
            "timestamp": f"{now:%Y-%m-%d %H:%M:%SZ}",
            "trace_id": str(uuid.uuid4()),
            "correlation_id": str(uuid.uuid4()),
        }
        return JSONResponse(body, status_code=status)


def _credentials(request: Request, form: dict[str, str]) -> tuple[str, str]:
    """The client's id and secret, from the form or from HTTP Basic."""
    scheme, _, coded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            text = base64.b64decode(coded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        client, _, secret = text.partition(":")
        return unquote_plus(client), unquote_plus(secret)
    return form.get("client_id", ""), form.get("client_secret", "")
