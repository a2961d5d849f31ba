"""Mailbox settings: automatic replies, working hours, zone and language of each mailbox."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta, timezone, tzinfo
from typing import Any

from heliograph.simulator.outlook.mailbox import Mailbox
from heliograph.simulator.outlook.mailboxes import Mailboxes
from heliograph.simulator.outlook.times import in_utc, moment
from heliograph.simulator.outlook.zones import zone
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row

_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_ZONES = {
    "CA": "Eastern Standard Time",
    "DE": "W. Europe Standard Time",
    "DK": "Romance Standard Time",
    "GB": "GMT Standard Time",
    "IN": "India Standard Time",
    "JP": "Tokyo Standard Time",
    "PT": "GMT Standard Time",
    "US": "Pacific Standard Time",
}
"""Where people live by their usage location, in the zone of most of them."""


class Settings:
    """The settings of all mailboxes."""

    def __init__(self, boxes: Mailboxes) -> None:
        self._boxes = boxes
        self._of: dict[str, Row] = {}
        self._answered: dict[str, set[str]] = {}

    def get(self, box: Mailbox) -> Row:
        """The settings of *box*."""
        if box.owner not in self._of:
            self._of[box.owner] = self._fresh(box)
        return self._of[box.owner]

    def update(self, box: Mailbox, changes: Mapping[str, Any]) -> Row:
        """The settings of *box*, with *changes* made."""
        known = self.get(box)
        after = dict(known)
        for name, value in changes.items():
            part = {**(known.get(name) or {}), **value} if isinstance(value, dict) else value
            after[name] = self._checked(name, part, given=value)
        if "automaticRepliesSetting" in changes:
            self._answered.pop(box.owner, None)
        self._of[box.owner] = after
        return after

    def zone_of(self, box: Mailbox) -> str:
        """The name of the zone that *box* lives in."""
        return str(self.get(box)["timeZone"])

    def automatic_reply(self, box: Mailbox, sender: str) -> str | None:
        """What *box* answers by itself to a colleague's first mail; None where it does not."""
        known = self.get(box)["automaticRepliesSetting"]
        text, answered = known["internalReplyMessage"], self._answered.setdefault(box.owner, set())
        if not self.is_away(box) or not text or sender in answered:
            return None
        answered.add(sender)
        return str(text)

    def is_away(self, box: Mailbox) -> bool:
        """Whether *box* answers by itself now."""
        known, now = self.get(box)["automaticRepliesSetting"], self._boxes.clock.now()
        if known["status"] != "scheduled":
            return bool(known["status"] == "alwaysEnabled")
        start, end = known["scheduledStartDateTime"], known["scheduledEndDateTime"]
        return moment(start) <= now < moment(end)

    def _checked(self, name: str, value: Any, *, given: Any) -> Any:  # noqa: ANN401 (any part of the settings)
        if name == "workingHours":
            return _working_hours(value)
        if name == "automaticRepliesSetting":
            _check_schedule(given, now=self._boxes.clock.now())
        if name == "timeZone":
            _check_zone(value)
        return value

    def _fresh(self, box: Mailbox) -> Row:
        user = self._boxes.directory.users.rows[box.owner]
        place = _ZONES.get(str(user.get("usageLocation")), "UTC")
        now = self._boxes.clock.now().replace(minute=0, second=0, microsecond=0)
        return {
            "archiveFolder": box.well_known["archive"],
            "timeZone": place,
            "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
            "dateFormat": "M/d/yyyy",
            "timeFormat": "h:mm tt",
            "userPurpose": "user",
            "automaticRepliesSetting": {
                "status": "disabled",
                "externalAudience": "all",
                "internalReplyMessage": "",
                "externalReplyMessage": "",
                "scheduledStartDateTime": in_utc(now),
                "scheduledEndDateTime": in_utc(now + timedelta(days=1)),
            },
            "language": {"locale": "en-US", "displayName": "English (United States)"},
            "workingHours": {
                "daysOfWeek": list(_DAYS[1:6]),
                "startTime": "08:00:00.0000000",
                "endTime": "17:00:00.0000000",
                "timeZone": {"name": place},
            },
        }


def _working_hours(value: Mapping[str, Any]) -> dict[str, Any]:
    days = [str(day).lower() for day in value["daysOfWeek"]]
    for given, day in zip(value["daysOfWeek"], days, strict=True):
        if day not in _DAYS:
            raise Refused(400, "InvalidArguments", f"Requested value '{given}' was not found.")
    start, end = clock_time(value["startTime"]), clock_time(value["endTime"])
    if start >= end:
        raise Refused(400, "ErrorInvalidTimeSettings", "Start Time should occur before End Time.")
    hours_zone(value)
    return {**value, "daysOfWeek": days, "startTime": _seven(start), "endTime": _seven(end)}


def hours_zone(hours: Mapping[str, Any]) -> tzinfo:
    """The zone that working hours are meant in: a named one, or a fixed distance from UTC."""
    value = hours.get("timeZone") or {}
    if "bias" in value:
        return timezone(-timedelta(minutes=int(value["bias"])))
    _check_zone(value.get("name"))
    return zone(str(value["name"]))


def clock_time(text: str) -> time:
    """The time of day that *text* writes, with up to seven digits of a second."""
    return time.fromisoformat(text)


def _seven(value: time) -> str:
    return f"{value:%H:%M:%S}.{value.microsecond:06d}0"


def _check_zone(name: object) -> None:
    try:
        zone(str(name or ""))
    except Refused as error:
        raise Refused(400, "InvalidTimeZone", "Time Zone settings provided are invalid.") from error


def _check_schedule(value: Mapping[str, Any], *, now: datetime) -> None:
    if value.get("status") != "scheduled":
        return
    start, end = value.get("scheduledStartDateTime"), value.get("scheduledEndDateTime")
    if not start or not end or moment(start) >= moment(end) or moment(end) <= now:
        raise Refused(
            400,
            "ErrorInvalidOofParameter",
            "A scheduled automatic reply needs a start and a later end in the future.",
        )
