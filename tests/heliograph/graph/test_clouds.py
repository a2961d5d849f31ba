from dataclasses import replace

import pytest

from heliograph.graph.clouds import CLOUDS, endpoints
from heliograph.settings import Tenant


@pytest.mark.parametrize(
    ("cloud", "graph", "authority"),
    [
        ("global", "graph.microsoft.com", "login.microsoftonline.com"),
        ("usgov", "graph.microsoft.us", "login.microsoftonline.us"),
        ("dod", "dod-graph.microsoft.us", "login.microsoftonline.us"),
        ("china", "microsoftgraph.chinacloudapi.cn", "login.chinacloudapi.cn"),
    ],
)
def test_each_cloud_has_its_own_hosts_and_scope(
    tenant: Tenant, cloud: str, graph: str, authority: str
) -> None:
    ends = endpoints(replace(tenant, cloud=cloud))
    assert ends.graph == f"https://{graph}"
    assert ends.authority == f"https://{authority}"
    assert ends.scope == f"https://{graph}/.default"
    assert ends.keys_url == f"https://{authority}/common/discovery/v2.0/keys"
    assert ends.authority_is_microsoft


def test_both_forms_of_the_issuer_are_known(tenant: Tenant) -> None:
    assert endpoints(tenant).issuers == {
        "1.0": "https://sts.windows.net/{tid}/",
        "2.0": "https://login.microsoftonline.com/{tid}/v2.0",
    }
    assert endpoints(replace(tenant, cloud="china")).issuers == {
        "1.0": "https://sts.chinacloudapi.cn/{tid}/",
        "2.0": "https://login.chinacloudapi.cn/{tid}/v2.0",
    }


def test_addresses_of_a_tenant_replace_those_of_its_cloud(tenant: Tenant) -> None:
    ends = endpoints(
        replace(tenant, graph="https://localhost:1234/", authority="https://localhost:1235")
    )
    assert ends.graph == "https://localhost:1234"
    assert ends.authority == "https://localhost:1235"
    assert ends.keys_url.startswith("https://localhost:1235/")
    assert not ends.authority_is_microsoft
    assert ends.scope == "https://graph.microsoft.com/.default"
    assert ends.issuers == endpoints(tenant).issuers


def test_no_address_ends_in_a_slash_or_is_plain_http() -> None:
    for cloud in CLOUDS.values():
        for origin in (cloud.graph, cloud.authority):
            assert origin.startswith("https://")
            assert not origin.endswith("/")
