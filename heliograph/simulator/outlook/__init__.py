"""What Exchange holds for the people of the tenant: mail, calendars, contacts, tasks, settings."""
