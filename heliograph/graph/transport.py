"""The one seam to the network: a request goes in, a response or an error of ours comes out.

What a call means is decided above (the families), how often it is tried between (`retrying`).
Contents too large for memory stream: in from a `source`, out into a `sink`.
"""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, Self
from urllib.parse import quote, urlencode

import certifi
import httpx
import msgspec

from heliograph.errors import Invalid, Unavailable
from heliograph.graph.paths import VERSION_ROOT

TIMEOUT = httpx.Timeout(60.0, connect=10.0)
"""Seconds. Graph itself answers slow calls with 504 before a minute is over."""


Source = Callable[[], AsyncIterator[bytes]]
"""The pieces of a body. Called anew for every try, so it must begin at the beginning."""

Sink = Callable[[bytes], Awaitable[object]]
"""Takes the next piece of a content."""


Caller = Literal["app", "user", "either"]
"""Whose token a call takes, see `Request`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call of Graph. *path* lies below the version root and is encoded already.

    *caller* says whose token it takes: `app`, the app's own, as nearly every call; `user`, that of
    a signed-in user; `either`, the app's, and a signed-in user's where the app has not been granted
    what it takes. *as_user* names the one user whose sign-in will do, by id or name; None is any
    who has signed in. Where nobody at hand can make the call, it is refused before it leaves, by
    NotPermitted: catch that to take another source.

    Bodies and headers stay out of `repr`, as they hold contents and tokens.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: object = field(default=None, repr=False)
    content: bytes | None = field(default=None, repr=False)
    source: Source | None = field(default=None, repr=False)  # in place of `content`
    sink: Sink | None = field(default=None, repr=False)  # takes the content of a success
    upload_url: str | None = field(default=None, repr=False)  # of an upload session; has no token
    whole: bytes | None = field(default=None, repr=False)  # of a piece: digest of all up to it
    caller: Caller = "app"
    as_user: str | None = None
    mailbox: str | None = None  # whose mailbox is asked: at most 4 calls at once
    permission: str | None = None  # the least application permission that Graph asks for
    scope: str | None = None  # the least delegated one, where it is another
    asks_only: bool = False  # a POST that changes nothing
    repeatable: bool = False  # a POST that may be sent twice without doing more
    parts: tuple["Request", ...] = ()  # the calls inside of a batch

    @property
    def is_write(self) -> bool:
        """Does it change anything in the tenant?"""
        if self.parts:
            return any(part.is_write for part in self.parts)
        return self.method not in {"GET", "HEAD"} and not self.asks_only

    @property
    def is_repeatable(self) -> bool:
        """Does sending it twice do no more than sending it once?"""
        if self.parts:
            return all(part.is_repeatable for part in self.parts)
        return self.method != "POST" or self.asks_only or self.repeatable


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer of any status. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = field(default=b"", repr=False)
    caller: Literal["app", "user"] = "app"  # who has asked


class Transport(Protocol):
    """Sends one request. Raises Unavailable where no answer came, whatever the reason."""

    async def send(self, request: Request) -> Response: ...


class NeverSent(Unavailable):
    """No connection could be had, so that Graph has not seen the request."""


class Interrupted(Unavailable):
    """A content broke off after its sink had taken a part of it."""


class HttpTransport:
    """The network: HTTP/2 on a pool of connections to one origin, which no redirect leaves.

    Upload sessions go to *uploads*, which are origins too, and no token goes there. After a 503
    the connections are left to the calls that are on them, and others are made: behind the old
    ones is a server in trouble. https://learn.microsoft.com/graph/best-practices-concept
    """

    def __init__(
        self,
        origin: str,
        *,
        ca_file: Path | None = None,
        uploads: frozenset[str] = frozenset(),
    ) -> None:
        self._root = origin + VERSION_ROOT
        self._uploads = uploads
        self._trust = trust(ca_file)
        self._pool = _Pool(self._trust)

    async def send(self, request: Request) -> Response:
        flow = _Flow(request.sink)
        async with self._pool as pool:
            try:
                async with pool.client.stream(
                    request.method,
                    self._address(request),
                    headers=_headers(request),
                    content=request.source() if request.source else body(request),
                ) as answer:
                    content = await flow.take(answer)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
                raise NeverSent(_describe(error), client_request_id=_id(request)) from error
            except httpx.HTTPError as error:
                kind = Interrupted if flow.has_begun else Unavailable
                raise kind(_describe(error), client_request_id=_id(request)) from error
            if answer.status_code == 503 and pool is self._pool:
                self._pool = _Pool(self._trust)
                pool.is_left = True
        return Response(status=answer.status_code, headers=dict(answer.headers), content=content)

    def _address(self, request: Request) -> str:
        if request.upload_url is None:
            return self._root + target(request)
        return upload_address(request.upload_url, self._uploads)

    async def close(self) -> None:
        """End the connections."""
        await self._pool.client.aclose()


class _Pool:
    """Connections, and the calls that are on them. The last call ends those that were left."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.is_left = False
        self._calls = 0
        self.client = httpx.AsyncClient(
            http2=True,
            verify=context,
            trust_env=False,  # proxies and authorities come from our settings alone
            follow_redirects=False,
            timeout=TIMEOUT,
        )

    async def __aenter__(self) -> Self:
        self._calls += 1
        return self

    async def __aexit__(self, *_: object) -> None:
        self._calls -= 1
        if self.is_left and not self._calls:
            await self.client.aclose()


class _Flow:
    """The content of an answer, into a sink or into memory. What is no success has no sink."""

    def __init__(self, sink: Sink | None) -> None:
        self._sink = sink
        self.has_begun = False

    async def take(self, answer: httpx.Response) -> bytes:
        if self._sink is None or answer.status_code >= 300:
            return await answer.aread()
        async for piece in answer.aiter_bytes():
            self.has_begun = True
            await self._sink(piece)
        return b""


def upload_address(url: str, origins: frozenset[str]) -> str:
    """The *url* of an upload session, if it lies on one of *origins*. Raises Invalid if not."""
    if not any(url[: len(origin) + 1].lower() == f"{origin}/".lower() for origin in origins):
        raise Invalid("an upload session leads elsewhere than to the hosts of the cloud")
    if not url.isascii() or not url.isprintable() or set(url) & set(' \\#"<>'):
        raise Invalid("an upload session holds characters that no address has")
    return url


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """The public certificate authorities, and the one of *ca_file*."""
    context = ssl.create_default_context(cafile=certifi.where())
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context


def target(request: Request) -> str:
    """Path and query. Odata's own characters stay readable, as some gateways compare them."""
    if not request.params:
        return request.path
    query = urlencode(request.params, quote_via=quote, safe="$,()'/:@")
    return f"{request.path}{'&' if '?' in request.path else '?'}{query}"


def body(request: Request) -> bytes | None:
    """What is sent: the JSON of `json`, else `content`."""
    return request.content if request.json is None else msgspec.json.encode(request.json)


def _headers(request: Request) -> dict[str, str]:
    own = {} if request.json is None else {"content-type": "application/json"}
    headers = {**request.headers, **own}
    if request.upload_url is not None:
        headers.pop("authorization", None)  # the address of an upload session is its own proof
    return headers


def _describe(error: httpx.HTTPError) -> str:
    return f"no answer from Graph: {type(error).__name__}"


def _id(request: Request) -> str:
    return request.headers.get("client-request-id", "")
