"""What can be made to happen in the tenant: each event by itself, and with one's own data."""

import asyncio
from typing import Any

import pytest

from heliograph.simulator import Options, running
from heliograph.simulator.activity import TRIGGERS

EVENTS = [trigger.event for trigger in TRIGGERS]


@pytest.mark.parametrize("event", EVENTS)
async def test_each_event_happens_by_itself_twice_and_is_told(scene: Any, event: str) -> None:
    """Nothing must be there first, and nothing be named."""
    before = scene.simulator.world.store.sequence
    first, second = await scene.act(event), await scene.act(event)
    assert first["event"] == second["event"] == event
    assert first["id"]
    assert scene.simulator.world.store.sequence >= before + 2


@pytest.mark.parametrize("event", EVENTS)
async def test_each_event_happens_in_a_tenant_of_two(stage: Any, event: str) -> None:
    async with stage(users=2) as scene:
        assert (await scene.act(event))["id"]


async def test_every_trigger_says_what_happens(scene: Any) -> None:
    told = (await scene.control("GET", "activity")).json()["value"]
    assert [one["event"] for one in told] == EVENTS
    assert all(one["summary"].endswith((".", ")")) for one in told)


async def test_person_is_hired_with_ones_own_data(scene: Any) -> None:
    made = await scene.act("users.created", displayName="Ada Quist", jobTitle="Chief")
    user = (await scene.graph.get(f"/users/{made['id']}?$select=displayName,jobTitle,mail")).json()
    assert user["mail"] == made["userPrincipalName"] == "ada.quist@contoso.example"
    assert (user["displayName"], user["jobTitle"]) == ("Ada Quist", "Chief")


@pytest.mark.parametrize(
    ("display", "nick"),
    [
        ("Jürgen Ölund", "jurgen.olund"),
        ("Ada <b>Quist</b>", "ada.bquistb"),
        ("Mary O'Neil-Smith", "mary.oneil-smith"),
        ("李 明", "new.hire"),
    ],
)
async def test_any_name_makes_an_address(scene: Any, display: str, nick: str) -> None:
    made = await scene.act("users.created", displayName=display)
    assert made["userPrincipalName"] == f"{nick}@contoso.example"


async def test_new_hires_have_names_of_their_own(scene: Any) -> None:
    names = {(await scene.act("users.created"))["userPrincipalName"] for _ in range(3)}
    assert len(names) == 3


async def test_manager_is_a_property_like_others(scene: Any) -> None:
    chief, report = [row["id"] for row in (await scene.users())[-2:]]
    await scene.act("users.updated", user=report, manager=chief, jobTitle="Deputy")
    assert (await scene.graph.get(f"/users/{report}/manager")).json()["id"] == chief
    await scene.act("users.updated", user=report, manager=None)
    assert (await scene.graph.get(f"/users/{report}/manager")).status_code == 404


async def test_group_is_found_by_its_name(scene: Any) -> None:
    made = await scene.act("groups.member_removed", group="all staff")
    assert made["displayName"] == "All Staff"


async def test_texts_become_graphs_forms(scene: Any) -> None:
    lene, amir = (await scene.users())[:2]
    mail = await scene.act(
        "messages.received",
        user=lene["id"],
        **{"from": "ann@fabrikam.example", "subject": "Order", "body": "Shipped."},
    )
    row = (await scene.graph.get(f"/users/{lene['id']}/messages/{mail['id']}")).json()
    assert row["from"]["emailAddress"]["address"] == "ann@fabrikam.example"
    assert row["body"] == {"contentType": "text", "content": "Shipped."}
    assert row["toRecipients"][0]["emailAddress"]["address"] == lene["mail"]
    meeting = await scene.act(
        "events.created",
        user=lene["id"],
        start="2030-05-01T10:00:00+02:00",
        location="Oslo",
        attendees=[amir["userPrincipalName"], "guest@fabrikam.example"],
    )
    row = (await scene.graph.get(f"/users/{lene['id']}/events/{meeting['id']}")).json()
    assert row["start"] == {"dateTime": "2030-05-01T08:00:00.0000000", "timeZone": "UTC"}
    assert row["end"]["dateTime"] == "2030-05-01T09:00:00.0000000"
    assert row["location"]["displayName"] == "Oslo"
    names = [entry["emailAddress"]["name"] for entry in row["attendees"]]
    assert names == [amir["displayName"], "guest@fabrikam.example"]


async def test_graphs_forms_stay_as_they_are(scene: Any) -> None:
    given = {"emailAddress": {"name": "Ann", "address": "ann@fabrikam.example"}}
    lene = (await scene.users())[0]["id"]
    mail = await scene.act("messages.received", user=lene, **{"from": given})
    row = (await scene.graph.get(f"/users/{lene}/messages/{mail['id']}")).json()
    assert row["from"] == given


async def test_sent_mail_arrives(scene: Any) -> None:
    lene, amir = [row["id"] for row in (await scene.users())[:2]]
    await scene.act("messages.sent", user=lene, toRecipients=[amir], subject="Lunch?")
    inbox = (await scene.graph.get(f"/users/{amir}/mailFolders/inbox/messages")).json()["value"]
    assert [row["subject"] for row in inbox] == ["Lunch?"]


async def test_invitation_is_answered(scene: Any) -> None:
    lene, amir = [row["id"] for row in (await scene.users())[:2]]
    await scene.act("events.created", user=lene, attendees=[amir])
    await scene.act("events.accepted", user=amir)
    (row,) = (await scene.graph.get(f"/users/{lene}/events")).json()["value"]
    assert row["attendees"][0]["status"]["response"] == "accepted"


async def test_script_is_played_by_the_clock(scene: Any) -> None:
    """Each step waits for its time, which can be advanced; the answers come together."""
    script = [
        {"event": "users.created", "set": {"displayName": "Ada Quist"}},
        {"event": "users.deleted", "user": "ada.quist@contoso.example", "after": 3600},
    ]
    playing = asyncio.ensure_future(scene.control("POST", "activity", json=script))
    world = scene.simulator.world
    async with asyncio.timeout(5):
        while world.directory.by_address("ada.quist@contoso.example") is None:  # noqa: ASYNC110 (no event tells of it)
            await asyncio.sleep(0.001)
    assert not world.directory.bin
    await scene.advance(hours=1)
    created, deleted = (await playing).json()["value"]
    assert created["id"] == deleted["id"] in world.directory.bin


async def test_test_in_the_same_process_triggers_directly() -> None:

    async with running(Options(tls=False)) as simulator:
        made = simulator.trigger("users.created", set={"displayName": "Ada Quist"})
        assert made["userPrincipalName"] == "ada.quist@contoso.example"
        with pytest.raises(ValueError, match="unknown field `usr`"):
            simulator.trigger("users.created", usr="x")
