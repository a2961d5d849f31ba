"""Free times to meet, from whichever source works for the credentials at hand.

Graph's `findMeetingTimes` wants the organizer signed in. An app by itself reads what the calendars
say, and looks for the slots in there. The answer is of one type, and names its source.
https://learn.microsoft.com/graph/api/user-findmeetingtimes
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from heliograph.errors import Forbidden, Gone, NotFound, Unauthenticated
from heliograph.graph.calendar.schedules import Schedule, Schedules
from heliograph.graph.calendar.slots import Person, find_slots
from heliograph.graph.calendar.suggestions import (
    Availability,
    Found,
    Invitee,
    MeetingNeeds,
    Suggestion,
)
from heliograph.graph.calls import IMMUTABLE_IDS, Calls
from heliograph.graph.directory.users import Users
from heliograph.graph.paths import user_path
from heliograph.graph.transport import Request
from heliograph.graph.values.items import Attendee, Location, TimeSlot
from heliograph.graph.values.times import duration, moment

# Nobody has signed in, or for too little, or no more; or there is no such thing any more.
_SHUT = (Forbidden, Unauthenticated, NotFound, Gone)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingTimes(Found):
    """The best slots, or why there are none, and who found them: Graph, or we in the schedules.

    *passed_over* says why the other source was not taken.
    """

    source: Literal["findMeetingTimes", "getSchedule"]
    passed_over: Mapping[str, str] = field(default_factory=dict)


class Meetings:
    """Calls for free meeting times."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._schedules = Schedules(calls)
        self._users = Users(calls)

    async def find_times(self, organizer: str, needs: MeetingNeeds) -> MeetingTimes:
        """When *organizer*, by id or UPN, and those who *needs* names could meet."""
        try:
            result = await self._calls.fetch(_asked(organizer, needs), _Result)
        except _SHUT as error:
            found = await self._search(organizer, needs)
            return MeetingTimes(
                suggestions=found.suggestions,
                empty_reason=found.empty_reason,
                source="getSchedule",
                passed_over={"findMeetingTimes": str(error)},
            )
        return MeetingTimes(
            suggestions=tuple(_suggestion(each) for each in result.meeting_time_suggestions),
            empty_reason=result.empty_suggestions_reason or "",
            source="findMeetingTimes",
        )

    async def _search(self, organizer: str, needs: MeetingNeeds) -> Found:
        if not needs.windows:
            return Found(suggestions=(), empty_reason="unknown")
        own, *others = await self._schedules.get(
            organizer,
            [await self._address(organizer), *(each.address for each in needs.attendees)],
            start=min(window.start for window in needs.windows),
            end=max(window.end for window in needs.windows),
        )
        attendees = [
            _person(invitee, schedule)
            for invitee, schedule in zip(needs.attendees, others, strict=True)
        ]
        return find_slots(needs, _person(Invitee(address=own.address), own), attendees)

    async def _address(self, organizer: str) -> str:
        """Schedules go by address, users by id as well."""
        if "@" in organizer:
            return organizer
        user = await self._users.get(organizer, select=("mail", "userPrincipalName"))
        return user.mail or user.user_principal_name or organizer


class _Attending(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    attendee: Attendee
    availability: str = "unknown"


class _Suggested(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`meetingTimeSuggestion`"""

    meeting_time_slot: TimeSlot
    confidence: float = 0.0
    order: int = 0
    organizer_availability: str = "unknown"
    attendee_availability: list[_Attending] = []
    suggestion_reason: str | None = None
    locations: list[Location] = []


class _Result(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`meetingTimeSuggestionsResult`"""

    empty_suggestions_reason: str | None = None
    meeting_time_suggestions: list[_Suggested] = []


def _asked(organizer: str, needs: MeetingNeeds) -> Request:
    slots = [{"start": moment(start), "end": moment(end)} for start, end in needs.windows]
    return Request(
        method="POST",
        path=user_path(organizer, "findMeetingTimes"),
        headers=IMMUTABLE_IDS,
        json={
            "attendees": [
                {"type": each.type, "emailAddress": {"address": each.address}}
                for each in needs.attendees
            ],
            "timeConstraint": {"activityDomain": needs.activity_domain, "timeSlots": slots},
            "meetingDuration": duration(needs.duration),
            "maxCandidates": needs.max_candidates,
            "isOrganizerOptional": needs.is_organizer_optional,
            "minimumAttendeePercentage": needs.minimum_attendee_percentage,
            "returnSuggestionReasons": True,
        },
        caller="user",
        as_user=organizer,
        mailbox=organizer,
        scope="Calendars.Read.Shared",
        asks_only=True,
    )


def _suggestion(found: _Suggested) -> Suggestion:
    return Suggestion(
        start=found.meeting_time_slot.start.at,
        end=found.meeting_time_slot.end.at,
        confidence=found.confidence,
        order=found.order,
        organizer_availability=found.organizer_availability,
        attendees=tuple(
            Availability(
                address=each.attendee.address,
                type=each.attendee.type or "required",
                availability=each.availability,
            )
            for each in found.attendee_availability
        ),
        reason=found.suggestion_reason or "",
        locations=tuple(each.display_name or "" for each in found.locations),
    )


def _person(invitee: Invitee, schedule: Schedule) -> Person:
    return Person(invitee=invitee, spells=schedule.spells(), hours=schedule.working_hours)
