"""The published limits: change-notifications.md 8.2."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph.graph.limits import Demand, Ledger, Rate, demand, pool_to_pause
from heliograph.graph.transport import Request, Response
from heliograph.settings import Tenant

RATE = Rate(name="r", most=10, seconds=10)


def a_call(method: str, path: str, **options: object) -> Request:
    return Request(method=method, path=path, **options)  # type: ignore[arg-type]  # as the cases say


def units(wants: Demand) -> dict[str, int]:
    return {rate.name: taken for rate, taken in wants.units.items()}


@pytest.mark.parametrize(
    ("call", "cost"),
    [
        (a_call("GET", "/users"), 2),
        (a_call("GET", "/users/1"), 2),
        (a_call("GET", "/users", params={"$select": "id"}), 1),
        (a_call("GET", "/users", params={"$select": "id", "$expand": "manager"}), 2),
        (a_call("GET", "/users", params={"$top": "19"}), 1),
        (a_call("GET", "/users", params={"$top": "20"}), 2),
        (a_call("GET", "/users", params={"$top": "1", "$select": "id"}), 1),
        (a_call("GET", "/users?$select=id&$skiptoken=x"), 1),
        (a_call("GET", "/groups"), 1),
        (a_call("GET", "/groups/1/members"), 3),
        (a_call("GET", "/groups/1/members", params={"$select": "id"}), 2),
        (a_call("GET", "/groups/1/transitiveMembers"), 5),
        (a_call("GET", "/users/1/transitiveMemberOf"), 5),
        (a_call("POST", "/directoryObjects/getByIds", asks_only=True), 5),
        (a_call("GET", "/users('$x@y.z')/manager"), 1),
        (a_call("GET", "/directoryRoles"), 1),
        (a_call("GET", "/roleManagement/directory/roleAssignments"), 1),
        (a_call("GET", "/directory/deletedItems/microsoft.graph.user"), 1),
    ],
)
def test_a_read_of_the_directory_costs_what_is_published(
    tenant: Tenant, call: Request, cost: int
) -> None:
    assert units(demand(call, tenant)) == {"directory": cost}


@pytest.mark.parametrize(
    "call",
    [
        a_call("PATCH", "/users/1"),
        a_call("POST", "/groups/1/members/$ref"),
        a_call("DELETE", "/directory/deletedItems/1"),
        a_call("POST", "/users/1/assignLicense"),
    ],
)
def test_a_write_to_the_directory_costs_a_unit_and_a_write(tenant: Tenant, call: Request) -> None:
    assert units(demand(call, tenant)) == {"directory": 1, "directory writes": 1}


@pytest.mark.parametrize(
    ("call", "rate", "most"),
    [
        (a_call("POST", "/subscriptions"), "subscriptions changed", 500),
        (a_call("PATCH", "/subscriptions/1"), "subscriptions changed", 500),
        (a_call("DELETE", "/subscriptions/1"), "subscriptions changed", 500),
        (a_call("POST", "/subscriptions/1/reauthorize"), "subscriptions reauthorized", 1_000),
        (a_call("GET", "/subscriptions/1"), "subscriptions read", 500),
        (a_call("GET", "/subscriptions"), "subscriptions listed", 25),
        (a_call("GET", "/subscriptions?$skiptoken=x"), "subscriptions listed", 25),
    ],
)
def test_subscriptions_have_rates_of_their_own(
    tenant: Tenant, call: Request, rate: str, most: int
) -> None:
    wants = demand(call, tenant)
    assert units(wants) == {rate: 1}
    assert [(one.most, one.seconds) for one in wants.units] == [(most, 20)]


@pytest.mark.parametrize(
    "path",
    ["/users/1/drive/root", "/users/1/insights/used", "/users/1/planner/tasks", "/auditLogs/x"],
)
def test_what_other_services_answer_takes_nothing_of_the_directory(
    tenant: Tenant, path: str
) -> None:
    assert demand(a_call("GET", path), tenant) == Demand()


def test_a_call_to_a_mailbox_takes_a_place_there_and_no_units(tenant: Tenant) -> None:
    call = a_call("GET", "/users/Lene/messages", mailbox="Lene@contoso.com")
    wants = demand(call, tenant)
    assert (wants.places, wants.units) == ({"lene@contoso.com": 1}, {})


def test_the_limits_of_a_tenant_come_from_the_settings(tenant: Tenant) -> None:
    large = replace(tenant, directory_units=8_000, directory_writes=6_000)
    found = [(one.most, one.seconds) for one in demand(a_call("PATCH", "/users/1"), large).units]
    assert found == [(8_000, 10), (6_000, 150)]


def test_a_batch_takes_what_its_parts_take(tenant: Tenant) -> None:
    box = {"mailbox": "a@b.c"}
    parts = (
        a_call("GET", "/users/1"),
        a_call("PATCH", "/users/1"),
        a_call("PATCH", "/subscriptions/1"),
        *(a_call("GET", "/users/1/messages", **box) for _ in range(6)),
        a_call("GET", "/users/2/messages", mailbox="d@e.f"),
    )
    wants = demand(a_call("POST", "/$batch", parts=parts), tenant)
    assert units(wants) == {"directory": 3, "directory writes": 1, "subscriptions changed": 1}
    assert wants.places == {"a@b.c": 4, "d@e.f": 1}


@pytest.mark.parametrize(
    ("call", "information", "pool"),
    [
        (a_call("GET", "/users"), "ResourceUnitLimitExceeded", "directory"),
        (a_call("PATCH", "/users/1"), "WriteLimitExceeded", "directory writes"),
        (a_call("PATCH", "/users/1"), "CPULimitExceeded", "directory"),
        (a_call("PATCH", "/users/1"), "", "directory"),
        (a_call("POST", "/subscriptions"), "", "subscriptions"),
        (a_call("GET", "/users/1/messages", mailbox="A@b.c"), "", "mailbox a@b.c"),
        (a_call("GET", "/users/1/insights/used"), "", None),
    ],
)
def test_a_429_pauses_those_that_it_is_about(
    tenant: Tenant, call: Request, information: str, pool: str | None
) -> None:
    response = Response(status=429, headers={"x-ms-throttle-information": information})
    assert pool_to_pause(call, response) == pool
    if pool is not None:
        assert pool in demand(call, tenant).pools


def test_reads_go_on_while_writes_are_paused(tenant: Tenant) -> None:
    assert "directory writes" not in demand(a_call("GET", "/users"), tenant).pools


class TestLedger:
    def test_units_are_taken_until_the_rate_is_used_up(self) -> None:
        ledger = Ledger()
        assert [ledger.take(Demand(units={RATE: 4}), now=0.0) for _ in range(2)] == [0, 0]
        assert ledger.take(Demand(units={RATE: 4}), now=0.5) == pytest.approx(10.5)
        assert ledger.take(Demand(units={RATE: 2}), now=0.5) == 0

    def test_units_come_back_when_their_time_has_passed(self) -> None:
        ledger = Ledger()
        ledger.take(Demand(units={RATE: 10}), now=0.0)
        wait = ledger.take(Demand(units={RATE: 1}), now=3.0)
        assert ledger.take(Demand(units={RATE: 1}), now=3.0 + wait - 0.01) > 0
        assert ledger.take(Demand(units={RATE: 1}), now=3.0 + wait) == 0

    def test_a_refused_demand_takes_nothing(self) -> None:
        ledger, other = Ledger(), Rate(name="other", most=1, seconds=10)
        ledger.take(Demand(units={other: 1}), now=0.0)
        assert ledger.take(Demand(units={RATE: 10, other: 1}), now=0.0) > 0
        assert ledger.take(Demand(units={RATE: 10}), now=0.0) == 0

    def test_more_than_the_rate_waits_for_all_of_it(self) -> None:
        ledger = Ledger()
        assert ledger.take(Demand(units={RATE: 50}), now=0.0) == 0
        assert ledger.take(Demand(units={RATE: 1}), now=5.0) > 0

    def test_a_pause_holds_its_pool_alone_and_never_gets_shorter(self) -> None:
        ledger = Ledger()
        ledger.pause("a", until=10.0)
        ledger.pause("a", until=5.0)
        assert ledger.take(Demand(pools=frozenset({"a", "b"})), now=2.0) == 8.0
        assert ledger.take(Demand(pools=frozenset({"b"})), now=2.0) == 0
        assert ledger.take(Demand(pools=frozenset({"a"})), now=10.0) == 0

    @given(st.lists(st.tuples(st.floats(0, 3), st.integers(1, 10)), min_size=1, max_size=60))
    def test_no_span_of_time_ever_holds_more_than_the_rate(
        self, calls: list[tuple[float, int]]
    ) -> None:
        ledger, now, taken = Ledger(), 0.0, list[tuple[float, int]]()
        for pause, wanted in calls:
            now += pause
            while wait := ledger.take(Demand(units={RATE: wanted}), now=now):
                assert wait <= RATE.seconds * 1.1 + 1e-6
                now += wait
            taken.append((now, wanted))
        for begin, _ in taken:
            span = [n for at, n in taken if begin <= at < begin + RATE.seconds]
            assert sum(span) <= RATE.most
