"""Graph's paths into a mailbox, a module a family."""

from heliograph.simulator.graph.outlook import (
    attachments,
    calendars,
    contact_photos,
    contacts,
    delta,
    events,
    mail_folders,
    mailbox_settings,
    messages,
    outlook_user,
    schedules,
    sending,
    todo,
)

FAMILIES = (
    messages.routes,
    sending.routes,
    attachments.routes,
    mail_folders.routes,
    mailbox_settings.routes,
    outlook_user.routes,
    calendars.routes,
    events.routes,
    schedules.routes,
    contacts.routes,
    contact_photos.routes,
    todo.routes,
    delta.routes,
)
