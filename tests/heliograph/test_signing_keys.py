"""Threat S5: known keys never wait, unknown ones cause no traffic, a lost Entra is survived."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from heliograph import signing_keys
from heliograph.errors import Unavailable
from heliograph.signing_keys import SigningKeys, connect_keys
from tests.heliograph.entra import jwks, key, segment
from tests.heliograph.graph.edge import a_certificate, serving

URL = "https://login.example/common/discovery/v2.0/keys"


class Platform:
    """Publishes keys, on a clock that tests turn."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.calls: list[float] = []
        self.asked: asyncio.Queue[None] = asyncio.Queue()
        self.body = jwks("k1")
        self.status = 200
        self.error: httpx.HTTPError | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.headers: dict[str, str] = {}

    async def answer(self, request: httpx.Request) -> httpx.Response:
        assert str(request.url) == URL
        self.calls.append(self.now)
        self.asked.put_nowait(None)
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return httpx.Response(self.status, content=self.body, headers=self.headers)

    def keys(self) -> SigningKeys:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))
        return SigningKeys(URL, client=client, clock=lambda: self.now)


@pytest.fixture
def platform() -> Platform:
    return Platform()


async def test_key_is_fetched_once_and_then_cached(platform: Platform) -> None:
    keys = platform.keys()
    assert keys.cached("k1") is None
    found = await keys.get("k1")
    assert found is not None
    assert found.public_numbers() == key("k1").public_key().public_numbers()
    assert keys.cached("k1") is found
    assert await keys.get("k1") is found
    assert len(platform.calls) == 1


async def test_s05_all_who_ask_at_once_share_one_fetch(platform: Platform) -> None:
    keys = platform.keys()
    platform.gate.clear()
    asking = [asyncio.create_task(keys.get("k1")) for _ in range(50)]
    await asyncio.sleep(0)
    platform.gate.set()
    assert all(await asyncio.gather(*asking))
    assert len(platform.calls) == 1


