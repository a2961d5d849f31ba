"""The settings of a mailbox: automatic replies, working hours, time zone, language, formats.

Their changes cause no notifications. https://learn.microsoft.com/graph/api/resources/mailboxsettings
"""

from datetime import datetime
from typing import Literal

from heliograph.graph.calls import Calls, Properties
from heliograph.graph.mailbox import reading, writing
from heliograph.graph.values.items import Moment, Part
from heliograph.graph.values.times import moment
from heliograph.graph.values.working_hours import WorkingHours

_READ = "MailboxSettings.Read"
_WRITE = "MailboxSettings.ReadWrite"

Audience = Literal["none", "contactsOnly", "all"]


class AutomaticReplies(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """`status` is disabled, alwaysEnabled or scheduled, in any case. The messages are HTML."""

    status: str | None = None
    external_audience: str | None = None
    internal_reply_message: str | None = None
    external_reply_message: str | None = None
    scheduled_start_date_time: Moment | None = None
    scheduled_end_date_time: Moment | None = None


class Language(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    locale: str | None = None
    display_name: str | None = None


class MailboxSettings(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """`user_purpose` tells a person from a shared mailbox, a room and an equipment.

    `time_zone` is a name of Windows or of IANA, in the form in which it was set.
    """

    automatic_replies_setting: AutomaticReplies | None = None
    archive_folder: str | None = None
    date_format: str | None = None
    delegate_meeting_message_delivery_options: str | None = None
    language: Language | None = None
    time_format: str | None = None
    time_zone: str | None = None
    user_purpose: str | None = None
    working_hours: WorkingHours | None = None


class SettingsOfMailboxes:
    """Calls about the settings of a mailbox. *user* is the owner's id or UPN."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def get(self, user: str) -> MailboxSettings:
        """All settings. Raises NotFound for some minutes after *user* got a mailbox."""
        request = reading(user, "mailboxSettings", permission=_READ)
        return await self._calls.fetch(request, MailboxSettings)

    async def update(self, user: str, properties: Properties) -> MailboxSettings:
        """The settings that were changed: `timeZone`, `language`, `dateFormat`, `timeFormat`, ...

        `automaticRepliesSetting` is written by `automatic_replies`, `workingHours` by
        `working_hours.working_hours`.
        """
        request = writing("PATCH", user, "mailboxSettings", json=properties, permission=_WRITE)
        return await self._calls.fetch(request, MailboxSettings)


def automatic_replies(
    internal: str,
    external: str = "",
    *,
    audience: Audience = "all",
    between: tuple[datetime, datetime] | None = None,
) -> dict[str, object]:
    """Replies as the mailbox settings take them, from now on or *between* two aware times.

    *internal* is for colleagues; others get *external*, or the same, as far as *audience* reaches.
    """
    replies: dict[str, object] = {
        "status": "scheduled" if between else "alwaysEnabled",
        "externalAudience": audience,
        "internalReplyMessage": internal,
        "externalReplyMessage": external or internal,
    }
    if between:
        start, end = between
        replies["scheduledStartDateTime"] = moment(start)
        replies["scheduledEndDateTime"] = moment(end)
    return replies


NO_AUTOMATIC_REPLIES = {"status": "disabled"}
"""What `automaticRepliesSetting` is set to in order to end them."""
