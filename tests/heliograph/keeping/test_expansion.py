from collections.abc import AsyncIterator, Sequence

import pytest

from heliograph.errors import NotFound
from heliograph.graph.values.objects import DirectoryObject, User
from heliograph.keeping.expansion import Expander
from heliograph.keeping.records import Records
from heliograph.queue.connection import connect
from heliograph.registrations import Registrations
from heliograph.settings import (
    Audience,
    EveryMailbox,
    GroupMembers,
    SubscriptionWish,
    UsersMatching,
)
from heliograph.subscriptions import Registration

SALES = GroupMembers("14b0fed8-8714-4140-b0da-f05759d10b5d")
MATCHING = UsersMatching("city eq 'Berlin'")

MEMBERS = [
    DirectoryObject(id="u1", odata_type="#microsoft.graph.user"),
    DirectoryObject(id="g2", odata_type="#microsoft.graph.group"),
    DirectoryObject(id="d1", odata_type="#microsoft.graph.device"),
    DirectoryObject(id="u2", odata_type="#microsoft.graph.user"),
]
USERS = [
    User(id="u1", mail="u1@contoso.example", user_type="Member"),
    User(id="u2", user_type="Member"),
    User(id="u3", mail="guest@elsewhere.example", user_type="Guest"),
]


class App:
    tenant_id = "t"
    client_id = "c"


class ADirectory:
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_away = False

    @property
    def groups(self) -> "ADirectory":
        return self

    @property
    def users(self) -> "ADirectory":
        return self

    async def members(
        self,
        group: str,
        *,
        select: Sequence[str] = (),
    ) -> AsyncIterator[DirectoryObject]:
        self._ask(group)
        for member in MEMBERS:
            yield member

    async def list(
        self,
        *,
        select: Sequence[str] = (),
        where: str = "",
    ) -> AsyncIterator[User]:
        self._ask(where)
        for user in USERS:
            yield user

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.is_away:
            raise NotFound("404", status=404)


def a_wish(audience: Audience, resource: str = "users/{id}/events") -> SubscriptionWish:
    return SubscriptionWish(
        tenant="contoso", resource=resource, change_types=("updated",), for_each=audience
    )


async def an_expander(redis_url: str, *wishes: SubscriptionWish) -> Expander:
    """One over what is recorded in Redis."""
    redis = connect(redis_url)
    records = Records(Registrations(redis))
    await records.open(None)
    await redis.aclose()
    return Expander(
        name="contoso", app=App(), wishes=wishes, directory=ADirectory(), records=records
    )


def the_directory(expander: Expander) -> ADirectory:
    assert isinstance(expander.directory, ADirectory)
    return expander.directory


def owners(expander: Expander) -> list[str | None]:
    return [wish.owner for wish in expander.desired() if wish.owner]


@pytest.mark.parametrize(
    ("audience", "found"),
    [(SALES, ["u1", "u2"]), (MATCHING, ["u1", "u2", "u3"]), (EveryMailbox(), ["u1"])],
    ids=["members who are users", "users who match", "mailboxes of no guests"],
)
async def test_users_are_found_in_the_directory(
    redis_url: str, audience: Audience, found: list[str]
) -> None:
    expander = await an_expander(redis_url, a_wish(audience))
    assert owners(expander) == []
    assert await expander.find(expander.audiences()) == []
    assert owners(expander) == found


async def test_an_audience_of_several_wishes_is_asked_for_once(redis_url: str) -> None:
    wishes = [a_wish(SALES), a_wish(SALES, "users/{id}/contacts"), a_wish(("u9",))]
    expander = await an_expander(redis_url, *wishes)
    await expander.find(expander.audiences())
    assert the_directory(expander).asked == [SALES.group]
    assert len(expander.desired()) == 2 * 2 + 1 + 1  # and the group itself


async def test_who_cannot_be_found_now_stays_who_he_was(redis_url: str) -> None:
    expander = await an_expander(redis_url, a_wish(SALES))
    await expander.find(expander.audiences())
    the_directory(expander).is_away = True
    (unfound,) = await expander.find(expander.audiences())
    assert unfound.audience == SALES
    assert owners(expander) == ["u1", "u2"]


async def test_before_anybody_is_found_the_records_say_who_there_was(redis_url: str) -> None:
    redis = connect(redis_url)
    resources = ["users/u7/events", "users/u8/contacts", "users"]
    await Registrations(redis).put(
        *[
            Registration(id=f"r{n}", tenant_id="t", client_id="c", resource=name, kind="events")
            for n, name in enumerate(resources)
        ]
    )
    await redis.aclose()
    expander = await an_expander(redis_url, a_wish(SALES))
    assert owners(expander) == ["u7"]
