"""Users paged by Microsoft's SDK in a minute, beside our client on the same server."""

import json
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from kiota_abstractions.authentication import AnonymousAuthenticationProvider
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.user import User
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core import GraphClientFactory

ROOT = Path(__file__).parents[2]
PYTHON = str(ROOT / ".venv" / "bin" / "python")
USERS = 1_000_000
SECONDS = 60
"""The SDK pages as many as it manages in this time."""

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def origin() -> Iterator[str]:
    """A server whose pages are encoded once, and cost next to nothing."""
    command = [PYTHON, "-m", "tests.bench.page_server", str(USERS)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}"
        process.terminate()


@pytest.fixture
def ours(origin: str) -> float:
    """Users a second by our client, in its own environment."""
    command = [PYTHON, "-m", "tests.bench.paging", origin]
    paged = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return float(paged.stdout)


async def test_users_paged_in_a_minute(
    origin: str, ours: float, capsys: pytest.CaptureFixture[str]
) -> None:
    """The SDK's rate is no target: it says what ours is worth."""
    seen, started = 0, time.perf_counter()
    async for user in _users(origin):
        assert user.user_principal_name
        seen += 1
        if time.perf_counter() - started > SECONDS:
            break
    theirs = seen / (time.perf_counter() - started)
    with capsys.disabled():
        print(f"\nusers paged: {ours:,.0f}/s by Heliograph, {theirs:,.0f}/s by msgraph-sdk")
    assert ours > theirs


async def _users(origin: str) -> AsyncIterator[User]:
    connection = GraphClientFactory.create_with_default_middleware(
        client=httpx.AsyncClient(http2=True, trust_env=False)
    )
    adapter = GraphRequestAdapter(AnonymousAuthenticationProvider(), connection)
    adapter.base_url = f"{origin}/v1.0"
    users = GraphServiceClient(request_adapter=adapter).users
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(top=999)
    configuration = UsersRequestBuilder.UsersRequestBuilderGetRequestConfiguration(
        query_parameters=query
    )
    page = await users.get(request_configuration=configuration)
    while page is not None:
        for user in page.value or ():
            yield user
        link = page.odata_next_link
        page = await users.with_url(link).get() if link else None
    await connection.aclose()
