from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from heliograph.errors import Invalid
from heliograph.graph import GraphClient

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

LENE = "lene.holm@contoso.com"
EVENT = f"/users/{LENE}/events/e"
LATER = (datetime(2026, 12, 2, 9, tzinfo=UTC), datetime(2026, 12, 2, 10, tzinfo=UTC))


async def test_an_invitation_is_accepted(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(202)
    await graph.invitations.accept(LENE, "e", "See you")
    assert recorder.calls == [f"POST {EVENT}/accept"]
    assert recorder.last.json == {"comment": "See you", "sendResponse": True}
    assert recorder.is_outlook(LENE)


@pytest.mark.parametrize(
    ("method", "action"),
    [("accept_tentatively", "tentativelyAccept"), ("decline", "decline")],
    ids=["tentatively", "declined"],
)
async def test_another_time_is_proposed(
    graph: GraphClient, recorder: "Recorder", method: str, action: str
) -> None:
    recorder.answer(202).answer(202)
    answer = getattr(graph.invitations, method)
    await answer(LENE, "e", instead=LATER)
    assert recorder.last.json == {
        "comment": "",
        "sendResponse": True,
        "proposedNewTime": {
            "start": {"dateTime": "2026-12-02T09:00:00", "timeZone": "UTC"},
            "end": {"dateTime": "2026-12-02T10:00:00", "timeZone": "UTC"},
        },
    }
    await answer(LENE, "e", tell=False)
    assert recorder.last.json == {"comment": "", "sendResponse": False}
    assert set(recorder.calls) == {f"POST {EVENT}/{action}"}


async def test_only_the_organizer_calls_a_meeting_off(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(202).refuse(400, "ErrorInvalidRequest", "You need to be an organizer")
    await graph.invitations.cancel(LENE, "e", "Sorry")
    assert recorder.calls == [f"POST {EVENT}/cancel"]
    assert recorder.last.json == {"comment": "Sorry"}
    with pytest.raises(Invalid):
        await graph.invitations.cancel(LENE, "e")


async def test_an_invitation_is_passed_on(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(202)
    await graph.invitations.forward(LENE, "e", ["amir.haddad@contoso.com"], "Join us")
    assert recorder.calls == [f"POST {EVENT}/forward"]
    assert recorder.last.json == {
        "toRecipients": [{"emailAddress": {"address": "amir.haddad@contoso.com"}}],
        "comment": "Join us",
    }
