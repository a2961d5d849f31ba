"""Where the items of a mailbox are found: the same ones under several paths."""

_USER = "/users/{user}"

MAIL_FOLDERS = (
    f"{_USER}/mailFolders/{{folder}}",
    f"{_USER}/mailFolders/{{above}}/childFolders/{{folder}}",
)
MESSAGES = (f"{_USER}/messages", *(f"{path}/messages" for path in MAIL_FOLDERS))
MESSAGE = tuple(f"{path}/{{message}}" for path in MESSAGES)

CALENDARS = (
    f"{_USER}/calendar",
    f"{_USER}/calendars/{{calendar}}",
    f"{_USER}/calendarGroups/{{group}}/calendars/{{calendar}}",
)
EVENTS = (f"{_USER}/events", *(f"{path}/events" for path in CALENDARS))
VIEWS = (f"{_USER}/calendarView", *(f"{path}/calendarView" for path in CALENDARS))
EVENT = tuple(f"{path}/{{event}}" for path in (*EVENTS, *VIEWS))

CONTACT_FOLDERS = (
    f"{_USER}/contactFolders/{{folder}}",
    f"{_USER}/contactFolders/{{above}}/childFolders/{{folder}}",
)
CONTACTS = (f"{_USER}/contacts", *(f"{path}/contacts" for path in CONTACT_FOLDERS))
CONTACT = tuple(f"{path}/{{contact}}" for path in CONTACTS)


def below(paths: tuple[str, ...], *rest: str) -> tuple[str, ...]:
    """Each of *paths*, with each of *rest* behind it."""
    return tuple(f"{path}/{end}" for path in paths for end in rest)
