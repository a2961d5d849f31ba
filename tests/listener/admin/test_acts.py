"""What the API can do, on a real Redis: orders for the keeper, and an audit entry before each."""

from datetime import timedelta

import httpx
import pytest

from heliograph.errors import Unavailable
from heliograph.keeping.mirror import Mirror
from heliograph.queue.records import read_news
from tests.listener.admin.office import READ, WRITE, Office
from tests.listener.house import a_foreign_wish
from tests.partitions import Take

HOUR = timedelta(hours=1)


async def test_subscriptions_are_listed_with_their_health(
    client: httpx.AsyncClient, office: Office
) -> None:
    now = office.house.now
    await office.house.registrations.put(
        office.registered("a", expires=now + HOUR),
        office.registered("b", expires=now - HOUR),
        office.registered("c"),
    )
    answer = await client.get("/v1/subscriptions", headers=READ)
    page = answer.json()
    health = {one["id"]: one["health"] for one in page["value"]}
    assert (health, page["next"]) == ({"a": "alive", "b": "expired", "c": "pending"}, None)
    assert {one["tenant"] for one in page["value"]} == {"contoso"}


async def test_list_goes_page_by_page(client: httpx.AsyncClient, office: Office) -> None:
    await office.house.registrations.put(*(office.registered(f"r{n}") for n in range(5)))
    found: list[list[str]] = []
    after: str | None = ""
    while after is not None:
        query = f"limit=2&tenant=contoso&after={after}"
        page = (await client.get(f"/v1/subscriptions?{query}", headers=READ)).json()
        found.append([one["id"] for one in page["value"]])
        after = page["next"]
    assert found == [["r0", "r1"], ["r2", "r3"], ["r4"]]


async def test_one_subscription_is_shown(client: httpx.AsyncClient, office: Office) -> None:
    await office.house.registrations.put(office.registered("r1"))
    shown = (await client.get("/v1/subscriptions/r1", headers=READ)).json()
    assert (shown["id"], shown["resource"]) == ("r1", "users")
    assert (await client.get("/v1/subscriptions/r2", headers=READ)).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "what"),
    [
        ("POST", "/v1/subscriptions/r1/renew", "renew"),
        ("POST", "/v1/subscriptions/r1/resync", "resync"),
        ("DELETE", "/v1/subscriptions/r1", "remove"),
    ],
)
async def test_act_on_one_is_told_and_ordered(
    client: httpx.AsyncClient, office: Office, take: Take, method: str, path: str, what: str
) -> None:
    await office.house.registrations.put(office.registered("r1"))
    answer = await client.request(method, path, headers=WRITE)
    assert answer.status_code == 202
    assert await office.orders() == [(what, "r1", "admin")]
    assert await told(take) == (f"admin_{what}", "key:rw")


async def told(take: Take) -> tuple[str, str]:
    (claim,) = await take()
    (sealed,) = claim.news.values()
    place = claim.partition.keys.news(claim.job_id)
    act = read_news(claim.partition.sealer.open(sealed, place)).act
    assert act is not None
    return act.what, act.actor


async def test_act_on_what_is_not_there_does_nothing(
    client: httpx.AsyncClient, office: Office, take: Take
) -> None:
    assert (await client.delete("/v1/subscriptions/r1", headers=WRITE)).status_code == 404
    assert await office.orders() == []
    assert await take() == []


async def test_foreign_subscription_is_given_up(
    client: httpx.AsyncClient, office: Office, take: Take
) -> None:
    body = {"tenant": "contoso", "subscription_id": "s1"}
    assert (await client.post("/v1/adoptions", json=body, headers=WRITE)).status_code == 202
    assert await office.orders() == [("adopt", "t-contoso", "s1")]
    assert await told(take) == ("admin_adopt", "key:rw")


async def test_plan_says_what_would_be_done_and_why(
    client: httpx.AsyncClient, office: Office
) -> None:
    plan = (await client.get("/v1/plan", headers=READ)).json()
    (step,) = plan["steps"]
    assert (step["action"], step["resource"], step["tenant"]) == ("create", "users", "contoso")
    assert step["reason"] == "the configuration asks for it"
    assert office.graph.calls == ["list"]


async def test_plan_is_carried_out_while_it_holds(
    client: httpx.AsyncClient, office: Office, take: Take
) -> None:
    plan = (await client.get("/v1/plan", headers=READ)).json()["plan"]
    answer = await client.post("/v1/apply", json={"plan": plan}, headers=WRITE)
    assert answer.status_code == 202
    assert await office.orders() == [("expand", "t-contoso", "")]
    assert await told(take) == ("admin_apply", "key:rw")


async def test_plan_that_is_overtaken_is_refused(
    client: httpx.AsyncClient, office: Office, take: Take
) -> None:
    plan = (await client.get("/v1/plan", headers=READ)).json()["plan"]
    office.graph.hold(a_foreign_wish())
    answer = await client.post("/v1/apply", json={"plan": plan}, headers=WRITE)
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["pointer"] == "/plan"
    assert await office.orders() == []
    assert await take() == []


async def test_tenant_that_is_not_kept_is_named_with_those_that_are(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/v1/subscriptions?tenant=nobody", headers=READ)
    assert answer.status_code == 404
    (error,) = answer.json()["errors"]
    assert error["parameter"] == "tenant"
    assert "contoso" in error["detail"]


async def test_what_graph_refuses_is_told_as_a_problem(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(self: Mirror) -> object:
        raise Unavailable("Graph answered 503", status=503)

    monkeypatch.setattr(Mirror, "list", away)
    answer = await client.get("/v1/plan", headers=READ)
    assert (answer.status_code, answer.json()["detail"]) == (502, "Graph answered 503")
