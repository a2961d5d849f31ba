"""Subscriptions through Microsoft's SDK, which has no types for the notifications themselves."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from msgraph import GraphServiceClient
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.subscription import Subscription


class Receiver:
    """What a listener is told."""

    def __init__(self) -> None:
        self.url = ""
        self.bodies: asyncio.Queue[bytes] = asyncio.Queue()

    async def next(self) -> dict[str, Any]:
        """The first notification of the next POST."""
        async with asyncio.timeout(10):
            return json.loads(await self.bodies.get())["value"][0]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := (await reader.readline()).decode():
            length = 0
            while (header := (await reader.readline()).decode().strip()) != "":
                name, _, value = header.partition(":")
                length = int(value) if name.lower() == "content-length" else length
            body = await reader.readexactly(length)
            query = parse_qs(urlsplit(line.split(" ")[1]).query)
            answer = query.get("validationToken", [""])[0]
            if not answer:
                self.bodies.put_nowait(body)
            head = f"HTTP/1.1 {200 if answer else 202} X\r\ncontent-type: text/plain\r\n"
            writer.write(f"{head}content-length: {len(answer)}\r\n\r\n{answer}".encode())
        writer.close()


@asynccontextmanager
async def _receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield receiver
    finally:
        server.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with _receiving() as made:
        yield made


def until(hours: float) -> datetime:
    return datetime.now(UTC) + timedelta(hours=hours)


async def test_subscription_is_made_told_renewed_and_removed(
    graph: GraphServiceClient, receiver: Receiver, control: httpx.AsyncClient
) -> None:
    user = (await graph.users.get()).value[2]
    made = await graph.subscriptions.post(
        Subscription(
            change_type="created,updated,deleted",
            notification_url=f"{receiver.url}/notify",
            lifecycle_notification_url=f"{receiver.url}/lifecycle",
            resource=f"/users/{user.id}/messages",
            expiration_date_time=until(1),
            client_state="secret",
        )
    )
    assert made.application_id
    assert made.expiration_date_time > until(0.9)
    wish = {"event": "messages.received", "user": user.id}
    assert (await control.post("activity", json=wish)).status_code == 200
    told = await receiver.next()
    assert (told["changeType"], told["clientState"]) == ("created", "secret")
    assert told["subscriptionId"] == made.id
    messages = graph.users.by_user_id(user.id).messages
    assert (await messages.by_message_id(told["resourceData"]["id"]).get()).subject == "Hello"
    one = graph.subscriptions.by_subscription_id(made.id)
    renewed = await one.patch(Subscription(expiration_date_time=until(48)))
    assert renewed.expiration_date_time > until(47)
    assert (await one.get()).id == made.id
    assert made.id in [row.id for row in (await graph.subscriptions.get()).value]
    await control.post("lifecycle", json={"subscription": made.id})
    assert (await receiver.next())["lifecycleEvent"] == "reauthorizationRequired"
    await one.reauthorize.post()
    await one.delete()
    with pytest.raises(ODataError) as refused:
        await one.get()
    assert (refused.value.response_status_code, refused.value.error.code) == (
        404,
        "ResourceNotFound",
    )


async def test_change_of_a_user_is_told(
    graph: GraphServiceClient, receiver: Receiver, control: httpx.AsyncClient
) -> None:
    made = await graph.subscriptions.post(
        Subscription(
            change_type="updated,deleted",
            notification_url=f"{receiver.url}/notify",
            resource="/users",
            expiration_date_time=until(1),
        )
    )
    happened = (await control.post("activity", json={"event": "users.created"})).json()
    told = await receiver.next()
    assert (told["changeType"], told["resourceData"]["id"]) == ("updated", happened["id"])
    assert (await graph.users.by_user_id(happened["id"]).get()).display_name == "New Hire"
    await graph.subscriptions.by_subscription_id(made.id).delete()


async def test_endpoint_that_does_not_echo_is_refused(graph: GraphServiceClient) -> None:
    with pytest.raises(ODataError) as refused:
        await graph.subscriptions.post(
            Subscription(
                change_type="updated",
                notification_url="http://127.0.0.1:1/notify",
                resource="/users",
                expiration_date_time=until(1),
            )
        )
    assert refused.value.response_status_code == 400
