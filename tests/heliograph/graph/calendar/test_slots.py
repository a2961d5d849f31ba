"""The search for free slots against the rules of the reference, 7.1, and against brute force."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heliograph.graph.calendar.slots import CHANCES, Person, Spell, find_slots
from heliograph.graph.calendar.suggestions import Found, Invitee, MeetingNeeds, Suggestion
from heliograph.graph.values.spans import Span
from heliograph.graph.values.timezones import zone
from heliograph.graph.values.working_hours import DAYS, WorkingHours, ZoneRules

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(hour: int, minute: int = 0, day: int = 0) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


def hours(zone_name: str = "UTC", *, opens: int = 8, closes: int = 17) -> WorkingHours:
    return WorkingHours(
        days_of_week=list(DAYS[:5]),
        start_time=f"{opens:02}:00:00.0000000",
        end_time=f"{closes:02}:00:00.0000000",
        time_zone=ZoneRules(name=zone_name),
    )


def person(
    *spells: tuple[datetime, datetime, str],
    type_: str = "required",
    works: WorkingHours | None = None,
    known: bool = True,
) -> Person:
    return Person(
        invitee=Invitee(address=f"{len(spells)}@contoso.com", type=type_),  # type: ignore[arg-type]  # a word of the literal
        spells=[Spell(*spell) for spell in spells] if known else None,
        hours=works or hours(),
    )


def find(*attendees: Person, organizer: Person | None = None, **needs: object) -> Found:
    given: dict[str, object] = {"windows": [Span(at(8), at(12))], "duration": 60 * MINUTE, **needs}
    wish = MeetingNeeds(attendees=[each.invitee for each in attendees], **given)  # type: ignore[arg-type]  # as the test says
    return find_slots(wish, organizer or person(), attendees)


def starts(found: Found) -> list[str]:
    return [each.start.strftime("%H:%M") for each in found.suggestions]


def test_slots_begin_on_the_full_and_the_half_hour() -> None:
    assert starts(find(person())) == [
        "08:00", "08:30", "09:00", "09:30", "10:00", "10:30", "11:00",
    ]  # fmt: skip
    found = find(person(), windows=[Span(at(9, 10), at(10, 50))])
    assert starts(found) == ["09:30"]


@pytest.mark.parametrize("clock", ["Asia/Kathmandu", "India Standard Time", "Australia/Lord_Howe"])
def test_the_clock_is_the_organizers(clock: str) -> None:
    found = find(organizer=person(works=hours(clock)), activity_domain="unrestricted")
    assert found.suggestions
    walls = {each.start.astimezone(zone(clock)).minute for each in found.suggestions}
    assert walls == {0, 30}


def test_where_no_round_time_will_do_the_exact_one_is_found() -> None:
    taken = person((at(8), at(10, 10), "busy"), (at(11, 10), at(12), "busy"))
    found = find(taken, minimum_attendee_percentage=100)
    assert [(each.start, each.end) for each in found.suggestions] == [(at(10, 10), at(11, 10))]
    found = find(person(), windows=[Span(at(9, 10), at(10, 10))])
    assert starts(found) == ["09:10"]


@pytest.mark.parametrize(
    ("status", "chance"),
    [
        ("free", 100), ("workingElsewhere", 100), ("tentative", 50), ("unknown", 49),
        ("busy", 0), ("oof", 0), ("somethingNew", 49),
    ],
)  # fmt: skip
def test_confidence_is_the_mean_chance_of_the_attendees(status: str, chance: float) -> None:
    """7.1: free 100, unknown 49, busy 0; the others by our own choice."""
    someone = person((at(8), at(12), status))
    (first, *_) = find(person(), someone, minimum_attendee_percentage=0).suggestions
    assert first.confidence == (100 + chance) / 2
    assert first.attendees[0].availability == "free"
    assert first.reason.startswith("2" if chance == 100 else "1")


def test_the_worst_that_a_slot_touches_counts() -> None:
    someone = person((at(9, 59), at(10, 1), "tentative"), (at(10), at(10, 1), "busy"))
    found = find(someone, minimum_attendee_percentage=0)
    assert {each.start: each.confidence for each in found.suggestions} == {
        at(8): 100, at(8, 30): 100, at(9): 50, at(9, 30): 0, at(10): 0, at(10, 30): 100, at(11): 100,
    }  # fmt: skip


def test_the_most_confident_come_first_then_the_earliest() -> None:
    someone = person((at(8), at(9), "tentative"))
    found = find(someone)
    assert starts(found)[:3] == ["09:00", "09:30", "10:00"]
    assert starts(found)[-2:] == ["08:00", "08:30"]
    assert [each.order for each in found.suggestions] == list(range(1, 8))
    assert starts(find(someone, max_candidates=2)) == ["09:00", "09:30"]


def test_nobody_has_to_come_besides_the_organizer() -> None:
    found = find(organizer=person((at(8), at(11), "busy")))
    assert [(each.confidence, each.start) for each in found.suggestions] == [(100, at(11))]


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (find(person((at(8), at(12), "busy"))), "attendeesUnavailable"),
        (find(person((at(8), at(12), "busy")), person(known=False)), "attendeesUnavailableOrUnknown"),
        (find(person((at(8), at(12), "busy"), type_="resource")), "locationsUnavailable"),
        (find(organizer=person((at(8), at(12), "oof"))), "organizerUnavailable"),
        (find(windows=[Span(at(8), at(8, 59))]), "unknown"),
        (find(windows=[Span(at(8, day=5), at(17, day=5))]), "unknown"),
        (find(windows=[Span(at(18), at(20))]), "unknown"),
        (find(windows=[]), "unknown"),
        (find(windows=[Span(at(12), at(8))]), "unknown"),
        (find(person()), ""),
    ],
    ids=[
        "attendees", "unknown-attendees", "rooms", "organizer", "too-short", "weekend", "evening",
        "no-window", "backwards", "found",
    ],
)  # fmt: skip
def test_an_empty_answer_has_its_reason(found: Found, reason: str) -> None:
    assert found.empty_reason == reason
    assert bool(found.suggestions) == (reason == "")


def test_a_quorum_is_enough() -> None:
    """Graph's own example: free, unknown and busy are 49.66 percent."""
    three = person(), person(known=False), person((at(8), at(12), "busy"))
    assert not find(*three, minimum_attendee_percentage=50).suggestions
    assert find(*three, minimum_attendee_percentage=49).suggestions


