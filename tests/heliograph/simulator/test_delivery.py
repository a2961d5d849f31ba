"""What a receiver gets, in which form, and what happens when it does not take it."""

import asyncio
import json
import re
import sys
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from heliograph.simulator.clock import parse
from heliograph.simulator.notify.deliveries import schedule


def _types(items: list[dict[str, Any]]) -> list[str]:
    return [item["changeType"] for item in items]


@pytest.fixture
async def user(scene: Any) -> str:
    return str((await scene.users())[1]["id"])


async def _quiet(scene: Any) -> list[dict[str, Any]]:
    """All items, when nothing is on its way any more."""
    async with asyncio.timeout(5):
        while (await scene.control("GET", "state")).json()["pendingDeliveries"]:
            scene.receiver.news.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(scene.receiver.news.wait(), 0.01)
    return scene.receiver.items  # type: ignore[no-any-return]  # of the test


async def test_row_10_all_that_happens_to_a_user_but_the_purge_is_updated(scene: Any) -> None:
    await scene.subscribe("users")
    made = await scene.act("users.created", displayName="Ada Quist")
    for event in ("users.updated", "users.deleted", "users.restored", "users.deleted"):
        await scene.act(event, user=made["id"])
    await scene.act("users.purged", user=made["id"])
    items = await scene.receiver.some(1, lambda item: item["changeType"] == "deleted")
    assert len(items) == 1
    updates = [item for item in scene.receiver.items if item["changeType"] == "updated"]
    assert len(updates) >= 5
    assert {item["resourceData"]["id"] for item in scene.receiver.items} == {made["id"]}


async def test_row_10_a_user_is_told_several_times_now_and_then(scene: Any, user: str) -> None:
    await scene.subscribe("users")
    for number in range(20):
        await scene.act("users.updated", user=user, employeeId=str(number))
    assert len(await scene.receiver.some(21)) >= 21


async def test_row_10_writes_through_the_api_are_told_like_activity(scene: Any, user: str) -> None:
    await scene.subscribe(f"users/{user}")
    await scene.graph.patch(f"/users/{user}", json={"department": "Legal"})
    (item,) = (await scene.receiver.some())[:1]
    assert item["clientState"] == "state"
    assert item["tenantId"] == scene.simulator.ready["tenant_id"]
    assert item["resource"] == f"Users/{user}"
    other = (await scene.users())[2]["id"]
    await scene.graph.patch(f"/users/{other}", json={"department": "Legal"})
    await asyncio.sleep(0.08)
    assert {entry["resourceData"]["id"] for entry in scene.receiver.items} == {user}


async def test_row_10_manager_change_is_told_of_the_user(scene: Any, user: str) -> None:
    await scene.subscribe("users", "updated")
    chief = (await scene.users())[4]["id"]
    await scene.act("users.updated", user=user, manager=chief)
    assert (await scene.receiver.some())[0]["resourceData"]["id"] == user


async def test_row_10_membership_is_told_on_the_group(scene: Any, user: str) -> None:
    await scene.subscribe("groups")
    group = (await scene.act("groups.created", displayName="Board"))["id"]
    await scene.act("groups.member_added", group=group, user=user)
    await scene.act("groups.member_removed", group=group, user=user)
    items = await scene.receiver.some(3)
    assert "members@delta" not in items[0]["resourceData"]
    assert items[1]["resourceData"]["members@delta"] == [{"id": user}]
    assert items[2]["resourceData"]["members@delta"] == [{"id": user, "@removed": "deleted"}]


async def test_row_10_subscription_to_members_is_told_of_members_only(
    scene: Any, user: str
) -> None:
    group = (await scene.act("groups.created", displayName="Board"))["id"]
    await scene.subscribe(f"groups/{group}/members")
    await scene.act("groups.updated", group=group, description="x")
    await scene.act("groups.member_added", group=group, user=user)
    items = await scene.receiver.some()
    assert "members@delta" in items[0]["resourceData"]


async def test_row_11_mail_is_created_updated_and_deleted(scene: Any, user: str) -> None:
    await scene.subscribe(f"users/{user}/messages", "created,updated,deleted")
    mail = await scene.act("messages.received", user=user)
    await scene.act("messages.read", user=user, item=mail["immutableId"])
    await scene.graph.post(f"/users/{user}/messages/{mail['immutableId']}/permanentDelete")
    items = await scene.receiver.some(3)
    assert _types(items) == ["created", "updated", "deleted"]
    data = items[0]["resourceData"]
    assert data["@odata.type"] == "#Microsoft.Graph.Message"
    assert data["id"] == mail["id"]
    assert data["@odata.etag"].startswith('W/"')
    assert items[0]["resource"] == data["@odata.id"]


async def test_row_11_move_is_a_deletion_and_a_creation_with_a_new_id(
    scene: Any, user: str
) -> None:
    mail = await scene.act("messages.received", user=user)
    await scene.subscribe(f"users/{user}/messages", "created,updated,deleted")
    moved = await scene.act("messages.moved", user=user, item=mail["id"])
    gone, new = await scene.receiver.some(2)
    assert (gone["changeType"], gone["resourceData"]["id"]) == ("deleted", mail["id"])
    assert (new["changeType"], new["resourceData"]["id"]) == ("created", moved["id"])
    assert moved["id"] != mail["id"]


