"""Mailboxes: mail and its attachments, folders, rules, settings, categories, contacts."""
