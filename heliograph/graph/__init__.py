"""Microsoft Graph as a small typed async client: `open_client(tenant)` gives a `GraphClient`.

A family of calls has a module (`directory.users`, `outlook.mail`, ...) in one of the rooms. All of
them stand on one seam, `transport`. What handlers build their calls from can be imported from here.
"""

from heliograph.graph.calendar.events import plan_event
from heliograph.graph.calendar.suggestions import Invitee, MeetingNeeds
from heliograph.graph.client import GraphClient, open_client
from heliograph.graph.outlook.attachments import NewAttachment
from heliograph.graph.outlook.mail import compose
from heliograph.graph.outlook.mailbox_settings import automatic_replies
from heliograph.graph.rounds import Removed
from heliograph.graph.transport import Request, Response, Transport
from heliograph.graph.values.spans import Span
from heliograph.graph.values.times import iso, moment

__all__ = [
    "GraphClient",
    "Invitee",
    "MeetingNeeds",
    "NewAttachment",
    "Removed",
    "Request",
    "Response",
    "Span",
    "Transport",
    "automatic_replies",
    "compose",
    "iso",
    "moment",
    "open_client",
    "plan_event",
]
