"""The client of one tenant: its families of calls, and how it is put together.

`open_client` builds the real thing; anything that is a Transport can take the network's place.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from heliograph.graph.auth import app_tokens
from heliograph.graph.batch import Batches
from heliograph.graph.calendars import CalendarGroups, Calendars
from heliograph.graph.calls import Calls
from heliograph.graph.clouds import endpoints
from heliograph.graph.contact_folders import ContactFolders
from heliograph.graph.contacts import Contacts
from heliograph.graph.delta import Delta
from heliograph.graph.directory import Directory
from heliograph.graph.events import Events
from heliograph.graph.groups import Groups
from heliograph.graph.invitations import Invitations
from heliograph.graph.mail import Mail
from heliograph.graph.mail_folders import MailFolders
from heliograph.graph.reminders import Reminders
from heliograph.graph.retrying import Authorized, Budget, Retrying
from heliograph.graph.subscriptions import Subscriptions
from heliograph.graph.transport import HttpTransport, Transport
from heliograph.graph.users import Users
from heliograph.settings import Tenant


class GraphClient:
    """Microsoft Graph for one tenant. Every call goes through *transport*."""

    def __init__(self, transport: Transport, *, tenant: Tenant) -> None:
        self.tenant = tenant
        self._transport = transport
        calls = Calls(transport, origin=endpoints(tenant).graph)
        self.users = Users(calls)
        self.groups = Groups(calls)
        self.directory = Directory(calls)
        self.mail = Mail(calls)
        self.mail_folders = MailFolders(calls)
        self.calendars = Calendars(calls)
        self.calendar_groups = CalendarGroups(calls)
        self.events = Events(calls)
        self.invitations = Invitations(calls)
        self.reminders = Reminders(calls)
        self.contacts = Contacts(calls)
        self.contact_folders = ContactFolders(calls)
        self.delta = Delta(calls)
        self.batches = Batches(calls)
        self.subscriptions = Subscriptions(calls, self.batches)

    def with_transport(self, wrap: Callable[[Transport], Transport]) -> "GraphClient":
        """The same client with *wrap* around its transport, such as a journal of writes.

        The wrapper sees each call once, before any trying again, and the answer that stood.
        """
        return GraphClient(wrap(self._transport), tenant=self.tenant)


@asynccontextmanager
async def open_client(
    tenant: Tenant, *, budget: Budget | None = None
) -> AsyncIterator[GraphClient]:
    """A client on the network, for as long as the context lasts."""
    ends = endpoints(tenant)
    network = HttpTransport(ends.graph, ca_file=tenant.ca_file, uploads=ends.uploads)
    signed = Authorized(network, app_tokens(tenant))
    try:
        yield GraphClient(Retrying(signed, budget=budget), tenant=tenant)
    finally:
        await network.close()
