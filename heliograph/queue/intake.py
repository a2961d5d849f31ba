"""The listener's side of the queue: stores what a POST brought, or says that it cannot."""

from dataclasses import dataclass

from heliograph.lanes import Lane
from heliograph.notifications import News


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """News for one lane. *refused* names why it must not enter; then it is only counted.

    *urgent* news (lifecycle notifications) has a queue of its own and never waits behind a flood.
    """

    lane: Lane
    news: News
    urgent: bool = False
    refused: str | None = None
