"""Lifecycle notifications, paused delivery, slow endpoints: what a manager must be ready for."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from heliograph.simulator.notify.lifecycle import is_due

EVERY = "created,updated,deleted"


@pytest.fixture
async def user(scene: Any) -> str:
    return str((await scene.users())[1]["id"])


async def _attempted(scene: Any, what: str, times: int = 1) -> None:
    """As soon as the delivery of *what* was tried so often."""
    office = scene.simulator.world.post_office
    async with asyncio.timeout(5):
        while not any(item.what == what and item.attempts >= times for item in office.deliveries):  # noqa: ASYNC110 (no event tells of it)
            await asyncio.sleep(0.001)


@pytest.mark.parametrize(
    ("left", "since", "due"),
    [
        (timedelta(hours=13), None, False),
        (timedelta(hours=12), None, True),
        (timedelta(hours=8), timedelta(minutes=59), False),
        (timedelta(hours=8), timedelta(minutes=60), True),
        (timedelta(hours=1), timedelta(minutes=14), False),
        (timedelta(hours=1), timedelta(minutes=15), True),
    ],
)
async def test_row_17_challenge_is_due_by_the_formula(
    scene: Any, left: timedelta, since: timedelta | None, due: bool
) -> None:
    made = await scene.subscribe("users")
    subscription = scene.simulator.world.registry.get(made["id"])
    now = subscription.expires - left
    subscription.challenged_at = None if since is None else now - since
    assert is_due(subscription, now) is due


async def test_row_17_challenge_comes_by_the_clock_to_the_lifecycle_url(scene: Any) -> None:
    made = await scene.subscribe("users")
    await scene.subscribe("groups", lifecycleNotificationUrl=None)
    await scene.advance(hours=9)
    (item,) = await scene.receiver.some()
    assert item["lifecycleEvent"] == "reauthorizationRequired"
    assert item["subscriptionId"] == made["id"]
    assert item["clientState"] == "state"
    assert "changeType" not in item
    assert "resourceData" not in item
    assert scene.receiver.posts[0].target == "/lifecycle"
    await scene.advance(minutes=30)
    await scene.advance(hours=2)
    assert len(await scene.receiver.some(2)) == 2


@pytest.mark.parametrize("answer", ["patch", "reauthorize"])
async def test_row_17_delivery_pauses_until_reauthorized_and_then_arrives(
    stage: Any, answer: str
) -> None:
    async with stage(authorized_for=24 * 3600) as scene:
        user = (await scene.users())[1]["id"]
        made = await scene.subscribe(f"users/{user}/messages", EVERY)
        await scene.control(
            "POST", "lifecycle", json={"event": "reauthorizationRequired", "unauthorized": True}
        )
        (challenge,) = await scene.receiver.some()
        assert challenge["lifecycleEvent"] == "reauthorizationRequired"
        await scene.act("messages.received", user=user)
        await asyncio.sleep(0.05)
        path = f"/subscriptions/{made['id']}"
        if answer == "patch":
            body = {"expirationDateTime": made["expirationDateTime"]}
            assert (await scene.graph.patch(path, json=body)).status_code == 200
        else:
            assert (await scene.graph.post(f"{path}/reauthorize")).status_code == 204
        assert len(scene.receiver.items) == 1
        await scene.advance(seconds=10)
        assert (await scene.receiver.some(2))[1]["changeType"] == "created"
        states = scene.simulator.world.post_office.endpoints.values()
        assert {endpoint.state for endpoint in states} == {"normal"}


async def test_row_18_removed_subscription_is_told_and_gone(scene: Any, user: str) -> None:
    mail = await scene.subscribe(f"users/{user}/messages", EVERY)
    answer = await scene.control(
        "POST", "lifecycle", json={"event": "subscriptionRemoved", "subscription": mail["id"]}
    )
    assert answer.status_code == 200
    (item,) = await scene.receiver.some()
    assert (item["lifecycleEvent"], item["subscriptionId"]) == ("subscriptionRemoved", mail["id"])
    path = f"/subscriptions/{mail['id']}"
    assert (await scene.graph.get(path)).status_code == 404
    renewal = {"expirationDateTime": mail["expirationDateTime"]}
    assert (await scene.graph.patch(path, json=renewal)).status_code == 404


@pytest.mark.parametrize("event", ["subscriptionRemoved", "missed"])
async def test_row_18_directory_knows_no_removal_and_no_loss(scene: Any, event: str) -> None:
    made = await scene.subscribe("users")
    wish = {"event": event, "subscription": made["id"]}
    answer = await scene.control("POST", "lifecycle", json=wish)
    assert answer.status_code == 400
    assert (await scene.graph.get(f"/subscriptions/{made['id']}")).status_code == 200


async def test_row_18_purged_user_takes_the_subscriptions_to_the_mailbox_along(
    scene: Any, user: str
) -> None:
    await scene.subscribe(f"users/{user}/contacts", EVERY)
    await scene.act("users.deleted", user=user)
    await scene.act("users.purged", user=user)
    assert (await scene.receiver.some())[0]["lifecycleEvent"] == "subscriptionRemoved"


async def test_row_15_missed_follows_what_was_dropped(scene: Any, user: str) -> None:
    made = await scene.subscribe(
        f"users/{user}/messages", EVERY, notificationUrl=f"{scene.receiver.url}/dead"
    )
    endpoint = scene.simulator.world.post_office.endpoint(f"{scene.receiver.url}/dead")
    endpoint.state = "drop"
    endpoint.until = scene.simulator.world.clock.now() + timedelta(minutes=10)
    for _ in range(3):
        await scene.act("messages.received", user=user)
    assert scene.receiver.items == []
    await scene.advance(minutes=10)
    (item,) = await scene.receiver.some()
    assert (item["lifecycleEvent"], item["subscriptionId"]) == ("missed", made["id"])
    await scene.act("messages.received", user=user)
    assert (await scene.receiver.some(2))[1]["changeType"] == "created"


async def test_row_15_slow_endpoint_waits_ten_minutes_for_what_is_new(stage: Any) -> None:
    async with stage(first_timeout=0.05, endpoint_judged_after=2) as scene:
        user = (await scene.users())[1]["id"]
        await scene.subscribe(f"users/{user}/messages", EVERY)
        good = scene.receiver.reply
        scene.receiver.reply = lambda request: replace(good(request), after=0.12)
        for _ in range(2):
            await scene.act("messages.received", user=user)
            await asyncio.sleep(0.02)
        await scene.receiver.posted(2)
        url = f"{scene.receiver.url}/notify"
        async with asyncio.timeout(5):
            while (await scene.control("GET", "state")).json()["endpoints"][url] != "slow":  # noqa: ASYNC110 (no event tells of it)
                await asyncio.sleep(0.005)
        scene.receiver.reply = good
        posts = len(scene.receiver.posts)
        await scene.act("contacts.created", user=user)
        await scene.act("messages.received", user=user, subject="late")
        await asyncio.sleep(0.03)
        assert len(scene.receiver.posts) == posts
        await scene.advance(minutes=10)
        await scene.receiver.posted(posts + 1)


async def test_row_17_paused_notification_is_dropped_after_four_hours(stage: Any) -> None:
    async with stage(authorized_for=24 * 3600, speed=4 * 3600 / 0.4) as scene:
        user = (await scene.users())[1]["id"]
        await scene.subscribe(f"users/{user}/messages", EVERY)
        await scene.control(
            "POST", "lifecycle", json={"event": "reauthorizationRequired", "unauthorized": True}
        )
        await scene.act("messages.received", user=user)
        items = await scene.receiver.some(1, lambda item: item["lifecycleEvent"] == "missed")
        assert len(items) == 1
        office = scene.simulator.world.post_office
        assert [item.state for item in office.deliveries if item.what == "created"] == ["dropped"]
        assert [item.attempts for item in office.deliveries if item.what == "created"] == [[]]


async def test_row_17_revoked_permission_challenges_and_pauses(scene: Any, user: str) -> None:
    """What was told in between arrives once access is back."""
    made = await scene.subscribe(f"users/{user}/messages", EVERY)
    await scene.subscribe("users")
    told = await scene.control("POST", "permissions", json={"revoke": ["Mail.Read"]})
    assert "Mail.Read" not in told.json()["app"]
    (challenge,) = await scene.receiver.some()
    assert challenge["subscriptionId"] == made["id"]
    assert challenge["lifecycleEvent"] == "reauthorizationRequired"
    await scene.act("messages.received", user=user)
    assert (await scene.control("GET", "state")).json()["pendingDeliveries"] == 1
    await scene.control("POST", "permissions", json={"grant": ["Mail.Read"]})
    await scene.renew_token()
    assert (await scene.graph.post(f"/subscriptions/{made['id']}/reauthorize")).status_code == 204
    await scene.advance(seconds=10)
    await scene.receiver.some(1, lambda item: item.get("changeType") == "created")


async def test_tokens_may_outlive_a_revocation(scene: Any) -> None:
    """As Entra's do, unless access is evaluated continuously."""
    wish = {"revoke": ["User.Read.All", "Directory.Read.All"], "keepTokens": True}
    await scene.control("POST", "permissions", json=wish)
    assert (await scene.graph.get("/users")).status_code == 200
