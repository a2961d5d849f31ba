"""The table of operations: the routes and the OpenAPI description are both made from it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from listener.admin.acts import Acts, Asked
from listener.admin.shapes import (
    Accepted,
    AdoptBody,
    ApplyBody,
    ListQuery,
    NoQuery,
    PlanQuery,
    PlanView,
    SubscriptionPage,
    SubscriptionView,
)

Do = Callable[[Acts, Asked], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation. GET needs the role read, everything else write: see `access`."""

    name: str
    method: str
    path: str
    does: Do
    gives: type
    status: int = 200
    query: type = NoQuery
    takes: type | None = None

    @property
    def summary(self) -> str:
        """What it does, as its method says."""
        return (self.does.__doc__ or "").partition("\n")[0]


_ONE = "/v1/subscriptions/{id}"

OPERATIONS = (
    Operation(
        name="listSubscriptions",
        method="GET",
        path="/v1/subscriptions",
        does=Acts.page,
        query=ListQuery,
        gives=SubscriptionPage,
    ),
    Operation(
        name="getSubscription", method="GET", path=_ONE, does=Acts.show, gives=SubscriptionView
    ),
    Operation(
        name="removeSubscription",
        method="DELETE",
        path=_ONE,
        does=Acts.remove,
        gives=Accepted,
        status=202,
    ),
    Operation(
        name="renewSubscription",
        method="POST",
        path=f"{_ONE}/renew",
        does=Acts.renew,
        gives=Accepted,
        status=202,
    ),
    Operation(
        name="resyncSubscription",
        method="POST",
        path=f"{_ONE}/resync",
        does=Acts.resync,
        gives=Accepted,
        status=202,
    ),
    Operation(
        name="adoptSubscription",
        method="POST",
        path="/v1/adoptions",
        does=Acts.adopt,
        takes=AdoptBody,
        gives=Accepted,
        status=202,
    ),
    Operation(
        name="plan",
        method="GET",
        path="/v1/plan",
        does=Acts.plan,
        query=PlanQuery,
        gives=PlanView,
    ),
    Operation(
        name="apply",
        method="POST",
        path="/v1/apply",
        does=Acts.apply,
        takes=ApplyBody,
        gives=Accepted,
        status=202,
    ),
)
