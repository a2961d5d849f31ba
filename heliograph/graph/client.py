"""The client of one tenant: its families of calls, and how it is put together.

`open_client` builds the real thing; anything that is a Transport can take the network's place.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Generic, TypeVar

from heliograph.graph.auth import SignIns, UserTokens, app_tokens
from heliograph.graph.batch import Batches
from heliograph.graph.budget import Budget, LocalBudget
from heliograph.graph.calendar.calendars import CalendarGroups, Calendars
from heliograph.graph.calendar.events import Events
from heliograph.graph.calendar.invitations import Invitations
from heliograph.graph.calendar.meetings import Meetings
from heliograph.graph.calendar.reminders import Reminders
from heliograph.graph.calendar.schedules import Schedules
from heliograph.graph.calls import Calls
from heliograph.graph.clouds import endpoints
from heliograph.graph.delta import Delta
from heliograph.graph.directory.audits import Audits
from heliograph.graph.directory.deleted_items import Directory
from heliograph.graph.directory.groups import Groups
from heliograph.graph.directory.licenses import Licenses
from heliograph.graph.directory.memberships import Memberships
from heliograph.graph.directory.photos import Photos
from heliograph.graph.directory.roles import Roles
from heliograph.graph.directory.users import Users
from heliograph.graph.insights.questions import Insights
from heliograph.graph.meter import Measured, Waits
from heliograph.graph.outlook.attachments import Attachments
from heliograph.graph.outlook.categories import Categories
from heliograph.graph.outlook.contact_folders import ContactFolders
from heliograph.graph.outlook.contacts import Contacts
from heliograph.graph.outlook.mail import Mail
from heliograph.graph.outlook.mail_folders import MailFolders
from heliograph.graph.outlook.mailbox_settings import SettingsOfMailboxes
from heliograph.graph.outlook.message_rules import MessageRules
from heliograph.graph.retrying import Retrying
from heliograph.graph.signing import Authorized
from heliograph.graph.subscriptions import Subscriptions
from heliograph.graph.tasks.planner import Planner
from heliograph.graph.tasks.todo_lists import TodoLists
from heliograph.graph.tasks.todo_tasks import ChecklistItems, LinkedResources, TodoTasks
from heliograph.graph.transport import HttpTransport, Transport
from heliograph.settings import Tenant

F = TypeVar("F")


class Family(Generic[F]):
    """A family of calls of a client, made when it is first asked for: a run uses few, or none."""

    def __init__(self, make: Callable[[Calls], F]) -> None:
        self._make = make

    def __set_name__(self, _: type, name: str) -> None:
        self._name = name

    def __get__(self, client: "GraphClient", _: type | None = None) -> F:
        family = self._make(client.calls)
        client.__dict__[self._name] = family  # which is found before this, from now on
        return family


class GraphClient:
    """Microsoft Graph for one tenant. Every call goes through *transport*."""

    users = Family(Users)
    memberships = Family(Memberships)
    photos = Family(Photos)
    licenses = Family(Licenses)
    groups = Family(Groups)
    roles = Family(Roles)
    directory = Family(Directory)
    audits = Family(Audits)
    mail = Family(Mail)
    attachments = Family(Attachments)
    mail_folders = Family(MailFolders)
    message_rules = Family(MessageRules)
    mailbox_settings = Family(SettingsOfMailboxes)
    categories = Family(Categories)
    calendars = Family(Calendars)
    calendar_groups = Family(CalendarGroups)
    events = Family(Events)
    invitations = Family(Invitations)
    reminders = Family(Reminders)
    schedules = Family(Schedules)
    meetings = Family(Meetings)
    planner = Family(Planner)
    todo_lists = Family(TodoLists)
    todo_tasks = Family(TodoTasks)
    checklist_items = Family(ChecklistItems)
    linked_resources = Family(LinkedResources)
    contacts = Family(Contacts)
    contact_folders = Family(ContactFolders)
    insights = Family(Insights)
    delta = Family(Delta)
    batches = Family(Batches)
    subscriptions = Family(Subscriptions)

    def __init__(self, transport: Transport, *, tenant: Tenant) -> None:
        self.tenant = tenant
        self._transport = transport

    @cached_property
    def calls(self) -> Calls:
        """What all families stand on."""
        return Calls(self._transport, origin=endpoints(self.tenant).graph)

    def with_transport(self, wrap: Callable[[Transport], Transport]) -> "GraphClient":
        """The same client with *wrap* around its transport, such as a journal of writes.

        The wrapper sees each call once, before any trying again, and the answer that stood.
        """
        return GraphClient(wrap(self._transport), tenant=self.tenant)


@asynccontextmanager
async def open_client(
    tenant: Tenant, *, budget: Budget | None = None, sign_ins: SignIns | None = None
) -> AsyncIterator[GraphClient]:
    """A client on the network, for as long as the context lasts.

    Alone it keeps Graph's limits for itself; a shared *budget* keeps them for a deployment. With
    *sign_ins* it can call for signed-in users, where the settings of *tenant* allow it.
    """
    ends = endpoints(tenant)
    network = HttpTransport(ends.graph, ca_file=tenant.ca_file, uploads=ends.uploads)
    users = UserTokens(tenant, sign_ins) if sign_ins else None
    signed = Authorized(Measured(network), app_tokens(tenant), tenant=tenant, users=users)
    try:
        limited = Retrying(signed, budget or LocalBudget(tenant), waits=Waits(tenant.name))
        yield GraphClient(limited, tenant=tenant)
    finally:
        await network.close()
