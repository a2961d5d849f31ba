"""Connections: over TLS with the right name or not at all; and by an identity that is renewed."""

import asyncio
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import jwt
import pytest
import redis
from redis.auth.idp import IdentityProviderInterface
from redis.auth.token import JWToken, TokenInterface
from redis.auth.token_manager import RetryPolicy, TokenManagerConfig
from redis.credentials import CredentialProvider
from redis_entraid.cred_provider import EntraIdCredentialsProvider

from heliograph.errors import SettingsInvalid
from heliograph.queue.connection import ANSWER_WITHIN, Connector
from heliograph.queue.entra import entra_credentials
from heliograph.redis_server import RedisServer
from heliograph.settings import RedisSettings, Secret
from heliograph.simulator.certificates import Authority
from tests.chaos.proxy import FaultProxy

OBJECT_ID = "0a1b2c3d-0000-0000-0000-00000000beef"


@contextmanager
def over_tls(
    server: RedisServer, folder: Path, authority: Authority, *names: str
) -> Iterator[Secret]:
    """The URL by which *server* is reached over TLS, with a certificate for *names*."""
    chain, key = authority.issue(names)
    (folder / "chain.pem").write_bytes(chain)
    (folder / "key.pem").write_bytes(key)
    (folder / "ca.pem").write_bytes(authority.certificate_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "chain.pem", folder / "key.pem")
    password = server.url.reveal().split(":")[2].split("@")[0]
    with FaultProxy(server.port, tls=context) as proxy:
        yield Secret(f"rediss://:{password}@127.0.0.1:{proxy.port}/0")


async def test_tls_with_the_right_name_and_authority(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    with over_tls(redis_server, tmp_path, Authority.create(), "127.0.0.1") as url:
        settings = RedisSettings(url=url, ca_file=tmp_path / "ca.pem")
        client = Connector.of(settings).client()
        assert await client.ping()
        await client.aclose()
        with Connector.of(settings).thread_client(answer_within=ANSWER_WITHIN) as sync:
            assert sync.ping()


async def test_s18_certificate_of_another_name_is_refused(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    """arq and redis-py check no names by themselves."""
    with over_tls(redis_server, tmp_path, Authority.create(), "redis.example.com") as url:
        settings = RedisSettings(url=url, ca_file=tmp_path / "ca.pem")
        client = Connector.of(settings).client()
        with pytest.raises(redis.ConnectionError, match="certificate is not valid for"):
            await client.ping()
        await client.aclose()
        with (
            Connector.of(settings).thread_client(answer_within=ANSWER_WITHIN) as sync,
            pytest.raises(redis.ConnectionError, match="certificate is not valid"),
        ):
            sync.ping()
        pool = Connector.of(settings).arq_client(queue="q")
        with pytest.raises(redis.ConnectionError, match="certificate is not valid"):
            await pool.ping()
        await pool.aclose(close_connection_pool=True)


async def test_s18_certificate_of_an_unknown_authority_is_refused(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    with over_tls(redis_server, tmp_path, Authority.create(), "127.0.0.1") as url:
        client = Connector.of(RedisSettings(url=url)).client()
        with pytest.raises(redis.ConnectionError, match=r"self-signed certificate|unable to get"):
            await client.ping()
        await client.aclose()


class FakeEntra(IdentityProviderInterface):
    """Issues tokens that end soon, and makes each a password of the identity in Redis."""

    def __init__(self, admin: redis.Redis, *, lifetime: float) -> None:
        self._admin = admin
        self._lifetime = lifetime
        self.issued = 0

    def request_token(self, force_refresh: bool = False) -> TokenInterface:
        self.issued += 1
        now = time.time()
        claims = {"oid": OBJECT_ID, "iat": now, "exp": now + self._lifetime, "n": self.issued}
        token = jwt.encode(claims, "k" * 32, algorithm="HS256")
        self._admin.execute_command("ACL", "SETUSER", OBJECT_ID, "on", f">{token}", "~*", "+@all")
        return JWToken(token)


async def test_entra_identity_is_renewed_on_connections_that_stay_open(
    redis_server: RedisServer,
) -> None:
    with redis.Redis.from_url(redis_server.url.reveal()) as admin:
        entra = FakeEntra(admin, lifetime=2.0)

        def credentials() -> CredentialProvider:
            config = TokenManagerConfig(0.2, 0, 1_000, RetryPolicy(3, 10))
            provider: CredentialProvider = EntraIdCredentialsProvider(entra, config)
            return provider

        url = Secret(f"redis://127.0.0.1:{redis_server.port}/0")
        client = Connector(url=url, credentials=credentials).client()
        assert await client.execute_command("ACL", "WHOAMI") == OBJECT_ID.encode()
        address = await client.client_info()
        before = _auths(admin)
        while entra.issued < 3 or _auths(admin) <= before:  # noqa: ASYNC110 (it happens behind the scenes)
            await asyncio.sleep(0.05)
        assert (await client.client_info())["id"] == address["id"], "the connection stayed"
        await client.aclose()
        admin.acl_deluser(OBJECT_ID)


def _auths(admin: redis.Redis) -> int:
    stats = admin.info("commandstats")
    assert isinstance(stats, dict)
    return int(stats.get("cmdstat_auth", {}).get("calls", 0))


def test_entra_identity_is_whom_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CLIENT_ID", OBJECT_ID)
    monkeypatch.setenv("AZURE_TENANT_ID", OBJECT_ID)
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "hush")
    assert isinstance(entra_credentials(), EntraIdCredentialsProvider)
    url = Secret("rediss://cache.example:10000/0")
    options = Connector.of(RedisSettings(url=url, identity="entra")).client().connection_pool
    assert isinstance(options.connection_kwargs["credential_provider"], EntraIdCredentialsProvider)


def test_entra_without_its_package_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis_entraid.cred_provider", None)
    with pytest.raises(SettingsInvalid, match=r"expected the package redis-entraid .*found none"):
        entra_credentials()


def test_every_client_has_credentials_of_its_own() -> None:
    """A provider renews one pool only."""
    made: list[CredentialProvider] = []

    def credentials() -> CredentialProvider:
        made.append(CredentialProvider())
        return made[-1]

    connector = Connector(url=Secret("redis://h/0"), credentials=credentials)
    clients: list[Callable[[], object]] = [
        connector.client,
        lambda: connector.arq_client(queue="q"),
        lambda: connector.thread_client(answer_within=ANSWER_WITHIN),
    ]
    for client in clients:
        client()
    assert len(set(map(id, made))) == 3
