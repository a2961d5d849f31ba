"""Mailboxes: made when they are asked for, and cheap."""

import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from heliograph.simulator.clock import Clock
from heliograph.simulator.directory import Directory
from heliograph.simulator.ids import Ids
from heliograph.simulator.outlook.mailboxes import Mailboxes
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Store

COUNT = 500


def person(at: int, **more: Any) -> dict[str, Any]:
    name = f"user{at}@contoso.example"
    return {"id": f"id{at}", "displayName": "A", "userPrincipalName": name, "mail": name, **more}


@pytest.fixture
def boxes() -> Mailboxes:
    clock, ids = Clock(), Ids(1)
    store = Store(clock)
    directory = Directory(store, clock, ids, domain="contoso.example")
    directory.load_users([person(at) for at in range(COUNT)])
    return Mailboxes(store, clock, ids, directory=directory)


def test_a_mailbox_is_made_when_it_is_asked_for_and_once(boxes: Mailboxes) -> None:
    assert boxes.count() == 0
    assert boxes.of("id1") is boxes.of("USER1@contoso.example")
    assert boxes.count() == 1


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def test_5000_mailboxes_are_made_in_seconds_and_fit_into_100_megabytes(
    boxes: Mailboxes, traced: None
) -> None:
    before, started = tracemalloc.get_traced_memory()[0], time.process_time()
    for at in range(COUNT):
        boxes.of(f"id{at}")
    share = COUNT / 5_000
    assert time.process_time() - started < 10 * share
    assert tracemalloc.get_traced_memory()[0] - before < 100_000_000 * share


def test_who_has_no_address_has_no_mailbox(boxes: Mailboxes) -> None:
    boxes.directory.load_users([person(COUNT, mail=None)])
    with pytest.raises(Refused) as refused:
        boxes.of(f"id{COUNT}")
    assert (refused.value.status, refused.value.code) == (404, "MailboxNotEnabledForRESTAPI")
    assert boxes.reached_by(f"user{COUNT}@contoso.example") is None
    assert boxes.reached_by("somebody@fabrikam.example") is None
