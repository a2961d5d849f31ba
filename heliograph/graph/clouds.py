"""Where Graph and Entra are: the hosts, issuers and addresses of each national cloud.

Pure. A tenant may name other addresses (the simulator's), which then replace those of its cloud.
https://learn.microsoft.com/graph/deployments
"""

from collections.abc import Mapping
from dataclasses import dataclass

from heliograph.settings import Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """One cloud: its origins, and the form in which its v1 tokens name their issuer.

    *uploads* are where Outlook takes the pieces of large attachments.
    """

    graph: str
    authority: str
    uploads: frozenset[str]
    issuer_v1: str = "https://sts.windows.net/{tid}/"


CLOUDS = {
    "global": Cloud(
        graph="https://graph.microsoft.com",
        authority="https://login.microsoftonline.com",
        uploads=frozenset({"https://outlook.office.com", "https://outlook.office365.com"}),
    ),
    "usgov": Cloud(
        graph="https://graph.microsoft.us",
        authority="https://login.microsoftonline.us",
        uploads=frozenset({"https://outlook.office365.us"}),
    ),
    "dod": Cloud(
        graph="https://dod-graph.microsoft.us",
        authority="https://login.microsoftonline.us",
        uploads=frozenset({"https://outlook-dod.office365.us", "https://webmail.apps.mil"}),
    ),
    "china": Cloud(
        graph="https://microsoftgraph.chinacloudapi.cn",
        authority="https://login.chinacloudapi.cn",
        uploads=frozenset({"https://partner.outlook.cn"}),
        issuer_v1="https://sts.chinacloudapi.cn/{tid}/",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """The addresses that one tenant is reached at. Origins have no slash at the end.

    *issuers* are those of validation tokens, by the token's version, with `{tid}` for the tenant.
    """

    graph: str
    uploads: frozenset[str]
    authority: str
    authority_is_microsoft: bool
    issuers: Mapping[str, str]
    keys_url: str
    scope: str


def endpoints(tenant: Tenant) -> Endpoints:
    """The addresses of *tenant*: those of its cloud, or the ones that it names itself.

    Scope and issuers stay the cloud's: they name who tokens are for and from, not what is called.
    """
    cloud = CLOUDS[tenant.cloud]
    authority = (tenant.authority or cloud.authority).rstrip("/")
    graph = (tenant.graph or cloud.graph).rstrip("/")
    return Endpoints(
        graph=graph,
        uploads=frozenset({graph}) if tenant.graph else cloud.uploads,
        authority=authority,
        authority_is_microsoft=authority in {known.authority for known in CLOUDS.values()},
        issuers={"1.0": cloud.issuer_v1, "2.0": f"{cloud.authority}/{{tid}}/v2.0"},
        keys_url=f"{authority}/common/discovery/v2.0/keys",
        scope=f"{cloud.graph}/.default",
    )