async def test_s05_who_stops_waiting_does_not_stop_the_others(platform: Platform) -> None:
    keys = platform.keys()
    platform.gate.clear()
    first, second = (asyncio.create_task(keys.get("k1")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    platform.gate.set()
    assert await second is not None


async def test_s05_many_unknown_kids_cause_at_most_two_fetches_a_minute(platform: Platform) -> None:
    keys = platform.keys()
    await keys.get("k1")
    started = platform.now
    for i in range(5_000):
        platform.now += 60 / 5_000
        with suppress(Unavailable):
            assert await keys.get(f"random-{i}") is None
    assert platform.now - started == pytest.approx(60)
    assert len(platform.calls) - 1 <= 2


async def test_s05_unknown_kid_is_not_asked_for_again_soon(platform: Platform) -> None:
    keys = platform.keys()
    assert await keys.get("k9") is None
    platform.now += 31
    assert await keys.get("k9") is None
    assert len(platform.calls) == 1
    platform.now += 30
    assert await keys.get("k9") is None
    assert len(platform.calls) == 2


async def test_unknown_kid_during_the_cooldown_is_no_verdict(platform: Platform) -> None:
    """The key may have been made since the last fetch: refusing its token would lose it."""
    keys = platform.keys()
    await keys.get("k1")
    platform.now += 10
    with pytest.raises(Unavailable) as asked:
        await keys.get("k2")
    assert asked.value.retry_after == pytest.approx(20)


async def test_s05_rotated_key_is_found_with_one_fetch(platform: Platform) -> None:
    keys = platform.keys()
    await keys.get("k1")
    platform.now += 600
    platform.body = jwks("k2", "k1")
    assert await keys.get("k2") is not None
    assert len(platform.calls) == 2


async def test_s05_key_that_was_taken_back_is_no_key_any_more(platform: Platform) -> None:
    keys = platform.keys()
    await keys.get("k1")
    platform.now += 3_601
    platform.body = jwks("k2")
    await keys.refresh()
    assert keys.cached("k1") is None


async def test_s05_known_keys_outlive_a_lost_entra_for_a_day(platform: Platform) -> None:
    keys = platform.keys()
    await keys.get("k1")
    platform.error = httpx.ConnectError("away")
    platform.now += 3_600
    with pytest.raises(Unavailable):
        await keys.refresh()
    assert await keys.get("k1") is not None
    platform.now += 86_400 - 3_600 - 1
    assert keys.cached("k1") is not None
    platform.now += 1
    assert keys.cached("k1") is None
    with pytest.raises(Unavailable):
        await keys.get("k1")


async def test_s05_failures_count_for_the_cooldown_as_well(platform: Platform) -> None:
    keys = platform.keys()
    platform.error = httpx.ReadTimeout("slow")
    for _ in range(100):
        with pytest.raises(Unavailable) as asked:
            await keys.get("k1")
        assert asked.value.retry_after is not None
        assert 0 < asked.value.retry_after <= 30
    assert len(platform.calls) == 1


def no_json(platform: Platform) -> None:
    platform.body = b"<html>"


def too_large(platform: Platform) -> None:
    platform.body += b" " * 600_000


def redirect(platform: Platform) -> None:
    platform.status, platform.headers = 302, {"location": "https://evil.example/keys"}


def failing(platform: Platform) -> None:
    platform.status = 503


def no_keys(platform: Platform) -> None:
    platform.body = b'{"keys":[]}'


def weak_key(platform: Platform) -> None:
    modulus = key("weak", 1024).public_key().public_numbers().n
    n = segment(modulus.to_bytes(128, "big"))
    platform.body = f'{{"keys":[{{"kty":"RSA","kid":"k1","e":"AQAB","n":"{n}"}}]}}'.encode()


def for_encryption(platform: Platform) -> None:
    platform.body = platform.body.replace(b'"sig"', b'"enc"')


def no_numbers(platform: Platform) -> None:
    platform.body = b'{"keys":[{"kty":"RSA","kid":"k1","n":"!","e":""}]}'


@pytest.mark.parametrize(
    "trouble",
    [no_json, too_large, redirect, failing, no_keys, weak_key, for_encryption, no_numbers],
)
async def test_s05_answers_without_usable_keys_change_nothing(
    platform: Platform, trouble: Callable[[Platform], None]
) -> None:
    keys = platform.keys()
    await keys.get("k1")
    trouble(platform)
    platform.now += 60
    with pytest.raises(Unavailable):
        await keys.refresh()
    assert keys.cached("k1") is not None


async def test_keys_are_kept_fresh_in_the_background(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing_keys, "COOLDOWN_SECONDS", 0.01)
    keys = platform.keys()
    keeping = asyncio.create_task(keys.keep())
    async with asyncio.timeout(5):
        await platform.asked.get()
        assert await keys.get("k1") is not None  # by the fetch that is under way
        platform.body, platform.now = jwks("k2"), platform.now + 60
        assert keys.cached("k2") is None  # to ask is what has it fetched
        await platform.asked.get()
        assert await keys.get("k2") is not None
    assert len(platform.calls) == 2
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping
    await keys.close()


async def test_closing_ends_a_fetch_under_way(platform: Platform) -> None:
    keys = platform.keys()
    platform.gate.clear()
    asking = asyncio.create_task(keys.get("k1"))
    await asyncio.sleep(0)
    await keys.close()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def published(_: Request) -> Response:
    return Response(jwks("k1"))


async def test_s05_only_a_server_with_a_trusted_certificate_has_a_say(tmp_path: Path) -> None:
    certificate = a_certificate(tmp_path)
    app = Starlette(routes=[Route("/keys", published)])
    async with serving(app, certificate) as origin:
        strict = connect_keys(f"{origin}/keys")
        with pytest.raises(Unavailable):
            await strict.get("k1")
        trusting = connect_keys(f"{origin}/keys", ca_file=certificate.certificate)
        assert await trusting.get("k1") is not None
        await strict.close()
        await trusting.close()
