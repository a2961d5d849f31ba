"""Credentials: who is known by which, and what wrong ones cost."""

import pytest
from starlette.requests import HTTPConnection

from heliograph.errors import Unavailable
from listener.admin.access import FAILURES, Access, Caller
from listener.admin.problems import Refused
from tests.listener.admin.office import KEYS


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def a_connection(credential: str, address: str = "10.0.0.1", **headers: str) -> HTTPConnection:
    given = {"authorization": f"Bearer {credential}", **headers}
    return HTTPConnection(
        {
            "type": "http",
            "client": (address, 1),
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        }
    )


async def status_of(access: Access, credential: str, address: str = "10.0.0.1") -> int:
    with pytest.raises(Refused) as refused:
        await access.caller(a_connection(credential, address), "GET")
    return refused.value.status


async def test_holder_of_a_key_is_known_by_its_name() -> None:
    caller = await Access(KEYS).caller(a_connection("writer's"), "DELETE")
    assert caller == Caller(name="key:rw", roles=frozenset({"read", "write"}))


async def test_hash_of_a_key_is_no_key() -> None:
    assert await status_of(Access(KEYS), KEYS[1].sha256) == 401


async def test_wrong_credentials_are_limited_by_address_and_forgiven() -> None:
    clock = Clock()
    access = Access(KEYS, clock=clock)
    found = [await status_of(access, f"guess {n}") for n in range(FAILURES + 2)]
    assert found[:FAILURES] == [401] * FAILURES
    assert found[-1] == 429
    assert await status_of(access, "guess", address="10.0.0.2") == 401
    clock.now += 60
    assert await status_of(access, "guess") == 401


async def test_holder_of_a_key_is_not_shut_out_by_others() -> None:
    access = Access(KEYS, clock=Clock())
    for n in range(FAILURES * 2):
        await status_of(access, f"guess {n}")
    assert (await access.caller(a_connection("reader's"), "GET")).name == "key:ro"


async def test_made_up_keys_of_tokens_are_limited_too() -> None:
    async def away(_: str) -> Caller | None:
        raise Unavailable("expected Entra's signing keys")

    access = Access((), away, clock=Clock())
    for _ in range(FAILURES + 1):
        with pytest.raises(Unavailable):
            await access.caller(a_connection("token"), "GET")
    assert await status_of(access, "token") == 429


async def test_s27_address_that_a_header_names_is_not_believed() -> None:
    access = Access(KEYS, clock=Clock())
    for n in range(FAILURES + 1):
        with pytest.raises(Refused):
            await access.caller(a_connection("guess", **{"x-forwarded-for": f"10.1.1.{n}"}), "GET")
    assert await status_of(access, "guess") == 429
