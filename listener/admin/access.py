"""Who may do what: bearer tokens of Entra, or keys that the settings know by their hash alone.

Everything is refused that is not allowed: each request needs a credential, reading needs the role
`read` or `write`, all other methods need `write`. Wrong credentials are counted by address.
"""

import hmac
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from starlette.requests import HTTPConnection

from heliograph.errors import Unavailable
from heliograph.settings import AdminKey, AdminRole
from listener.admin.problems import Refused

SAFE_METHODS = frozenset({"GET", "HEAD"})

FAILURES = 10
"""Wrong credentials that an address may send at once, and again in each minute."""

FAILURES_FOR_SECONDS = 60.0
ADDRESSES = 1_000

_CHALLENGE = {"www-authenticate": 'Bearer realm="heliograph"'}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks: *name* stands as actor in the audit log."""

    name: str
    roles: frozenset[AdminRole]


Tokens = Callable[[str], Awaitable[Caller | None]]
"""Who an Entra token stands for, None where it proves nothing. Raises Unavailable."""


async def no_tokens(_: str) -> Caller | None:
    """For deployments that take none of Entra's."""
    return None


class Access:
    """Decides about each request, before anything of it is looked at."""

    def __init__(
        self,
        keys: Sequence[AdminKey],
        tokens: Tokens = no_tokens,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """*clock* is in seconds, monotonic."""
        self._keys = keys
        self._tokens = tokens
        self._failures = Failures(clock=clock)

    async def caller(self, connection: HTTPConnection, method: str) -> Caller:
        """Who asks, once that may be. Raises Refused (401, 403, 429) and Unavailable."""
        _refuse_other_sites(connection.headers, is_safe=method in SAFE_METHODS)
        address = connection.client.host if connection.client else ""
        caller = await self._known(connection.headers.get("authorization", ""), address)
        needed: AdminRole = "read" if method in SAFE_METHODS else "write"
        if needed not in caller.roles:
            raise Refused(403, f"expected a credential with the role {needed!r}")
        return caller

    async def _known(self, authorization: str, address: str) -> Caller:
        scheme, _, credential = authorization.partition(" ")
        if scheme.lower() != "bearer" or not credential:
            raise Refused(401, "expected a bearer token or an admin key", headers=_CHALLENGE)
        caller = self._holder(credential)
        if caller is not None:  # whoever holds a key is not shut out by others at his address
            return caller
        self._failures.check(address)
        try:
            caller = await self._tokens(credential)
        except Unavailable:  # its key is not known: who makes keys up is shut out like any other
            self._failures.note(address)
            raise
        if caller is None:
            self._failures.note(address)
            said = "expected a valid bearer token or admin key"
            headers = {
                "www-authenticate": f'{_CHALLENGE["www-authenticate"]}, error="invalid_token"'
            }
            raise Refused(401, said, headers=headers)
        return caller

    def _holder(self, credential: str) -> Caller | None:
        """The holder of a static key. All are compared, so that time tells nothing."""
        digest = sha256(credential.encode()).hexdigest()
        found = [key for key in self._keys if hmac.compare_digest(key.sha256, digest)]
        return Caller(name=f"key:{found[0].name}", roles=roles_of(found[0].role)) if found else None


def roles_of(role: AdminRole) -> frozenset[AdminRole]:
    """Who may write may read."""
    return frozenset({"read", "write"}) if role == "write" else frozenset({"read"})


class Failures:
    """Wrong credentials by address, each forgiven after a while."""

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def check(self, address: str) -> None:
        """Raises Refused (429) where *address* has been wrong too often."""
        wait = self._until.get(address, 0.0) - self._clock() - FAILURES_FOR_SECONDS
        if wait > 0:
            said = "expected fewer wrong credentials from this address"
            raise Refused(429, said, headers={"retry-after": str(int(wait) + 1)})

    def note(self, address: str) -> None:
        """One more was wrong: by a bucket of `FAILURES`, which empties within a minute."""
        if len(self._until) >= ADDRESSES:
            self._until.clear()
        one = FAILURES_FOR_SECONDS / FAILURES
        now = self._clock()
        self._until[address] = max(self._until.get(address, 0.0), now) + one


def _refuse_other_sites(headers: Mapping[str, str], *, is_safe: bool) -> None:
    """Browsers name the page that asks: another site's may not, whatever credential it has."""
    site, origin = headers.get("sec-fetch-site", "none"), headers.get("origin")
    is_own = origin is None or origin.partition("://")[2] == headers.get("host")
    if site not in {"none", "same-origin"} or not (is_own or is_safe):
        raise Refused(403, "expected a request from no other site")
