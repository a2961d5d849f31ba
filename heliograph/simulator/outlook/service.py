"""Exchange as a whole: what serves the mailboxes, made and handed to each other on one screen."""

from dataclasses import dataclass

from heliograph.simulator.clock import Clock
from heliograph.simulator.directory import Directory
from heliograph.simulator.ids import Ids
from heliograph.simulator.outlook.attachments import Attachments
from heliograph.simulator.outlook.calendar_groups import CalendarGroups
from heliograph.simulator.outlook.calendars import Calendars
from heliograph.simulator.outlook.categories import Categories
from heliograph.simulator.outlook.composing import Composer
from heliograph.simulator.outlook.contacts import Contacts
from heliograph.simulator.outlook.event_content import EventContent
from heliograph.simulator.outlook.events import Events
from heliograph.simulator.outlook.focus import Focus
from heliograph.simulator.outlook.folders import Folders
from heliograph.simulator.outlook.invitations import Invitations
from heliograph.simulator.outlook.mail import Mail
from heliograph.simulator.outlook.mailboxes import Mailboxes
from heliograph.simulator.outlook.rules import Rules
from heliograph.simulator.outlook.schedules import Schedules
from heliograph.simulator.outlook.settings import Settings
from heliograph.simulator.outlook.todo import Todo
from heliograph.simulator.outlook.uploads import Uploads
from heliograph.simulator.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What the mailboxes of one tenant are served by."""

    boxes: Mailboxes
    settings: Settings
    attachments: Attachments
    uploads: Uploads
    folders: Folders
    composer: Composer
    rules: Rules
    focus: Focus
    categories: Categories
    mail: Mail
    calendar_groups: CalendarGroups
    events: Events
    calendars: Calendars
    schedules: Schedules
    contacts: Contacts
    todo: Todo

    @classmethod
    def create(cls, store: Store, clock: Clock, ids: Ids, *, directory: Directory) -> "Outlook":
        """What serves the mailboxes of the users in *directory*."""
        boxes = Mailboxes(store, clock, ids, directory=directory)
        settings, attachments = Settings(boxes), Attachments(boxes)
        rules, focus, composer = Rules(ids), Focus(ids), Composer(boxes, attachments)
        events = Events(boxes)
        mail = Mail(boxes, composer=composer, rules=rules, focus=focus, settings=settings)
        return cls(
            boxes=boxes,
            settings=settings,
            attachments=attachments,
            uploads=Uploads(attachments, clock),
            folders=Folders(boxes),
            composer=composer,
            rules=rules,
            focus=focus,
            categories=Categories(ids),
            mail=mail,
            calendar_groups=CalendarGroups(boxes),
            events=events,
            calendars=Calendars(
                boxes,
                events=events,
                content=EventContent(boxes, attachments),
                invitations=Invitations(boxes, events, mail),
            ),
            schedules=Schedules(boxes, events, settings),
            contacts=Contacts(boxes),
            todo=Todo(boxes),
        )
