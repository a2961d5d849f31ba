"""Mailboxes: made when they are asked for, and cheap."""

import time
import tracemalloc
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from heliograph.simulator.grounds import Grounds
from heliograph.simulator.options import Options
from heliograph.simulator.outlook.mailboxes import Mailboxes
from heliograph.simulator.refusals import Refused
from heliograph.simulator.switches import Switches
from heliograph.simulator.world import World

COUNT = 500


@pytest.fixture
async def boxes() -> AsyncIterator[Mailboxes]:
    async with httpx.AsyncClient() as client:
        grounds = Grounds.create(Options(users=COUNT), client, switches=Switches())
        yield World.create(grounds).outlook.boxes


def owners(boxes: Mailboxes) -> list[str]:
    directory = boxes.directory
    return [id_ for id_ in directory.users.rows if directory.has_mailbox(id_)]


async def test_a_mailbox_is_made_when_it_is_asked_for_and_once(boxes: Mailboxes) -> None:
    assert boxes.count() == 0
    user = boxes.directory.user(owners(boxes)[0])
    assert boxes.of(user["id"]) is boxes.of(user["userPrincipalName"].upper())
    assert boxes.reached_by(user["mail"].upper()) is boxes.of(user["id"])
    assert boxes.count() == 1


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


async def test_5000_mailboxes_are_made_in_seconds_and_fit_into_100_megabytes(
    boxes: Mailboxes, traced: None
) -> None:
    users = owners(boxes)
    share = len(users) / 5_000
    before, started = tracemalloc.get_traced_memory()[0], time.process_time()
    for id_ in users:
        boxes.of(id_)
    assert time.process_time() - started < 10 * share
    assert tracemalloc.get_traced_memory()[0] - before < 100_000_000 * share


async def test_not_everybody_has_a_mailbox(boxes: Mailboxes) -> None:
    other = next(id_ for id_ in boxes.directory.users.rows if id_ not in owners(boxes))
    with pytest.raises(Refused) as refused:
        boxes.of(other)
    assert (refused.value.status, refused.value.code) == (404, "MailboxNotEnabledForRESTAPI")
    name = boxes.directory.user(other)["userPrincipalName"]
    assert boxes.reached_by(name) is None
    assert boxes.reached_by("somebody@fabrikam.example") is None
