"""uvicorn's HTTP protocol with absolute deadlines for what is received (reliability.md, S9).

uvicorn itself holds half-sent headers and bodies for ever, and counts each byte as a sign of life.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADERS_WITHIN_SECONDS = 5.0
REQUEST_WITHIN_SECONDS = 10.0

GOODBYE_SECONDS = 0.2

MAX_OVERHEAD_BYTES = 256 * 1024
"""What a request may send besides its body: headers, framing of chunks, trailers."""


class DeadlineProtocol(HttpToolsProtocol):
    """Closes a connection whose request is not whole in time, however its bytes drip.

    One timer a connection, not a request: it looks whether what is being received is overdue.
    """

    _due: float | None = None
    _timer: asyncio.TimerHandle | None = None
    _received = 0
    _body_received = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """A connection that says nothing is as overdue as one that drips."""
        super().connection_made(transport)
        self._due = self.loop.time() + HEADERS_WITHIN_SECONDS
        self._timer = self.loop.call_at(self._due, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._due is None:
            # Blank lines before a request begin no message, but may not drip for ever either.
            self._due = self.loop.time() + HEADERS_WITHIN_SECONDS
        self._received += len(data)
        super().data_received(data)
        if self._received - self._body_received > MAX_OVERHEAD_BYTES:
            self.transport.abort()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._received = self._body_received = 0
        if self._due is None:  # pipelined behind another request
            self._due = self.loop.time() + HEADERS_WITHIN_SECONDS

    def on_headers_complete(self) -> None:
        if self._due is not None:
            self._due += REQUEST_WITHIN_SECONDS - HEADERS_WITHIN_SECONDS
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._body_received += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._due = None
        self._received = self._body_received = 0
        super().on_message_complete()

    def shutdown(self) -> None:
        """Ends an idle connection; over TLS its peer is not waited for to say goodbye as well."""
        super().shutdown()
        if self.transport.is_closing():
            self.loop.call_later(GOODBYE_SECONDS, self.transport.abort)

    def _look(self) -> None:
        now = self.loop.time()
        if self._due is not None and now >= self._due:
            # Not close(): that waits for a peer which may never read.
            self.transport.abort()
            return
        later = now + HEADERS_WITHIN_SECONDS
        self._timer = self.loop.call_at(min(self._due or later, later), self._look)
