"""What goes wrong on demand: duplicates, loss, delay, disorder, forgeries."""

import asyncio
import base64
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from heliograph.simulator.switches import FORGERIES
from tests.heliograph.simulator.receiver_keys import certificate

EVERY = "created,updated,deleted"


@pytest.fixture
async def user(scene: Any) -> str:
    return str((await scene.users())[1]["id"])


async def _turn(scene: Any, **switches: Any) -> None:
    assert (await scene.control("POST", "switches", json=switches)).status_code == 200


async def test_row_16_notifications_come_twice(scene: Any, user: str) -> None:
    await scene.subscribe(f"users/{user}/messages", EVERY)
    await _turn(scene, duplicated=1.0)
    await scene.act("messages.received", user=user)
    one, two = await scene.receiver.some(2)
    assert one == two


async def test_row_16_notifications_are_lost(scene: Any, user: str) -> None:
    await scene.subscribe(f"users/{user}/messages", EVERY)
    await _turn(scene, lost=1.0)
    await scene.act("messages.received", user=user)
    assert (await scene.control("GET", "state")).json()["deliveries"] == 0


async def test_row_16_notifications_come_late(scene: Any, user: str) -> None:
    await scene.subscribe(f"users/{user}/messages", EVERY)
    await _turn(scene, late=1.0, lateBy=900)
    await scene.act("messages.received", user=user)
    await asyncio.sleep(0.03)
    assert scene.receiver.items == []
    await scene.advance(minutes=15)
    assert len(await scene.receiver.some()) == 1


@pytest.mark.parametrize(
    ("resource", "event", "minutes"),
    [("users", "users.updated", 15), ("users/{user}/messages", "messages.received", 3)],
)
async def test_row_16_late_is_up_to_the_longest_delay_that_is_published(
    scene: Any, user: str, resource: str, event: str, minutes: int
) -> None:
    await scene.subscribe(resource.format(user=user), "created,updated,deleted")
    await _turn(scene, late=1, repeated=0)
    for _ in range(10):
        await scene.act(event, user=user)
    await scene.advance(minutes=minutes / 5)
    await scene.receiver.some(1)
    assert len(scene.receiver.items) < 10
    await scene.advance(minutes=minutes)
    await scene.receiver.some(10)


async def test_row_16_notifications_come_out_of_order(stage: Any) -> None:
    async with stage(flush_after=0.2) as scene:
        user = (await scene.users())[1]["id"]
        await scene.subscribe(f"users/{user}/messages", EVERY)
        await _turn(scene, disordered=True)
        made = [(await scene.act("messages.received", user=user))["id"] for _ in range(12)]
        told = [item["resourceData"]["id"] for item in await scene.receiver.some(12)]
        assert sorted(told) == sorted(made)
        assert told != made


async def test_switch_that_there_is_not_is_refused(scene: Any) -> None:
    for wish in ({"haunted": True}, {"forged": ["everything"]}, {"lost": "often"}):
        assert (await scene.control("POST", "switches", json=wish)).status_code == 400


async def _rich(scene: Any, user: str) -> None:
    der = certificate(rsa.generate_private_key(65537, 2048))
    await scene.subscribe(
        f"users/{user}/messages?$select=subject",
        EVERY,
        includeResourceData=True,
        encryptionCertificate=base64.b64encode(der).decode(),
        encryptionCertificateId="one",
    )


async def test_row_20_each_forgery_comes_beside_the_genuine_one(scene: Any, user: str) -> None:
    await _rich(scene, user)
    await _turn(scene, forged=list(FORGERIES))
    await scene.act("messages.received", user=user)
    posts = [post.json() for post in await scene.receiver.posted(len(FORGERIES) + 1)]
    office = scene.simulator.world.post_office
    assert {item.what for item in office.deliveries} == {
        "created",
        *(f"forged:{kind}" for kind in FORGERIES),
    }
    genuine = office.deliveries[0].body
    liars = [post for post in posts if post["value"][0] != genuine]
    assert len(liars) == 6
    assert sum("validationTokens" not in post for post in posts) == 1


@pytest.mark.parametrize("kind", FORGERIES)
async def test_row_20_forgery_lies_about_what_it_says(scene: Any, user: str, kind: str) -> None:
    await _rich(scene, user)
    await scene.act("messages.received", user=user)
    (honest,) = [post.json() for post in await scene.receiver.posted(1)]
    world = scene.simulator.world
    lie = dict(world.forger.forged(kind, world.post_office.deliveries[0]))
    assert lie != honest
    item, genuine = lie["value"][0], honest["value"][0]
    if kind in {"client_state", "subscription_id", "tenant"}:
        changed = {name for name in genuine if genuine[name] != item[name]}
        assert len(changed) == 1
    elif kind in {"signature", "data", "certificate_id"}:
        content = genuine["encryptedContent"]
        assert sum(content[name] != item["encryptedContent"][name] for name in content) == 1
    elif kind == "no_tokens":
        assert "validationTokens" not in lie
    else:
        assert item == genuine
        assert not _is_proof(scene, lie["validationTokens"][0])


def _is_proof(scene: Any, token: str) -> bool:
    """What a careful receiver finds."""
    ready, keys = scene.simulator.ready, scene.simulator.world.keys.published()
    public = jwt.PyJWKSet.from_dict({"keys": keys})
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(
            token,
            public[header["kid"]],
            algorithms=["RS256"],
            audience=ready["client_id"],
            issuer=[
                f"https://sts.windows.net/{ready['tenant_id']}/",
                f"https://login.microsoftonline.com/{ready['tenant_id']}/v2.0",
            ],
        )
    except (jwt.InvalidTokenError, KeyError):
        return False
    publisher = claims.get("azp") or claims.get("appid")
    return publisher == "0bf30f3b-4a52-48df-9a82-234910c4a086"