async def test_row_11_move_keeps_the_immutable_id(scene: Any, user: str) -> None:
    mail = await scene.act("messages.received", user=user)
    await scene.subscribe(
        f"users/{user}/messages",
        "created,updated,deleted",
        headers={"prefer": 'IdType="ImmutableId"'},
    )
    await scene.act("messages.moved", user=user, item=mail["id"])
    gone, new = await scene.receiver.some(2)
    assert gone["resourceData"]["id"] == new["resourceData"]["id"] == mail["immutableId"]


async def test_row_11_folder_is_told_of_what_enters_and_leaves(scene: Any, user: str) -> None:
    mail = await scene.act("messages.received", user=user)
    for folder in ("inbox", "Archive"):
        await scene.subscribe(
            f"users/{user}/mailFolders('{folder}')/messages",
            "created,updated,deleted",
            notificationUrl=f"{scene.receiver.url}/{folder}",
        )
    await scene.act("messages.moved", user=user, item=mail["id"])
    await scene.receiver.some(2)
    told = {post.target: _types(post.json()["value"]) for post in scene.receiver.posts}
    assert told == {"/inbox": ["deleted"], "/Archive": ["created"]}


async def test_row_11_filter_makes_items_appear_and_vanish(scene: Any, user: str) -> None:
    mail = await scene.act("messages.received", user=user)
    await scene.subscribe(
        f"users/{user}/messages?$filter=isRead eq false", "created,updated,deleted"
    )
    await scene.act("messages.read", user=user, item=mail["id"])
    await scene.act("messages.read", user=user, item=mail["id"], isRead=False)
    await scene.graph.patch(f"/users/{user}/messages/{mail['id']}", json={"importance": "high"})
    assert _types(await scene.receiver.some(3)) == ["deleted", "created", "updated"]


async def test_row_11_meetings_and_contacts_are_told(scene: Any, user: str) -> None:
    other = (await scene.users())[2]["id"]
    await scene.subscribe(f"users/{user}/events", "created,updated,deleted")
    await scene.subscribe(f"users/{other}/events", "created,updated,deleted")
    await scene.subscribe(f"users/{user}/contacts", "created,updated,deleted")
    made = await scene.act("events.created", user=user, attendees=[other])
    await scene.act("events.updated", user=user, item=made["id"])
    await scene.act("events.deleted", user=user, item=made["id"])
    contact = await scene.act("contacts.created", user=user)
    await scene.act("contacts.deleted", user=user, item=contact["id"])
    items = await scene.receiver.some(8)
    told = [(item["resourceData"]["@odata.type"][17:], item["changeType"]) for item in items]
    assert sorted(told) == sorted(
        [
            *[("Event", "created"), ("Event", "updated"), ("Event", "deleted")],
            *[("Event", "created"), ("Event", "updated"), ("Event", "updated")],
            *[("Contact", "created"), ("Contact", "deleted")],
        ]
    )


async def test_row_12_forms_vary_and_the_number_is_a_raw_64_bit_one(scene: Any, user: str) -> None:
    await scene.subscribe("users")
    await scene.subscribe(f"users/{user}/messages", "created")
    for number in range(30):
        await scene.act("users.updated", user=user, employeeId=str(number))
        await scene.act("messages.received", user=user)
    items = await _quiet(scene)
    offsets = {re.sub(r".*T[\d:.]+", "", item["subscriptionExpirationDateTime"]) for item in items}
    assert offsets == {"Z", "+00:00", "+05:30", "-08:00"}
    fractions = [re.findall(r"\.(\d+)", item["subscriptionExpirationDateTime"]) for item in items]
    assert {len("".join(digits)) for digits in fractions} == {0, 3, 6, 7}
    assert len({parse(item["subscriptionExpirationDateTime"]) for item in items}) < 10
    mails = [item for item in items if "Message" in item["resourceData"]["@odata.type"]]
    assert {"users" if "@" in item["resource"] else "Users" for item in mails} == {"users", "Users"}
    users = [item for item in items if item not in mails]
    number = users[0]["resourceData"]["sequenceNumber"]
    assert number > 2**53
    raw = scene.receiver.posts[0].body + scene.receiver.posts[-1].body
    assert re.search(rb'"sequenceNumber":\d{18}', raw)
    seconds, fraction = divmod(number, 10_000_000)
    assert users[0]["resourceData"]["eventTime"].endswith(f".{fraction:07d}Z")
    assert seconds > 63_000_000_000


async def test_row_13_subscriptions_of_one_url_share_a_post_and_keep_its_query(
    scene: Any, user: str
) -> None:
    one = await scene.subscribe("users")
    two = await scene.subscribe(f"users/{user}")
    await scene.act("users.updated", user=user, department="Legal")
    post = (await scene.receiver.posted())[0]
    assert post.target == "/notify?route=a"
    assert post.headers["content-type"] == "application/json; charset=utf-8"
    assert {item["subscriptionId"] for item in post.json()["value"]} == {one["id"], two["id"]}
    assert "validationTokens" not in post.json()


