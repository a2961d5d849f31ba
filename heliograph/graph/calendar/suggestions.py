"""The words about free meeting times: what a meeting needs, and what is suggested for it.

Pure. Both sources of suggestions, Graph's `findMeetingTimes` and our own `slots`, speak them.
https://learn.microsoft.com/graph/api/resources/meetingtimesuggestion
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from heliograph.graph.values.spans import Span

ActivityDomain = Literal["work", "personal", "unrestricted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitee:
    """Who is to come. A room is of `type` resource; a slot in which it is taken will not do."""

    address: str
    type: Literal["required", "optional", "resource"] = "required"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingNeeds:
    """What a meeting needs: who must come, within which windows of time, for how long.

    `work` are the working hours of the organizer and of all people who are required; `personal`
    adds the weekends; `unrestricted` is any hour. At least *minimum_attendee_percentage* is the
    confidence of a slot.
    """

    attendees: Sequence[Invitee]
    windows: Sequence[Span]
    duration: timedelta = timedelta(minutes=30)
    activity_domain: ActivityDomain = "work"
    minimum_attendee_percentage: float = 50.0
    is_organizer_optional: bool = False
    max_candidates: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """What an invitee does at the time of a slot: free, tentative, busy, unknown, ..."""

    address: str
    type: str
    availability: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A time at which to meet, in UTC. *confidence* is in percent, *order* counts from 1."""

    start: datetime
    end: datetime
    confidence: float
    order: int
    organizer_availability: str
    attendees: tuple[Availability, ...]
    reason: str
    locations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The best slots, or else Graph's word for why there are none."""

    suggestions: tuple[Suggestion, ...]
    empty_reason: str = ""
