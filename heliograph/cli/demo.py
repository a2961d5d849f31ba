"""`heliograph demo`: the main job, end to end, on this machine, judged as strictly as a test.

A working day happens in a simulated tenant; every change of it must be told, handled and audited,
and every notification that was answered 202 must have been looked at.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import httpx
from rich.console import Console

from heliograph.audit import AuditStore
from heliograph.cli.demo_day import Day, Step, working_day
from heliograph.cli.demo_site import Site, open_site
from heliograph.cli.demo_view import View, percentile, summary, view_for
from heliograph.cli.tally import Expected, Tally
from heliograph.errors import HeliographError

STEP_WITHIN = timedelta(seconds=8)
PAUSE = timedelta(milliseconds=300)
"""Between steps, so that a person can follow."""


class DemoFailed(HeliographError):
    """Something that must happen did not; the message names it."""


async def demo(console: Console, errors: Console) -> int:
    """Runs the demo; the exit status."""
    tally = Tally()
    try:
        with view_for(console) as view:
            rows = await _run(tally, view)
    except (HeliographError, httpx.HTTPError) as error:
        text = str(error) or type(error).__name__
        errors.print(f"demo: failed: {text}", markup=False, highlight=False, soft_wrap=True)
        return 1
    console.print(summary(rows))
    last = (
        f"demo: ok, {tally.notifications} notifications, {tally.changes} changes, "
        f"{tally.runs} runs, 0 lost"
    )
    console.print(last, highlight=False)
    return 0


async def _run(tally: Tally, view: View) -> Mapping[str, str]:
    def listen(_: str, event: Mapping[str, Any]) -> None:
        tally.feed(event)
        view.update(tally)

    view.say("Starting the simulator, Redis, the listener, the keeper and a worker")
    async with open_site(listen) as site:
        view.say("The day begins: every subscription has been made, by real handshakes")
        day = working_day(site.cast)
        expected: list[Expected] = []
        for step in day.steps:
            await _take(step, day, site, view)
            expected += step.expected
            await _until_told(expected, tally, step)
            await asyncio.sleep(PAUSE.total_seconds())
        return await _judge(day, site, tally)


async def _take(step: Step, day: Day, site: Site, view: View) -> None:
    view.say(step.title)
    day.note(step, await site.act(day.activity(step)))


async def _until_told(expected: list[Expected], tally: Tally, step: Step) -> None:
    if not await _within(STEP_WITHIN, _truth(lambda: not tally.missing(expected))):
        missing = ", ".join(str(wish) for wish in tally.missing(expected))
        raise DemoFailed(f"after {step.title!r} still missing: {missing}")


async def _judge(day: Day, site: Site, tally: Tally) -> dict[str, str]:
    """The summary, once nothing is missing. Raises DemoFailed, which names what is."""

    async def delivered() -> bool:
        return bool((await site.state())["pendingDeliveries"] == 0)

    async def greeted() -> bool:
        inbox = site.graph.mail.list(day.made["hire"], folder="inbox")
        return any("Welcome" in (message.subject or "") for message in [m async for m in inbox])

    for what, condition in (
        ("the simulator still has undelivered notifications", delivered),
        ("the new hire's welcome mail is missing", greeted),
        ("notifications that nobody has looked at", _truth(lambda: not tally.unseen)),
    ):
        if not await _within(STEP_WITHIN, condition):
            raise DemoFailed(what)
    refused = [one for one in await site.deliveries() if one["status"] != httpx.codes.ACCEPTED]
    if refused or tally.failed_runs:
        raise DemoFailed(f"{len(refused)} deliveries refused, {tally.failed_runs} runs failed")
    entries = await _audited(site, tally)
    latencies = tally.latencies
    return {
        "notifications received": str(tally.notifications),
        "changes told": str(tally.changes),
        "runs of handlers": str(tally.runs),
        "audit entries, hash chain intact": str(entries),
        "received to handled, median": f"{percentile(latencies, 0.5)} ms",
        "received to handled, 99 %": f"{percentile(latencies, 0.99)} ms",
        "lost": "0",
    }


async def _audited(site: Site, tally: Tally) -> int:
    """How many entries the audit log holds, once its chain is proven and no change is missing."""
    async with AuditStore.open(site.audit_url) as audit:
        proof = await audit.verify()
        audited = {entry.change_id async for entry in audit.entries()}
    missing = [one for one in tally.journeys.values() if one.what and one.change_id not in audited]
    if missing:
        raise DemoFailed(f"{len(missing)} changes are missing in the audit log")
    return proof.count


Condition = Callable[[], Awaitable[bool]]


def _truth(condition: Callable[[], bool]) -> Condition:
    async def asked() -> bool:
        return condition()

    return asked


async def _within(limit: timedelta, condition: Condition) -> bool:
    """Does *condition* come true in time?"""
    loop = asyncio.get_running_loop()
    give_up = loop.time() + limit.total_seconds()
    while not await condition():
        if loop.time() > give_up:
            return False
        await asyncio.sleep(0.02)
    return True
