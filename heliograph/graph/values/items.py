"""Outlook items: messages and events, and the parts that all items of a mailbox share.

As with directory objects, absent and null are both None here, and unknown properties pass.
Words of Graph (`importance`, `show_as`, ...) are open strings.
"""

from datetime import datetime

import msgspec

from heliograph.graph.values.objects import Entity
from heliograph.graph.values.timezones import instant


class Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A value inside of an item. Without content in its `repr`."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"


class EmailAddress(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    name: str | None = None
    address: str | None = None


class Recipient(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    email_address: EmailAddress | None = None

    @property
    def address(self) -> str:
        """The bare address; empty where there is none, as with people of the directory alone."""
        return (self.email_address and self.email_address.address) or ""


class Body(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Text of `content_type` text or html."""

    content_type: str | None = None
    content: str | None = None


class Moment(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A wall time without offset, and the zone it belongs to. Heliograph asks for UTC."""

    date_time: str
    time_zone: str = "UTC"

    @property
    def at(self) -> datetime:
        """The instant, in UTC. Raises Invalid for a zone that nobody knows."""
        return instant(self.date_time, self.time_zone)


class Location(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A place by name; that of a room has its mailbox in `location_email_address`."""

    display_name: str | None = None
    location_email_address: str | None = None
    location_type: str | None = None
    location_uri: str | None = None
    unique_id: str | None = None


class Reply(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What somebody answered to an invitation: accepted, declined, notResponded, ..."""

    response: str | None = None
    time: datetime | None = None


class TimeSlot(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """From one moment to another."""

    start: Moment
    end: Moment


class Attendee(Recipient, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Somebody invited, or a room; `type` is required, optional or resource."""

    type: str | None = None
    status: Reply | None = None
    proposed_new_time: TimeSlot | None = None


class Flag(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    flag_status: str | None = None
    start_date_time: Moment | None = None
    due_date_time: Moment | None = None
    completed_date_time: Moment | None = None


class Pattern(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """How often a series repeats: `type` daily, weekly, absoluteMonthly, relativeYearly, ..."""

    type: str | None = None
    interval: int | None = None
    days_of_week: list[str] | None = None
    day_of_month: int | None = None
    month: int | None = None
    index: str | None = None
    first_day_of_week: str | None = None


class Range(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """How long a series goes on: `type` endDate, noEnd or numbered. Dates are `2026-12-31`."""

    type: str | None = None
    start_date: str | None = None
    end_date: str | None = None
    number_of_occurrences: int | None = None
    recurrence_time_zone: str | None = None


class Recurrence(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    pattern: Pattern | None = None
    range: Range | None = None


class OnlineMeeting(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    join_url: str | None = None
    conference_id: str | None = None


class Header(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A header of a mail. Those that one writes oneself begin with `x-`."""

    name: str
    value: str | None = None


class Item(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What every item in a mailbox has."""

    odata_type: str | None = msgspec.field(default=None, name="@odata.type")
    change_key: str | None = None
    categories: list[str] | None = None
    created_date_time: datetime | None = None
    last_modified_date_time: datetime | None = None


class Message(Item, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A mail, or a draft. https://learn.microsoft.com/graph/api/resources/message"""

    subject: str | None = None
    body: Body | None = None
    body_preview: str | None = None
    unique_body: Body | None = None
    from_: Recipient | None = msgspec.field(default=None, name="from")
    sender: Recipient | None = None
    to_recipients: list[Recipient] | None = None
    cc_recipients: list[Recipient] | None = None
    bcc_recipients: list[Recipient] | None = None
    reply_to: list[Recipient] | None = None
    conversation_id: str | None = None
    flag: Flag | None = None
    has_attachments: bool | None = None
    importance: str | None = None
    inference_classification: str | None = None
    internet_message_headers: list[Header] | None = None
    internet_message_id: str | None = None
    is_draft: bool | None = None
    is_read: bool | None = None
    parent_folder_id: str | None = None
    received_date_time: datetime | None = None
    sent_date_time: datetime | None = None
    web_link: str | None = None


class Event(Item, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A meeting or an appointment. https://learn.microsoft.com/graph/api/resources/event"""

    subject: str | None = None
    body: Body | None = None
    body_preview: str | None = None
    start: Moment | None = None
    end: Moment | None = None
    original_start: datetime | None = None
    is_all_day: bool | None = None
    is_cancelled: bool | None = None
    is_draft: bool | None = None
    is_organizer: bool | None = None
    location: Location | None = None
    locations: list[Location] | None = None
    attendees: list[Attendee] | None = None
    organizer: Recipient | None = None
    response_requested: bool | None = None
    response_status: Reply | None = None
    allow_new_time_proposals: bool | None = None
    hide_attendees: bool | None = None
    importance: str | None = None
    sensitivity: str | None = None
    show_as: str | None = None
    is_reminder_on: bool | None = None
    reminder_minutes_before_start: int | None = None
    is_online_meeting: bool | None = None
    online_meeting: OnlineMeeting | None = None
    has_attachments: bool | None = None
    recurrence: Recurrence | None = None
    type: str | None = None
    series_master_id: str | None = None
    transaction_id: str | None = None
    i_cal_u_id: str | None = None
    web_link: str | None = None
