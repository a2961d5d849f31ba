"""The whole client (httpx, TLS, MSAL, retries) against the simulator, which shares no code with it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request as Received
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from heliograph.errors import Conflict, Forbidden, Invalid, NotFound, Throttled, Unauthenticated
from heliograph.graph import GraphClient, Request, open_client
from heliograph.graph.outlook.mail import compose
from heliograph.graph.subscriptions import NewSubscription, Subscription
from heliograph.graph.values.objects import User
from heliograph.graph.values.times import moment
from heliograph.simulator import Running
from heliograph.simulator.faults import Fault
from heliograph.telemetry import render
from tests.heliograph.graph.conftest import anyone, tenant_of
from tests.heliograph.graph.edge import Certificate, serving


async def test_mail_is_sent_read_moved_and_deleted(live: GraphClient, people: list[User]) -> None:
    sender, reader = people[0].id, people[1]
    assert reader.mail is not None
    await live.mail.send(sender, compose(to=[reader.mail], subject="Hello", text="Welcome"))
    (mail,) = [found async for found in live.mail.list(reader.id, folder="inbox")]
    assert (mail.subject, mail.is_read) == ("Hello", False)
    assert (await live.mail.update(reader.id, mail.id, {"isRead": True})).is_read
    assert (await live.mail.move(reader.id, mail.id, "archive")).id == mail.id
    whole = await live.mail.get(reader.id, mail.id)
    assert whole.body is not None
    assert whole.body.content is not None
    assert "Welcome" in whole.body.content
    raw = await live.mail.get_properties(reader.id, mail.id, ("id", "isRead"))
    assert raw == {"id": mail.id, "isRead": True}
    assert (await live.mail_folders.get(reader.id, "inbox")).total_item_count == 0
    for _ in range(2):
        await live.mail.delete(reader.id, mail.id)


async def test_a_draft_keeps_its_id_when_it_is_sent(live: GraphClient, people: list[User]) -> None:
    writer, reader = people[0].id, people[1]
    assert reader.mail is not None
    draft = await live.mail.create_draft(writer, compose(to=[reader.mail], subject="Draft"))
    await live.mail.send_draft(writer, draft.id)
    sent = [found.id async for found in live.mail.list(writer, folder="sentitems")]
    assert sent == [draft.id]


async def test_a_meeting_is_made_once_moved_and_cancelled(
    live: GraphClient, people: list[User]
) -> None:
    owner = people[0].id
    start = datetime(2026, 12, 1, 9, tzinfo=UTC)
    end = start + timedelta(hours=1)
    meeting = {
        "subject": "First day",
        "start": moment(start),
        "end": moment(end),
        "attendees": [{"type": "required", "emailAddress": {"address": people[1].mail}}],
        "transactionId": "onboarding-1",
    }
    made = await live.events.create(owner, meeting)
    assert (await live.events.create(owner, meeting)).id == made.id
    moved = await live.events.update(owner, made.id, {"start": moment(end), "end": moment(end)})
    assert moved.start is not None
    assert moved.start.date_time.startswith("2026-12-01T10:00:00")
    view = live.events.view(owner, start=start, end=start + timedelta(days=1))
    assert [event.id async for event in view] == [made.id]
    assert (await live.events.get_properties(owner, made.id, ("subject",)))["subject"]
    await live.invitations.cancel(owner, made.id, comment="Sorry")
    with pytest.raises(NotFound):
        await live.events.get(owner, made.id)
    await live.events.delete(owner, made.id)


async def test_contacts_are_kept(live: GraphClient, people: list[User]) -> None:
    owner = people[0].id
    made = await live.contacts.create(owner, {"givenName": "Nadia", "surname": "Costa"})
    assert made.display_name == "Nadia Costa"
    changed = {"displayName": "Nadia Costa", "companyName": "Fabrikam"}
    assert (await live.contacts.update(owner, made.id, changed)).company_name == "Fabrikam"
    assert [found.id async for found in live.contacts.list(owner)] == [made.id]
    raw = await live.contacts.get_properties(owner, made.id, ("id", "companyName"))
    assert raw == {"id": made.id, "companyName": "Fabrikam"}
    for _ in range(2):
        await live.contacts.delete(owner, made.id)


@pytest.fixture
async def receiver(simulator: Running, tmp_path: Path) -> AsyncIterator[str]:
    """An endpoint that answers Graph's handshake."""

    async def answer(request: Received) -> Response:
        token = request.query_params.get("validationToken", "")
        return PlainTextResponse(token, headers={"connection": "close"})

    pem, key = simulator.authority.issue({"127.0.0.1"})
    own = Certificate(certificate=tmp_path / "own.pem", key=tmp_path / "own.key")
    own.certificate.write_bytes(pem)
    own.key.write_bytes(key)
    async with serving(Starlette(routes=[Route("/", answer, methods=["POST"])]), own) as origin:
        yield f"{origin}/"


