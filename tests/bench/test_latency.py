"""Idle latency: from the receipt of a POST to the start of the handler, both stages, no Graph call."""

import asyncio

import pytest

from heliograph.cli.demo_site import open_site
from heliograph.cli.demo_view import percentile
from heliograph.cli.tally import Tally
from tests.bench.report import Row, report

MAILS = 300

pytestmark = [pytest.mark.bench, pytest.mark.timeout(300)]


async def test_idle_latency() -> None:
    """Rich mail, one at a time: nothing is fetched, and nothing else is going on."""
    tally = Tally()
    async with open_site(lambda _, event: tally.feed(event)) as site:
        for number in range(MAILS):
            await site.act({"event": "messages.received", "user": site.cast.boss})
            while len(tally.latencies) <= number:  # noqa: ASYNC110 (it happens in other processes)
                await asyncio.sleep(0.001)
    latencies = tally.latencies
    p50, p99 = percentile(latencies, 0.5), percentile(latencies, 0.99)
    report(
        Row(name="idle latency p50", value=p50, unit="ms", target="under 6 ms", ok=p50 < 6),
        Row(name="idle latency p99", value=p99, unit="ms", target="under 20 ms", ok=p99 < 20),
    )
