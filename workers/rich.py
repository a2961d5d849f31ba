"""Rich news: verified where the listener could not wait for the key, then decrypted in memory.

What is inside never leaves this process unsealed.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from heliograph.changes import WATCHED
from heliograph.encryption import decrypt_with
from heliograph.encryption_keys import EncryptionKeys
from heliograph.errors import DecryptionFailed, TokenInvalid
from heliograph.lanes import Lane
from heliograph.notifications import News
from workers.proofs import Proof


class RichReader:
    """Reads what rich notifications bring."""

    def __init__(self, keys: EncryptionKeys, proofs: Mapping[str, Proof]) -> None:
        """*proofs* verify tokens, by tenant id."""
        self._keys = keys
        self._proofs = proofs

    async def read(self, lane: Lane, news: News) -> dict[str, Any]:
        """The properties in *news*, less OData's annotations.

        Raises TokenInvalid before anything is decrypted, then DecryptionFailed or
        EncryptionKeyUnknown.
        """
        if not news.verified:
            await self._verify(lane, news)
        content = news.encrypted_content
        assert content is not None, "only rich news is read"  # noqa: S101 (a mistake of ours)
        keys = await self._keys.private_keys(content.encryption_certificate_id)
        # RSA takes most of a millisecond and releases the interpreter: not on the event loop.
        plain = await asyncio.to_thread(decrypt_with, content, keys)
        return _properties(plain, lane.kind)

    async def _verify(self, lane: Lane, news: News) -> None:
        proof = self._proofs.get(lane.tenant)
        if proof is None or news.token is None:
            raise TokenInvalid("missing", "no token, or no tenant to judge it for")
        await proof.verify(news.token, received_at=news.received_at)


def _properties(plain: bytes, kind: str) -> dict[str, Any]:
    try:
        decoded = msgspec.json.decode(plain, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise DecryptionFailed("expected a JSON object inside") from error
    return {name: decoded[name] for name in WATCHED[kind] if name in decoded}
