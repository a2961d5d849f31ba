"""Spans of time, and the two things that one does with sets of them.

Pure. A span holds its start and not its end; a set of spans is a list without overlaps, in order.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple


class Span(NamedTuple):
    """From one aware time to another."""

    start: datetime
    end: datetime


def union(spans: Iterable[Span]) -> list[Span]:
    """Whatever is in any of *spans*, as a set of spans; what touches becomes one."""
    joined: list[Span] = []
    for span in sorted(span for span in spans if span.start < span.end):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def intersection(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """Whatever is in both sets."""
    common: list[Span] = []
    here = there = 0
    while here < len(one) and there < len(other):
        start = max(one[here].start, other[there].start)
        end = min(one[here].end, other[there].end)
        if start < end:
            common.append(Span(start, end))
        if one[here].end < other[there].end:
            here += 1
        else:
            there += 1
    return common
