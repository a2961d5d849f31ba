"""A user with a mailbox, as the tests of its families speak of one."""

from dataclasses import dataclass
from typing import Any

import httpx

IMMUTABLE = {"prefer": 'IdType="ImmutableId"'}


@dataclass(frozen=True, kw_only=True)
class Owner:
    """A user of the scene; paths are those below `/users/{id}/`."""

    scene: Any
    user: dict[str, Any]

    @property
    def address(self) -> str:
        return str(self.user["mail"])

    @property
    def person(self) -> dict[str, Any]:
        return {"emailAddress": {"address": self.address, "name": self.user["displayName"]}}

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        url = path if path.startswith("http") else f"/users/{self.user['id']}/{path}"
        answer: httpx.Response = await self.scene.graph.request(method, url, **more)
        return answer

    async def ask(self, method: str, path: str, status: int, **more: Any) -> Any:
        answer = await self.call(method, path, **more)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def get(self, path: str, **more: Any) -> Any:
        return await self.ask("GET", path, 200, **more)

    async def value(self, path: str, **more: Any) -> list[dict[str, Any]]:
        """The entries of a list that fits one page."""
        answer = await self.get(path, **more)
        assert "@odata.nextLink" not in answer
        return answer["value"]  # type: ignore[no-any-return]  # JSON

    async def post(self, path: str, body: Any = None, *, status: int = 201, **more: Any) -> Any:
        return await self.ask("POST", path, status, json={} if body is None else body, **more)

    async def patch(self, path: str, body: Any, **more: Any) -> Any:
        return await self.ask("PATCH", path, 200, json=body, **more)

    async def delete(self, path: str, **more: Any) -> None:
        await self.ask("DELETE", path, 204, **more)

    async def refused(
        self, method: str, path: str, body: Any = None, **more: Any
    ) -> tuple[int, str]:
        """The status and the code that a call is refused with."""
        content = {} if body is None else {"json": body}
        answer = await self.call(method, path, **content, **more)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, answer.json()["error"]["code"]

    async def inbox(self) -> list[dict[str, Any]]:
        return await self.value("mailFolders/inbox/messages?$top=100")

    async def mail(self, **properties: Any) -> dict[str, Any]:
        """A message that has just come in."""
        made: dict[str, Any] = await self.scene.act(
            "messages.received", user=self.user["id"], **properties
        )
        return made


def mail(*to: Owner, **more: Any) -> dict[str, Any]:
    """A message as a caller writes it."""
    return {"subject": "Hello", "toRecipients": [one.person for one in to], **more}