def a_wish(url: str, *, resource: str = "users") -> NewSubscription:
    return NewSubscription(
        resource=resource,
        change_type="updated,deleted",
        notification_url=url,
        lifecycle_notification_url=url,
        expiration_date_time=datetime.now(UTC) + timedelta(days=1),
        client_state="registration.proof",
    )


async def test_a_subscription_is_made_renewed_and_ended(live: GraphClient, receiver: str) -> None:
    made = await live.subscriptions.create(a_wish(receiver))
    other = await live.subscriptions.create(a_wish(receiver, resource="groups"))
    assert (await live.subscriptions.get(made.id)).client_state == "registration.proof"
    listed = {found.id: found.client_state async for found in live.subscriptions.list()}
    assert listed == {made.id: None, other.id: None}
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    assert (await live.subscriptions.renew(made.id, until=until)).expiration_date_time == until
    await live.subscriptions.reauthorize(other.id)
    with pytest.raises(Conflict):
        await live.subscriptions.create(a_wish(receiver))
    await live.subscriptions.delete(made.id)
    await live.subscriptions.delete(made.id)
    renewed = await live.subscriptions.renew_many({made.id: until, other.id: until})
    assert isinstance(renewed[made.id], NotFound)
    assert isinstance(renewed[other.id], Subscription)


async def test_a_wrong_handshake_is_invalid(live: GraphClient) -> None:
    with pytest.raises(Invalid):
        await live.subscriptions.create(a_wish("https://127.0.0.1:1/"))


async def test_a_batch_reads_many_users(live: GraphClient, people: list[User]) -> None:
    requests = [
        Request(method="GET", path=f"/users/{user.id}", params={"$select": "id"}) for user in people
    ]
    outcomes = await live.batches.send([*requests, Request(method="GET", path="/users/nobody")])
    assert len(outcomes) == len(people) + 1
    assert isinstance(outcomes[-1], NotFound)


async def test_a_batch_in_order_ends_at_the_first_failure(
    live: GraphClient, people: list[User]
) -> None:
    paths = [f"/users/{people[0].id}", "/users/nobody", f"/users/{people[1].id}"]
    requests = [Request(method="GET", path=path) for path in paths]
    outcomes = await live.batches.send(requests, in_order=True)
    assert [outcome.status for outcome in outcomes] == [200, 404, 424]


async def test_throttling_is_waited_out_or_told(live: GraphClient, simulator: Running) -> None:
    user = await anyone(live)
    simulator.world.faults.add(Fault(status=429, times=2, path="/users", retry_after="0"))
    assert (await live.users.get(user.id)).id == user.id
    simulator.world.faults.add(Fault(status=429, path="/users", retry_after="3600"))
    with pytest.raises(Throttled) as told:
        await live.users.get(user.id)
    assert told.value.retry_after == 3600


async def test_requests_are_measured_on_their_way(live: GraphClient, simulator: Running) -> None:
    simulator.world.faults.add(Fault(status=429, times=1, path="/users", retry_after="0"))
    assert await live.users.count() > 0
    metrics = render().decode()
    for status in ("200", "429"):
        labels = f'method="GET",status="{status}",template="/users/$count"'
        assert f"heliograph_graph_requests_total{{{labels}}}" in metrics
    labels = f'tenant="{live.tenant.name}",workload="directory"'
    assert f"heliograph_graph_throttled_total{{{labels}}}" in metrics


async def test_a_refused_token_is_renewed(live: GraphClient, simulator: Running) -> None:
    user = await anyone(live)
    simulator.world.faults.add(Fault(status=401, times=1, path="/users"))
    assert (await live.users.get(user.id)).id == user.id
    simulator.world.faults.add(Fault(status=401, times=2, path="/users"))
    with pytest.raises(Unauthenticated):
        await live.users.get(user.id)


async def test_a_refusal_names_the_permission(live: GraphClient, simulator: Running) -> None:
    simulator.world.faults.add(Fault(status=403, path="/users"))
    with pytest.raises(Forbidden) as refused:
        await live.users.delete("anybody")
    assert refused.value.permission == "User.ReadWrite.All"


async def test_a_wrong_secret_is_unauthenticated(simulator: Running) -> None:
    async with open_client(tenant_of(simulator, secret="wrong")) as graph:
        with pytest.raises(Unauthenticated, match="AADSTS"):
            await graph.users.get("anybody")
