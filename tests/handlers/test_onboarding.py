"""Greeting new hires."""

import pytest

from handlers.onboarding import Onboarding, greet, is_employee
from heliograph import Retry
from heliograph.testing import FakeGraph, FakeRun, a_change

SETTINGS = Onboarding(sender="hr@contoso.com")
HIRE = a_change(
    what="created", after={"givenName": "Lene", "userPrincipalName": "lene@contoso.com"}
)
READY = {
    "GET /users/*/mailFolders/inbox": {"id": "f"},
    "POST /users/*/messages": {"id": "draft1"},
    "GET /users/*/messages/draft1": {"id": "draft1", "isDraft": True},
    "POST /users/*/messages/draft1/send": 202,
}


async def test_new_hire_gets_one_mail() -> None:
    run = FakeRun(FakeGraph(READY), settings=SETTINGS)
    await greet(HIRE, run.attempt())
    draft, sent = run.graph.writes
    assert draft.json["subject"] == "Welcome, Lene!"  # type: ignore[index]  # a message
    assert sent.path.endswith("/messages/draft1/send")


async def test_second_attempt_sends_no_second_mail() -> None:
    run = FakeRun(FakeGraph(READY), settings=SETTINGS)
    await greet(HIRE, run.attempt())
    await greet(HIRE, run.attempt())
    assert len(run.graph.writes) == 2


async def test_draft_that_went_out_before_the_crash_is_not_sent_again() -> None:
    sent = {**READY, "GET /users/*/messages/draft1": {"id": "draft1", "isDraft": False}}
    run = FakeRun(FakeGraph(sent), settings=SETTINGS)
    await greet(HIRE, run.attempt())
    assert [write.method for write in run.graph.writes] == ["POST"]


async def test_missing_mailbox_is_waited_for() -> None:
    with pytest.raises(Retry) as wanted:
        await greet(HIRE, FakeRun(settings=SETTINGS).attempt())
    assert wanted.value.after is not None


@pytest.mark.parametrize(
    ("after", "greeted"),
    [({}, True), ({"userType": "Guest"}, False), ({"accountEnabled": False}, False)],
)
def test_only_employees_are_greeted(after: dict[str, object], greeted: bool) -> None:
    assert is_employee(a_change(what="created", after=after)) is greeted
