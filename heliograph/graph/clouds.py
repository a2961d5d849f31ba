"""Where Graph and Entra are: the hosts, issuers and addresses of each national cloud.

Pure. A tenant may name other addresses (the simulator's), which then replace those of its cloud.
https://learn.microsoft.com/graph/deployments
"""

from dataclasses import dataclass

from heliograph.settings import Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """One cloud: two origins, and the form in which its v1 tokens name their issuer."""

    graph: str
    authority: str
    issuer_v1: str = "https://sts.windows.net/{tenant_id}/"


CLOUDS = {
    "global": Cloud(
        graph="https://graph.microsoft.com",
        authority="https://login.microsoftonline.com",
    ),
    "usgov": Cloud(
        graph="https://graph.microsoft.us",
        authority="https://login.microsoftonline.us",
    ),
    "dod": Cloud(
        graph="https://dod-graph.microsoft.us",
        authority="https://login.microsoftonline.us",
    ),
    "china": Cloud(
        graph="https://microsoftgraph.chinacloudapi.cn",
        authority="https://login.chinacloudapi.cn",
        issuer_v1="https://sts.chinacloudapi.cn/{tenant_id}/",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """The addresses that one tenant is reached at. Origins have no slash at the end."""

    graph: str
    authority: str
    authority_is_microsoft: bool
    issuers: tuple[str, ...]
    keys_url: str
    scope: str


def endpoints(tenant: Tenant) -> Endpoints:
    """The addresses of *tenant*: those of its cloud, or the ones that it names itself.

    The scope stays the cloud's: it names the audience of the token, not the host that is called.
    """
    cloud = CLOUDS[tenant.cloud]
    authority = (tenant.authority or cloud.authority).rstrip("/")
    return Endpoints(
        graph=(tenant.graph or cloud.graph).rstrip("/"),
        authority=authority,
        authority_is_microsoft=authority in {known.authority for known in CLOUDS.values()},
        issuers=_issuers(cloud, tenant),
        keys_url=f"{authority}/common/discovery/v2.0/keys",
        scope=f"{cloud.graph}/.default",
    )


def _issuers(cloud: Cloud, tenant: Tenant) -> tuple[str, ...]:
    """The v1 and the v2 form, and those that an authority of its own may write instead."""
    issuers = [
        cloud.issuer_v1.format(tenant_id=tenant.tenant_id),
        f"{cloud.authority}/{tenant.tenant_id}/v2.0",
    ]
    if tenant.authority:
        own = tenant.authority.rstrip("/")
        issuers += [f"{own}/{tenant.tenant_id}/", f"{own}/{tenant.tenant_id}/v2.0"]
    return tuple(dict.fromkeys(issuers))