def test_an_optional_organizer_may_be_away() -> None:
    away = person((at(8), at(12), "oof"), works=hours("Asia/Tokyo"))
    found = find(person(), organizer=away, is_organizer_optional=True)
    assert {each.organizer_availability for each in found.suggestions} == {"oof"}


def test_a_taken_room_will_not_do_and_an_unknown_one_may() -> None:
    room = person((at(8), at(11), "busy"), type_="resource")
    found = find(person(), room)
    assert starts(found) == ["11:00"]
    assert found.suggestions[0].locations == ("1@contoso.com",)
    assert find(person(), person(type_="resource", known=False)).suggestions


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("work", [at(8), at(8, day=7)]),
        ("personal", [at(8), at(8, day=5), at(8, day=6), at(8, day=7)]),
        ("unrestricted", None),
    ],
)
def test_the_domain_says_which_hours(domain: str, expected: list[datetime] | None) -> None:
    found = find(
        activity_domain=domain,
        windows=[Span(at(0), at(9)), Span(at(0, day=5), at(9, day=5)),
                 Span(at(0, day=6), at(9, day=6)), Span(at(0, day=7), at(9, day=7))],
    )  # fmt: skip
    if expected is None:
        assert found.suggestions[0].start == at(0)
    else:
        assert [each.start for each in found.suggestions] == expected


@pytest.mark.parametrize(
    ("type_", "expected"),
    [("required", ["14:00", "14:30", "15:00"]), ("optional", None), ("resource", None)],
)
def test_work_is_within_the_hours_of_all_who_must_come(
    type_: str, expected: list[str] | None
) -> None:
    """Graph: suggestions for work lie in the work hours of the organizer and the attendees."""
    new_york = person(works=hours("Eastern Standard Time", opens=9), type_=type_)
    berlin = person(works=hours("W. Europe Standard Time"))
    found = find(new_york, organizer=berlin, windows=[Span(at(0), at(24))])
    assert starts(found) == (
        expected or starts(find(organizer=berlin, windows=[Span(at(0), at(24))]))
    )


