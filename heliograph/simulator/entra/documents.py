"""What the platform publishes of itself: where everything is, and the keys that it signs with."""

from typing import Any

from heliograph.simulator.entra.scopes import OFFLINE, OPENID
from heliograph.simulator.tenant import Tenant

_MICROSOFT = "login.microsoftonline.com"
_HINT = "{tenantid}"


def discovery(tenant: Tenant, *, origin: str, name: str, is_v1: bool) -> dict[str, Any]:
    """The OpenID document of the tenant called *name*. The issuer is Microsoft's own, as it
    stands in tokens.
    """
    base = f"{origin}/{name}"
    is_shared = name in {"common", "organizations"}
    issuer = _HINT if is_shared else tenant.tenant_id
    version = "" if is_v1 else "/v2.0"
    return {
        "token_endpoint": f"{base}/oauth2{version}/token",
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "client_secret_basic",
            "private_key_jwt",
        ],
        "jwks_uri": f"{base}/discovery{version}/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token"],
        "scopes_supported": [*OPENID, OFFLINE],
        "issuer": f"https://sts.windows.net/{issuer}/"
        if is_v1
        else f"https://{_MICROSOFT}/{issuer}/v2.0",
        "request_uri_parameter_supported": False,
        "authorization_endpoint": f"{base}/oauth2{version}/authorize",
        "device_authorization_endpoint": f"{base}/oauth2{version}/devicecode",
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "end_session_endpoint": f"{base}/oauth2{version}/logout",
        "claims_supported": [
            *("sub", "iss", "cloud_instance_name", "aud", "exp", "iat", "auth_time", "nonce"),
            *("preferred_username", "name", "tid", "ver", "email"),
        ],
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
    }


def instance(*, origin: str, host: str, name: str) -> dict[str, Any]:
    """What a library is told which asks whether *host* is an authority that it can trust."""
    known = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
    return {
        "tenant_discovery_endpoint": f"{origin}/{name}/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [known],
    }
