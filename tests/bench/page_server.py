"""A directory of many users in pages that are encoded once: `python -m tests.bench.page_server USERS`.

It costs next to nothing beside its clients, so that these are what is measured.
"""

import json
import socket
import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import uvicorn

PER_PAGE = 999

Scope = MutableMapping[str, Any]
Send = Callable[[Scope], Awaitable[None]]


class Directory:
    """`GET /v1.0/users` page by page; what a token of `$skiptoken` means is the server's own."""

    def __init__(self, users: int, *, origin: str) -> None:
        self._pages = -(-users // PER_PAGE)
        self._origin = origin
        self._whole = encoded(range(PER_PAGE))
        self._last = encoded(range(users - PER_PAGE * (self._pages - 1)))

    async def __call__(self, scope: Scope, _: object, send: Send) -> None:
        at = int(scope["query_string"].decode().partition("skiptoken=")[2] or 0)
        body = self._last if at + 1 == self._pages else self._whole + self._link(at + 1)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body) + 1).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body + b"}"})

    def _link(self, at: int) -> bytes:
        return f',"@odata.nextLink":"{self._origin}/v1.0/users?$skiptoken={at}"'.encode()


def encoded(numbers: Iterable[int]) -> bytes:
    """A page of users, open at its end."""
    context = "https://graph.microsoft.com/v1.0/$metadata#users"
    page = {"@odata.context": context, "value": [a_user(number) for number in numbers]}
    return json.dumps(page, separators=(",", ":")).encode()[:-1]


def a_user(number: int) -> dict[str, object]:
    """With the properties that the client selects by itself."""
    name = f"lene.holm{number}"
    return {
        "id": f"{number:08x}-3c1b-4a57-9d28-7be0c6a1f053",
        "accountEnabled": True,
        "companyName": None,
        "createdDateTime": "2026-11-20T08:01:44Z",
        "department": "Finance",
        "displayName": f"Lene Holm {number}",
        "employeeId": str(100_000 + number),
        "employeeType": "Employee",
        "givenName": "Lene",
        "jobTitle": "Payroll Analyst",
        "mail": f"{name}@contoso.com",
        "mailNickname": name,
        "mobilePhone": None,
        "officeLocation": "CPH/3.14",
        "preferredLanguage": "da-DK",
        "surname": "Holm",
        "usageLocation": "DK",
        "userPrincipalName": f"{name}@contoso.com",
        "userType": "Member",
    }


def main() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    app = Directory(int(sys.argv[1]), origin=f"http://127.0.0.1:{port}")
    print(json.dumps({"event": "listener.started", "port": port}), flush=True)
    config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none")
    uvicorn.Server(config).run([listening])


if __name__ == "__main__":
    main()
