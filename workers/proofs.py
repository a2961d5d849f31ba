"""Proof that Graph sent a rich notification, for those that the listener could not wait for."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import httpx

from heliograph.background import going_on
from heliograph.errors import TokenInvalid
from heliograph.graph.clouds import endpoints
from heliograph.graph.transport import trust
from heliograph.settings import Tenant
from heliograph.signing_keys import SigningKeys
from heliograph.validation_tokens import kid_of, verify


class Proof:
    """Verifies the validation tokens of one tenant."""

    def __init__(self, tenant: Tenant, keys: SigningKeys) -> None:
        self._tenant = tenant
        self._keys = keys
        self._issuers = endpoints(tenant).issuers

    async def verify(self, token: str, *, received_at: int) -> None:
        """Returns where *token* proves Graph's hand; judged by the time of receipt, in ms.

        Raises TokenInvalid, or Unavailable where Entra's keys cannot be had now.
        """
        kid = kid_of(token)
        key = await self._keys.get(kid)
        if key is None:
            raise TokenInvalid("key", "expected a token signed by a current key")
        verify(
            token,
            keys={kid: key},
            audiences=(self._tenant.client_id,),
            tenant_id=self._tenant.tenant_id,
            received_at=received_at,
            issuers=self._issuers,
        )


@asynccontextmanager
async def open_proofs(tenants: Mapping[str, Tenant]) -> AsyncIterator[dict[str, Proof]]:
    """Proofs by tenant id, with keys that are refreshed ahead while the context lasts."""
    async with AsyncExitStack() as stack:
        proofs: dict[str, Proof] = {}
        sources: dict[str, SigningKeys] = {}
        for tenant in tenants.values():
            url = endpoints(tenant).keys_url
            if url not in sources:
                client = httpx.AsyncClient(verify=trust(tenant.ca_file), trust_env=False)
                await stack.enter_async_context(client)
                sources[url] = SigningKeys(url, client=client)
                await stack.enter_async_context(_kept(sources[url]))
            proofs[tenant.tenant_id] = Proof(tenant, sources[url])
        yield proofs


@asynccontextmanager
async def _kept(keys: SigningKeys) -> AsyncIterator[None]:
    async with going_on(keys.keep()):
        yield
    await keys.close()