async def test_deliveries_use_one_connection_and_are_quick(scene: Any, user: str) -> None:
    await scene.subscribe(f"users/{user}/messages", "created", lifecycleNotificationUrl=None)
    for _ in range(5):
        await scene.act("messages.received", user=user)
        await _quiet(scene)
    assert scene.receiver.connections == 1
    found = (await scene.control("GET", "deliveries?since=1&limit=2")).json()
    assert (found["next"], len(found["value"])) == (3, 2)
    delivery = found["value"][0]
    assert (delivery["state"], delivery["status"]) == ("delivered", 202)
    assert len(delivery["attempts"]) == 1
    assert delivery["endedAfter"] < 0.2


async def test_row_9_nothing_is_told_after_expiry_or_deletion(scene: Any, user: str) -> None:
    gone = await scene.subscribe(f"users/{user}/messages", "created")
    await scene.graph.delete(f"/subscriptions/{gone['id']}")
    await scene.subscribe(f"users/{user}/contacts", "created")
    await scene.advance(hours=21)
    await scene.act("messages.received", user=user)
    await scene.act("contacts.created", user=user)
    assert (await scene.control("GET", "state")).json()["deliveries"] == 0


async def test_row_14_failed_post_is_repeated_until_it_is_taken(stage: Any) -> None:
    async with stage(speed=1000) as scene:
        user = (await scene.users())[0]["id"]
        await scene.subscribe(f"users/{user}/messages", "created")
        good, left = scene.receiver.reply, [500, 404, 301]

        def reply(request: Any) -> Any:
            return replace(good(request), status=left.pop()) if left else good(request)

        scene.receiver.reply = reply
        await scene.act("messages.received", user=user)
        await scene.receiver.posted(4)
        await _quiet(scene)
        (delivery,) = (await scene.control("GET", "deliveries")).json()["value"]
        assert [one["status"] for one in delivery["attempts"]] == [301, 404, 500, 202]
        assert delivery["state"] == "delivered"
        assert len({post.body for post in scene.receiver.posts}) == 1


async def test_row_14_slow_first_answer_is_repeated_with_more_time(stage: Any) -> None:
    async with stage(speed=1000, first_timeout=0.05, retry_timeout=1.0) as scene:
        user = (await scene.users())[0]["id"]
        await scene.subscribe(f"users/{user}/messages", "created")
        good = scene.receiver.reply
        scene.receiver.reply = lambda request: replace(good(request), after=0.15)
        scene.receiver.handshakes.clear()
        await scene.act("messages.received", user=user)
        await scene.receiver.posted(2)
        await _quiet(scene)
        (delivery,) = (await scene.control("GET", "deliveries")).json()["value"]
        first, second = delivery["attempts"]
        assert (first["status"], first["error"]) == (0, "no answer within 0.05 s")
        assert (second["status"], delivery["state"]) == (202, "delivered")


async def test_row_14_times_are_those_of_graph(scene: Any) -> None:
    chosen = scene.simulator.world.options
    assert (chosen.first_timeout, chosen.retry_timeout, chosen.handshake_timeout) == (3, 10, 10)
    pauses = list(schedule())
    assert pauses[:4] == [0, 10, 30, 60]
    assert pauses == sorted(pauses)
    assert 3 * 3600 < sum(pauses) <= 4 * 3600


async def test_row_14_dropped_after_four_hours_of_the_clock(scene: Any, user: str) -> None:
    await scene.subscribe(f"users/{user}/messages", "created", lifecycleNotificationUrl=None)
    good = scene.receiver.reply
    scene.receiver.reply = lambda request: replace(good(request), status=503)
    await scene.act("messages.received", user=user)
    office = scene.simulator.world.post_office
    for count in range(1, len(list(schedule())) + 1):
        async with asyncio.timeout(5):
            while not office.deliveries or len(office.deliveries[0].attempts) < count:  # noqa: ASYNC110 (no event tells of it)
                await asyncio.sleep(0.001)
        await asyncio.sleep(0)
        await scene.advance(hours=1)
    await _quiet(scene)
    (delivery,) = (await scene.control("GET", "deliveries")).json()["value"]
    assert (delivery["state"], delivery["status"]) == ("dropped", 503)


async def test_delivery_over_tls_trusts_the_simulators_own_authority(stage: Any) -> None:
    async with stage(tls=True, allow_http=False) as scene:
        user = (await scene.users())[0]["id"]
        await scene.subscribe(f"users/{user}/messages", "created")
        await scene.act("messages.received", user=user)
        assert _types(await scene.receiver.some()) == ["created"]


async def test_ready_line_is_json_and_sigterm_ends_with_0(tmp_path: Any) -> None:
    program = "from heliograph.simulator import Options, run; run(Options())"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    ready = json.loads(await process.stdout.readline())
    assert set(ready) == {
        *("graph", "authority", "tenant_id", "client_id", "client_secret", "token", "ca_file")
    }
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 5) == 0
