"""A closed-loop load on one HTTP server of the bench's own: so many connections, one request each.

`python -m tests.bench.load PORT CONNECTIONS SECONDS ITEMS` posts notifications of ITEMS items, every
one about another resource, and prints one JSON line: how many were answered 202, and how quickly.
It runs as a process of its own, so that what it costs is not the server's.
"""

import asyncio
import json
import sys
import time
from itertools import count

import uvloop

from tests.listener.builders import MAIL
from tests.listener.process import a_request

ENDED = b"\r\n\r\n"
ACCEPTED = b"HTTP/1.1 202"


class Poster(asyncio.Protocol):
    """One connection: posts the next request as soon as the last one is answered."""

    def __init__(self, load: "Load") -> None:
        self._load = load
        self._asked_at = 0.0

    def connection_made(self, transport: asyncio.WriteTransport) -> None:  # type: ignore[override]  # as uvloop gives it
        self._transport = transport
        self._post()

    def data_received(self, data: bytes) -> None:
        # Answers have no body, so one is whole with its head.
        assert data.endswith(ENDED), data
        self._load.answered(data.startswith(ACCEPTED), time.perf_counter() - self._asked_at)
        if not self._load.is_over:
            self._post()

    def _post(self) -> None:
        self._asked_at = time.perf_counter()
        self._transport.write(self._load.next_request())


class Load:
    """What all connections share."""

    def __init__(self, item: str, *, items: int, seconds: float) -> None:
        self._item = item
        self._items = items
        self._numbers = count(int(time.time() * 1000) * 1000)
        self._ends_at = time.perf_counter() + seconds
        self.accepted = 0
        self.refused = 0
        self.latencies: list[float] = []

    @property
    def is_over(self) -> bool:
        return time.perf_counter() >= self._ends_at

    def next_request(self) -> bytes:
        parts = (self._item.replace(MAIL, f"AAMk{next(self._numbers)}") for _ in range(self._items))
        return a_request(f'{{"value":[{",".join(parts)}]}}'.encode())

    def answered(self, is_accepted: bool, seconds: float) -> None:
        if is_accepted:
            self.accepted += 1
        else:
            self.refused += 1
        self.latencies.append(seconds)


async def run(port: int, *, connections: int, seconds: float, items: int, item: str) -> Load:
    """Posts for *seconds*, and waits for the last answers."""
    load = Load(item, items=items, seconds=seconds)
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: Poster(load), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.sleep(seconds)
    await asyncio.sleep(0.2)
    for transport, _ in made:
        transport.close()
    return load


def main() -> None:
    port, connections, seconds, items = (float(word) for word in sys.argv[1:5])
    item = sys.stdin.read()
    load = uvloop.run(
        run(int(port), connections=int(connections), seconds=seconds, items=int(items), item=item)
    )
    load.latencies.sort()
    print(
        json.dumps(
            {
                "accepted": load.accepted,
                "refused": load.refused,
                "p99_ms": load.latencies[int(len(load.latencies) * 0.99)] * 1000,
            }
        )
    )


if __name__ == "__main__":
    main()
