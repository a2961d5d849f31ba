"""Microsoft's own Python SDK, as its documentation sets it up, and a simulator beside it.

Only the hosts are the simulator's: the authority and the base URL. Nothing here imports Heliograph,
which this environment does not have.
"""

import json
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from azure.core.credentials import TokenCredential
from azure.core.credentials_async import AsyncTokenCredential
from azure.identity import DeviceCodeCredential
from azure.identity.aio import ClientSecretCredential
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.user import User
from msgraph.generated.users.item.user_item_request_builder import (
    UserItemRequestBuilder as Person,
)
from msgraph.graph_request_adapter import options
from msgraph_core import GraphClientFactory

ROOT = Path(__file__).parents[2]
COMMAND = [str(ROOT / ".venv" / "bin" / "python"), "-m", "heliograph", "simulate"]

Ready = Mapping[str, str]
DELEGATED = ("User.Read", "User.Read.All", "Calendars.Read.Shared", "People.Read", "Sites.Read.All")


@pytest.fixture(scope="session")
def simulator() -> Iterator[Ready]:
    """The ready line of a simulator."""
    with subprocess.Popen(COMMAND, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.terminate()


@pytest.fixture
async def graph(simulator: Ready) -> AsyncIterator[GraphServiceClient]:
    """The SDK's client, with a client secret."""
    credential = ClientSecretCredential(
        simulator["tenant_id"],
        simulator["client_id"],
        simulator["client_secret"],
        authority=simulator["authority"],
        disable_instance_discovery=True,
        connection_verify=simulator["ca_file"],
    )
    async with credential, _connection(simulator) as connection:
        yield client(simulator, credential, connection)


def _connection(simulator: Ready) -> httpx.AsyncClient:
    context = ssl.create_default_context(cafile=simulator["ca_file"])
    return GraphClientFactory.create_with_default_middleware(
        client=httpx.AsyncClient(verify=context, http2=True, trust_env=False), options=options
    )


@pytest.fixture
async def mine(simulator: Ready) -> AsyncIterator[GraphServiceClient]:
    """The SDK's client for a user who has let a device in."""
    credential = DeviceCodeCredential(
        client_id=simulator["client_id"],
        tenant_id=simulator["tenant_id"],
        authority=simulator["authority"],
        disable_instance_discovery=True,
        connection_verify=simulator["ca_file"],
        prompt_callback=lambda *_: None,
    )
    async with _connection(simulator) as connection:
        yield client(simulator, credential, connection, scopes=DELEGATED)


def client(
    simulator: Ready,
    credential: AsyncTokenCredential | TokenCredential,
    connection: httpx.AsyncClient,
    *,
    scopes: Iterable[str] = (),
) -> GraphServiceClient:
    """The SDK's client for whoever *credential* proves."""
    provider = AzureIdentityAuthenticationProvider(
        credential,
        scopes=list(scopes) or [f"{simulator['graph']}/.default"],
        allowed_hosts=["localhost"],
    )
    adapter = GraphRequestAdapter(provider, connection)
    adapter.base_url = f"{simulator['graph']}/v1.0"
    return GraphServiceClient(request_adapter=adapter)


@pytest.fixture
async def people(graph: GraphServiceClient) -> list[User]:
    return (await graph.users.get()).value


@pytest.fixture
def lene(graph: GraphServiceClient, people: list[User]) -> Person:
    return graph.users.by_user_id(people[0].id)


@pytest.fixture
def amir(graph: GraphServiceClient, people: list[User]) -> Person:
    return graph.users.by_user_id(people[1].id)


@pytest.fixture
async def control(simulator: Ready) -> AsyncIterator[httpx.AsyncClient]:
    """The simulator's own API."""
    context = ssl.create_default_context(cafile=simulator["ca_file"])
    url = f"{simulator['graph']}/_simulator/"
    async with httpx.AsyncClient(base_url=url, verify=context, trust_env=False) as made:
        yield made
