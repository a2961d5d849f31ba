"""clientState: the proof that a notification belongs to a registration of ours.

It proves itself, so that no stored secret is needed to check it: when a notification overtakes the
answer to its subscription, when a cache is stale, or after Redis was lost.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence

PURPOSE = "client state"
"""The purpose of the keys (`sealing.derive`): who makes clientStates and who checks them agree."""

_NAME_CHARACTERS = 8

MAX_CHARACTERS = 128
"""Graph's own limit for clientState."""


class ClientStates:
    """Makes and checks clientStates: `<registration id>.<HMAC-SHA256(key, registration id)>`."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """*keys* are derived keys, newest first; all are valid, the newest makes new ones."""
        if not keys:
            raise ValueError("expected at least one key, got none")
        # Prepared once: to hash the key again for each proof would cost as much as the proof.
        self._keys = tuple(hmac.new(key, digestmod="sha256") for key in keys)

    @property
    def newest(self) -> str:
        """A name of the key that makes new ones; it reveals nothing of the key."""
        return _proof(self._keys[0], b"").decode()[:_NAME_CHARACTERS]

    @property
    def successor(self) -> str | None:
        """The name of the newest key while it takes the place of another; else None."""
        return self.newest if len(self._keys) > 1 else None

    def make(self, registration_id: str) -> str:
        """The clientState of *registration_id*, under 128 characters."""
        proof = _proof(self._keys[0], registration_id.encode())
        client_state = f"{registration_id}.{proof.decode()}"
        if not registration_id or len(client_state) >= MAX_CHARACTERS:
            raise ValueError(f"expected an id of 1 to 83 characters, got {len(registration_id)}")
        return client_state

    def proven(self, client_state: str | None) -> str | None:
        """The registration id that *client_state* proves, None where it proves nothing.

        Garbage costs as much work as the genuine, so that the time of an answer tells nothing.
        """
        text = client_state or ""
        if len(text) > MAX_CHARACTERS:
            text = ""
        registration_id, _, claimed = text.rpartition(".")
        message = registration_id.encode(errors="replace")
        proof = claimed.encode(errors="replace")
        is_proven = False
        for key in self._keys:
            is_proven |= hmac.compare_digest(_proof(key, message), proof)
        return registration_id if is_proven and registration_id else None


def _proof(key: hmac.HMAC, message: bytes) -> bytes:
    proof = key.copy()
    proof.update(message)
    return urlsafe_b64encode(proof.digest()).rstrip(b"=")