def test_hours_that_are_not_told_bind_nobody() -> None:
    guest = Person(invitee=Invitee(address="guest@fabrikam.com"), spells=None)
    assert len(find(guest, minimum_attendee_percentage=0).suggestions) == 7


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (datetime(2026, 3, 29, tzinfo=UTC), ["00:00", "00:30", "01:00"]),
        (datetime(2026, 10, 25, tzinfo=UTC), ["00:00", "00:30", "01:00", "01:30", "02:00"]),
        (datetime(2026, 10, 26, tzinfo=UTC), ["01:00", "01:30", "02:00"]),
    ],
    ids=["an-hour-left-out", "an-hour-twice", "any-day"],
)
def test_daylight_saving_shortens_and_lengthens_a_night(day: datetime, expected: list[str]) -> None:
    """A night shift in Berlin, from one to four; in March also the wall times skip one hour."""
    night = WorkingHours(
        days_of_week=list(DAYS),
        start_time="01:00:00" if day.month == 3 else "02:00:00",
        end_time="04:00:00",
        time_zone=ZoneRules(name="W. Europe Standard Time"),
    )
    found = find(
        organizer=person(works=night),
        windows=[Span(day - timedelta(hours=2), day + timedelta(hours=12))],
        duration=60 * MINUTE,
    )
    assert starts(found) == expected


class TestAgainstBruteForce:
    """Whatever is found is what trying every half hour, and every minute of each, finds."""

    ZONES = (
        "UTC",
        "W. Europe Standard Time",
        "America/New_York",
        "Australia/Sydney",
        "Asia/Kathmandu",
    )
    TURNS = (datetime(2026, 3, 7, tzinfo=UTC), datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 4, 4, tzinfo=UTC),
             datetime(2026, 10, 3, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 10, 31, tzinfo=UTC))  # fmt: skip

    moments = st.tuples(st.integers(0, 72 * 4), st.sampled_from([0, 0, 0, 7])).map(
        lambda pair: pair[0] * 15 * MINUTE + pair[1] * MINUTE
    )
    stretches = st.tuples(moments, st.integers(1, 24 * 4).map(lambda n: n * 15 * MINUTE))
    statuses = st.sampled_from([*CHANCES, "somethingNew"])
    works = st.builds(
        hours,
        st.sampled_from(ZONES),
        opens=st.integers(6, 10),
        closes=st.integers(14, 22),
    )

    @st.composite
    @staticmethod
    def cases(draw: st.DrawFn) -> tuple[MeetingNeeds, Person, list[Person]]:
        cls = TestAgainstBruteForce
        first = draw(st.sampled_from(cls.TURNS))

        def a_person(number: int) -> Person:
            spells = [
                Spell(first + start, first + start + length, draw(cls.statuses))
                for start, length in draw(st.lists(cls.stretches, max_size=4))
            ]
            return Person(
                invitee=Invitee(
                    address=f"{number}@contoso.com",
                    type=draw(st.sampled_from(["required", "optional", "resource"])),
                ),
                spells=draw(st.sampled_from([spells, spells, spells, None])),
                hours=draw(st.none() | cls.works),
            )

        attendees = [a_person(number) for number in range(draw(st.integers(0, 3)))]
        needs = MeetingNeeds(
            attendees=[each.invitee for each in attendees],
            windows=[
                Span(first + start, first + start + length)
                for start, length in draw(st.lists(cls.stretches, max_size=3))
            ],
            duration=draw(st.sampled_from([15, 30, 45, 60, 120])) * MINUTE,
            activity_domain=draw(st.sampled_from(["work", "personal", "unrestricted"])),
            minimum_attendee_percentage=draw(st.sampled_from([0.0, 49.0, 50.0, 75.0, 100.0])),
            is_organizer_optional=draw(st.booleans()),
            max_candidates=draw(st.integers(1, 300)),
        )
        return needs, a_person(99), attendees

    @settings(max_examples=150, deadline=None)
    @given(cases())
    def test_the_best_half_hours_are_found(
        self, case: tuple[MeetingNeeds, Person, list[Person]]
    ) -> None:
        needs, organizer, attendees = case
        clock = organizer.hours.time_zone.zone if organizer.hours else UTC
        tried = (
            start
            for start in minutes_of(needs.windows)
            if start.astimezone(clock).minute in {0, 30}
        )
        able = sorted(
            (-confidence(start, needs, attendees), start)
            for start in tried
            if will_do(start, needs, organizer, attendees)
        )
        found = find_slots(needs, organizer, attendees)
        if able:
            assert [(-each.confidence, each.start) for each in found.suggestions] == able[
                : needs.max_candidates
            ]
        else:
            assert not any(is_round(each, clock) for each in found.suggestions)

    @settings(max_examples=100, deadline=None)
    @given(cases())
    def test_what_exists_at_all_is_found(
        self, case: tuple[MeetingNeeds, Person, list[Person]]
    ) -> None:
        needs, organizer, attendees = case
        exists = any(
            will_do(start, needs, organizer, attendees) for start in minutes_of(needs.windows)
        )
        assert bool(find_slots(needs, organizer, attendees).suggestions) == exists

    @settings(max_examples=100, deadline=None)
    @given(cases())
    def test_each_suggestion_keeps_the_rules(
        self, case: tuple[MeetingNeeds, Person, list[Person]]
    ) -> None:
        needs, organizer, attendees = case
        found = find_slots(needs, organizer, attendees)
        assert bool(found.empty_reason) != bool(found.suggestions)
        for each in found.suggestions:
            assert each.end - each.start == needs.duration
            assert will_do(each.start, needs, organizer, attendees)
            assert each.confidence == confidence(each.start, needs, attendees)
            assert [one.address for one in each.attendees] == [
                one.address for one in needs.attendees
            ]
        assert [each.order for each in found.suggestions] == list(
            range(1, len(found.suggestions) + 1)
        )
        keys = [(-each.confidence, each.start) for each in found.suggestions]
        assert all(one < other for one, other in pairwise(keys))


