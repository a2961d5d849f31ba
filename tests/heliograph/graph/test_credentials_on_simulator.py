"""Every credential that a simulator can judge, and what signed-in users lend, end to end."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization import PublicFormat as Public

from heliograph.errors import Forbidden, NotPermitted, Unauthenticated
from heliograph.graph import GraphClient, Request, open_client
from heliograph.graph.answers import properties
from heliograph.settings import Certificate, Credential, FederatedToken, Tenant
from heliograph.settings.secret import SecretFile
from heliograph.sign_ins import SignIns
from heliograph.simulator import Options, Running, running
from tests.certificates import an_app_certificate
from tests.heliograph.graph.conftest import signed_in, tenant_of


async def can_read(tenant: Tenant, credential: Credential) -> bool:
    async with open_client(replace(tenant, credential=credential)) as graph:
        return bool([user async for user in graph.users.list()])


async def test_a_certificate_is_taken_by_an_entra_that_checks_it(tmp_path: Path) -> None:
    app, other = an_app_certificate(), an_app_certificate()
    registered, file = tmp_path / "registered.pem", tmp_path / "app.pem"
    registered.write_bytes(app.certificate_pem)
    file.write_bytes(app.pem)
    async with running(Options(seed=7, client_certificate=registered)) as simulator:
        tenant, proof = tenant_of(simulator), Certificate(content=SecretFile(file))
        assert await can_read(tenant, proof)
        file.write_bytes(other.pem)
        with pytest.raises(Unauthenticated, match="AADSTS700027"):
            await can_read(tenant, proof)


async def test_a_federated_token_is_taken_by_an_entra_that_checks_it(
    simulator: Running, tmp_path: Path
) -> None:
    cluster = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    public = cluster.public_key().public_bytes(Encoding.PEM, Public.SubjectPublicKeyInfo).decode()
    subject = "system:serviceaccount:heliograph:worker"
    simulator.world.clients.take_federation("https://cluster.example", subject, key=public)
    now = datetime.now(UTC)
    claims = {
        "iss": "https://cluster.example",
        "sub": subject,
        "aud": "api://AzureADTokenExchange",
        "iat": now,
        "nbf": now,
        "exp": now + timedelta(hours=1),
    }
    key = cluster.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    file = tmp_path / "token"
    file.write_text(jwt.encode(claims, key, algorithm="RS256"))
    proof = FederatedToken(token=SecretFile(file))
    assert await can_read(tenant_of(simulator), proof)
    file.write_text(jwt.encode({**claims, "sub": "somebody"}, key, algorithm="RS256"))
    with pytest.raises(Unauthenticated, match="AADSTS700213"):
        await can_read(tenant_of(simulator), proof)


@pytest.fixture
def lending(simulator: Running) -> Tenant:
    return replace(tenant_of(simulator), delegated_permissions=("User.Read", "Sites.Read.All"))


@pytest.fixture
async def graph(lending: Tenant, sign_ins: SignIns) -> AsyncIterator[GraphClient]:
    async with open_client(lending, sign_ins=sign_ins) as graph:
        yield graph


ME = Request(method="GET", path="/me", scope="User.Read")


async def test_what_graph_takes_from_users_alone_is_asked_once_somebody_has_signed_in(
    lending: Tenant, sign_ins: SignIns, graph: GraphClient
) -> None:
    with pytest.raises(NotPermitted, match="run `heliograph login simulated`"):
        await graph.calls.send(ME)
    lene = await signed_in(lending)
    await sign_ins.put(lene)
    response = await graph.calls.send(ME)
    assert response.caller == "user"
    assert properties(response.content)["id"] == lene.user_id
    assert (await graph.calls.send(Request(method="GET", path="/users"))).caller == "app"
    await sign_ins.remove(lene)
    with pytest.raises(NotPermitted):
        await graph.calls.send(ME)


async def test_a_refresh_token_serves_process_after_process(
    lending: Tenant, sign_ins: SignIns
) -> None:
    await sign_ins.put(await signed_in(lending))
    for _ in range(3):
        async with open_client(lending, sign_ins=sign_ins) as graph:
            assert (await graph.calls.send(ME)).caller == "user"


async def test_an_app_without_a_permission_is_refused_before_the_call() -> None:
    """The simulator's tokens name the roles of the app, as Entra's do."""
    async with (
        running(Options(seed=7, permissions=("User.Read.All",))) as simulator,
        open_client(tenant_of(simulator)) as graph,
    ):
        assert [user async for user in graph.users.list()]
        with pytest.raises(NotPermitted, match="has not been granted GroupMember"):
            await graph.groups.add_member("1", "2")


async def test_a_permission_that_exchange_may_have_granted_is_graph_s_to_judge() -> None:
    async with (
        running(Options(seed=7, permissions=("User.Read.All",))) as simulator,
        open_client(tenant_of(simulator)) as graph,
    ):
        user = await anext(graph.users.list())
        with pytest.raises(Forbidden, match="Graph answered 403") as refused:
            await graph.mail.send(user.id, {})
        assert refused.value.permission == "Mail.Send"
