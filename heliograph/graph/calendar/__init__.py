"""Calendars, events and invitations, reminders, free and busy, and times to meet."""
