"""Retention: what is older than letters are kept is erased, and that is told."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from heliograph import Change, Context, Router
from heliograph.lanes import Lane
from heliograph.notifications import News
from heliograph.queue.claims import Claim
from heliograph.queue.dead_letters import Wanted, find
from heliograph.queue.ends import LookEnd
from heliograph.queue.intake import Arrival, Intake
from heliograph.queue.partition import Partition
from heliograph.queue.records import DeadLetter
from heliograph.queue.settling import Settling
from heliograph.routing import join
from workers.retention import SCHEDULE, Retention, scheduled
from workers.timing import now

Take = Callable[..., Awaitable[list[Claim]]]

DAY = 86_400_000


async def a_letter(partition: Partition, take: Take, user: str, *, age: int) -> None:
    lane = Lane(tenant="t", kind="users", id=user)
    news = News(registration="r", subscription_id="s", received_at=1)
    await Intake([partition]).store([Arrival(lane=lane, news=news)])
    (claim,) = await take()
    letter = DeadLetter(
        queue="looks",
        job_id=claim.job_id,
        record=claim.record,
        reason="Forbidden",
        died_at=now() - age,
        lane=lane.name,
        news=dict(claim.news),
    )
    await partition.end_look(claim, LookEnd(dead=letter))


async def test_old_letters_are_erased_with_an_audit_entry(partition: Partition, take: Take) -> None:
    router = Router()

    async def record(change: Change, ctx: Context) -> None: ...

    router.on("heliograph", id="own")(record)
    settling = Settling(join([("audit", router)]), who="retention")
    await a_letter(partition, take, "old", age=31 * DAY)
    await a_letter(partition, take, "young", age=29 * DAY)
    assert await Retention([partition], settling, keep=timedelta(days=30))() == 1
    (left,) = await find([partition], Wanted())
    assert left.letter.lane == "t/users/young"
    (claim,) = await take()
    change = partition.open_run(claim).change
    assert (change.what, change.actor) == ("letter_expired", "retention")
    assert change.after is not None
    assert change.after["lane"] == "t/users/old"


async def test_nothing_is_scheduled_where_all_is_kept(partition: Partition) -> None:
    assert scheduled([partition], [], keep=None) == ([], [])
    functions, schedules = scheduled([partition], [], keep=timedelta(days=1))
    assert [function.name for function in functions] == [SCHEDULE.function]
    assert schedules == [SCHEDULE]
