"""Entra's signing keys, cached: who asks for a known key never waits, who asks for many unknown
ones causes no traffic (reliability.md, S5).

Keys come from one configured URL. They are refreshed ahead of time, and served stale for a day.
"""

import asyncio
import ssl
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from heliograph.errors import Unavailable

REFRESH_EVERY_SECONDS = 3_600.0
COOLDOWN_SECONDS = 30.0
"""Between two fetches, failed ones included: at most two a minute, whoever asks for what."""

STALE_SECONDS = 86_400.0
FETCH_WITHIN_SECONDS = 10.0
MAX_BYTES = 512 * 1024
MAX_KEYS = 200
MAX_UNKNOWN = 1_000
MIN_KEY_BITS = 2_048

log = structlog.get_logger()


class _Key(msgspec.Struct, frozen=True):
    kty: str
    kid: str = ""
    n: str = ""
    e: str = ""
    use: str = "sig"


class _KeySet(msgspec.Struct, frozen=True):
    keys: list[_Key]


class SigningKeys:
    """The keys that stand at one JWKS address."""

    def __init__(
        self, url: str, *, client: httpx.AsyncClient, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """*client* verifies TLS, and is closed with this; *clock* is in seconds, monotonic."""
        self._url = url
        self._client = client
        self._clock = clock
        self._keys: dict[str, RSAPublicKey] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._unknown: dict[str, float] = {}
        self._fetching: asyncio.Task[None] | None = None
        self._wanted = asyncio.Event()

    def cached(self, kid: str) -> RSAPublicKey | None:
        """The key *kid* where it is known by now. Never waits; `keep` fetches what is missing."""
        key = self._keys.get(kid) if self._age() < STALE_SECONDS else None
        if key is None and not self._is_known_unknown(kid):
            self._wanted.set()
        return key

    async def get(self, kid: str) -> RSAPublicKey | None:
        """The key *kid*, fetched where it is not known; None where Entra has no such key.

        Raises Unavailable, with the seconds to wait, where that cannot be said yet.
        """
        key = self.cached(kid)
        if key is not None or self._is_known_unknown(kid):
            return key
        await self.refresh()
        key = self.cached(kid)
        if key is None:
            self._remember_unknown(kid)
        return key

    async def refresh(self) -> None:
        """Fetches the keys, once for all who ask at the same time. Raises Unavailable."""
        if self._fetching is None:
            wait = self._tried_at + COOLDOWN_SECONDS - self._clock()
            if wait > 0:
                raise Unavailable("expected fewer calls for signing keys", retry_after=wait)
            self._tried_at = self._clock()
            self._fetching = asyncio.create_task(self._fetch())
            self._fetching.add_done_callback(self._forget_task)
        # Who stops waiting must not stop the others.
        await asyncio.shield(self._fetching)

    async def keep(self) -> None:
        """Refreshes ahead of time, and soon after a missing key was asked for; until cancelled."""
        while True:
            self._wanted.clear()
            with suppress(Unavailable):
                await self.refresh()
            await asyncio.sleep(COOLDOWN_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._next_refresh()):
                    await self._wanted.wait()

    async def close(self) -> None:
        """Ends a fetch that is under way, and the client."""
        if self._fetching is not None:
            self._fetching.cancel()
            with suppress(asyncio.CancelledError, Unavailable):
                await self._fetching
        await self._client.aclose()

    def _next_refresh(self) -> float:
        return max(0.0, REFRESH_EVERY_SECONDS - self._age()) if self._keys else 0.0

    def _age(self) -> float:
        return self._clock() - self._fetched_at

    def _is_known_unknown(self, kid: str) -> bool:
        """True while the last answer is fresh enough to say that there is no such key."""
        return self._clock() < self._unknown.get(kid, float("-inf"))

    def _remember_unknown(self, kid: str) -> None:
        if len(self._unknown) >= MAX_UNKNOWN:
            self._unknown.clear()
        self._unknown[kid[:256]] = self._clock() + COOLDOWN_SECONDS * 2

    def _forget_task(self, task: asyncio.Task[None]) -> None:
        self._fetching = None
        if not task.cancelled():
            task.exception()  # whoever waited has it; nobody waiting is no fault

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(FETCH_WITHIN_SECONDS):
                keys = _decoded(await self._body())
        except (httpx.HTTPError, TimeoutError, ValueError) as error:
            log.warning("signing_keys.unavailable", url=self._url, error=type(error).__name__)
            raise Unavailable(
                "expected Entra's signing keys", retry_after=COOLDOWN_SECONDS
            ) from error
        # Replaced as a whole: a key that Entra took back is no key of ours any more.
        self._keys = keys
        self._unknown.clear()
        self._fetched_at = self._clock()
        log.info("signing_keys.fetched", url=self._url, keys=len(keys))

    async def _body(self) -> bytes:
        body = bytearray()
        async with self._client.stream("GET", self._url, follow_redirects=False) as response:
            if response.status_code != httpx.codes.OK:
                raise ValueError(f"expected 200, got {response.status_code}")
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise ValueError(f"expected at most {MAX_BYTES} bytes")
        return bytes(body)


def connect_keys(url: str, *, ca_file: Path | None = None) -> SigningKeys:
    """The keys at *url*, over verified TLS; *ca_file* is trusted besides the system's."""
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    # Without the environment: a variable of somebody else's must not change whom we trust.
    client = httpx.AsyncClient(verify=context, timeout=FETCH_WITHIN_SECONDS, trust_env=False)
    return SigningKeys(url, client=client)


def _decoded(body: bytes) -> dict[str, RSAPublicKey]:
    """The RSA keys of a JWKS by kid. Raises ValueError where there is none."""
    key_set = msgspec.json.decode(body, type=_KeySet)
    usable = [key for key in key_set.keys[:MAX_KEYS] if key.kid and key.use == "sig"]
    keys = {key.kid: _public_key(key) for key in usable if key.kty == "RSA"}
    strong = {kid: key for kid, key in keys.items() if key.key_size >= MIN_KEY_BITS}
    if not strong:
        raise ValueError("expected at least one RSA key for signatures")
    return strong


def _public_key(key: _Key) -> RSAPublicKey:
    return RSAPublicNumbers(e=_number(key.e), n=_number(key.n)).public_key()


def _number(text: str) -> int:
    return int.from_bytes(urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")