def is_round(suggestion: Suggestion, clock: object) -> bool:
    return suggestion.start.astimezone(clock).minute in {0, 30}  # type: ignore[arg-type]  # a zone


def minutes_of(windows: Sequence[Span]) -> list[datetime]:
    """Each minute at which something may begin, once."""
    lengths = [(start, max(0, int((end - start) / MINUTE))) for start, end in windows]
    return sorted({start + n * MINUTE for start, length in lengths for n in range(length)})


def will_do(
    start: datetime, needs: MeetingNeeds, organizer: Person, attendees: Sequence[Person]
) -> bool:
    """The rules, said once more and slowly."""
    length = range(int(needs.duration / MINUTE))
    minutes = [start + number * MINUTE for number in length]
    if not all(any(a <= minute < b for a, b in needs.windows) for minute in minutes):
        return False
    bound = [each for each in attendees if each.invitee.type == "required"]
    bound += [] if needs.is_organizer_optional else [organizer]
    if needs.activity_domain != "unrestricted" and not all(
        works_at(minutes, each.hours, needs.activity_domain) for each in bound if each.hours
    ):
        return False
    if not needs.is_organizer_optional and chance(start, needs, organizer) == 0:
        return False
    if any(
        chance(start, needs, each) == 0 for each in attendees if each.invitee.type == "resource"
    ):
        return False
    return confidence(start, needs, attendees) >= needs.minimum_attendee_percentage


def works_at(minutes: Sequence[datetime], given_hours: WorkingHours, domain: str) -> bool:
    days = {*given_hours.days_of_week, *(("saturday", "sunday") if domain == "personal" else ())}
    walls = [minute.astimezone(zone(given_hours.time_zone.name)) for minute in minutes]
    opens, closes = (
        time.fromisoformat(given_hours.start_time),
        time.fromisoformat(given_hours.end_time),
    )
    return all(
        wall.strftime("%A").lower() in days and opens <= wall.time() < closes for wall in walls
    )


def chance(start: datetime, needs: MeetingNeeds, someone: Person) -> float:
    if someone.spells is None:
        return 49
    touched = [
        CHANCES.get(spell.status, 49.0)
        for spell in someone.spells
        if spell.start < start + needs.duration and start < spell.end
    ]
    return min(touched, default=100)


def confidence(start: datetime, needs: MeetingNeeds, attendees: Sequence[Person]) -> float:
    return mean([chance(start, needs, each) for each in attendees]) if attendees else 100
