"""Graph's paths into a mailbox, a module a family."""

from heliograph.simulator.graph.outlook import calendar, contacts, delta, mail

FAMILIES = (mail.routes, calendar.routes, contacts.routes, delta.routes)
