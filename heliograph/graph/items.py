"""Outlook items: messages, events, contacts, folders, and the parts that they share.

As with directory objects, absent and null are both None here, and unknown properties pass.
Words of Graph (`importance`, `show_as`, ...) are open strings.
"""

from datetime import datetime

import msgspec

from heliograph.graph.objects import Entity


class Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A value inside of an item. Without content in its `repr`."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"


class EmailAddress(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    name: str | None = None
    address: str | None = None


class Recipient(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    email_address: EmailAddress | None = None


class Body(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Text of `content_type` text or html."""

    content_type: str | None = None
    content: str | None = None


class Moment(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A wall time without offset, and the zone it belongs to. Heliograph asks for UTC."""

    date_time: str
    time_zone: str = "UTC"


class Location(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    display_name: str | None = None


class Reply(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What somebody answered to an invitation: accepted, declined, notResponded, ..."""

    response: str | None = None
    time: datetime | None = None


class Attendee(Recipient, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    type: str | None = None
    status: Reply | None = None


class Flag(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    flag_status: str | None = None


class Address(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Where somebody lives or works. Graph gives `{}` where nothing is known."""

    street: str | None = None
    city: str | None = None
    state: str | None = None
    country_or_region: str | None = None
    postal_code: str | None = None


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
    internet_message_id: str | None = None
    is_draft: bool | None = None
    is_read: bool | None = None
    parent_folder_id: str | None = None
    received_date_time: datetime | None = None
    sent_date_time: datetime | None = None
    web_link: str | None = None


class MailFolder(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A folder of a mailbox. Its well-known name is an address only, and not told here."""

    display_name: str | None = None
    parent_folder_id: str | None = None
    child_folder_count: int | None = None
    unread_item_count: int | None = None
    total_item_count: int | None = None
    is_hidden: bool | None = None


class Event(Item, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A meeting or an appointment. https://learn.microsoft.com/graph/api/resources/event"""

    subject: str | None = None
    body: Body | None = None
    body_preview: str | None = None
    start: Moment | None = None
    end: Moment | None = None
    is_all_day: bool | None = None
    is_cancelled: bool | None = None
    is_draft: bool | None = None
    is_organizer: bool | None = None
    location: Location | None = None
    attendees: list[Attendee] | None = None
    organizer: Recipient | None = None
    response_status: Reply | None = None
    importance: str | None = None
    sensitivity: str | None = None
    show_as: str | None = None
    type: str | None = None
    series_master_id: str | None = None
    transaction_id: str | None = None
    i_cal_u_id: str | None = None
    web_link: str | None = None


class Contact(Item, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A personal contact in a mailbox. https://learn.microsoft.com/graph/api/resources/contact"""

    display_name: str | None = None
    given_name: str | None = None
    surname: str | None = None
    company_name: str | None = None
    department: str | None = None
    job_title: str | None = None
    email_addresses: list[EmailAddress] | None = None
    business_phones: list[str] | None = None
    home_phones: list[str] | None = None
    mobile_phone: str | None = None
    business_address: Address | None = None
    home_address: Address | None = None
    parent_folder_id: str | None = None
    personal_notes: str | None = None
