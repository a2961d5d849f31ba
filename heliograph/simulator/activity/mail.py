"""What happens to mail."""

from heliograph.simulator.activity.choosing import colleague, mailbox, newest, told
from heliograph.simulator.activity.properties import person, shaped
from heliograph.simulator.activity.triggers import Happened, Triggers, Wish
from heliograph.simulator.outlook.mailbox import Mailbox
from heliograph.simulator.world import World

_STRANGER = "someone@fabrikam.example"

triggers = Triggers()


@triggers.on("messages.received")
def received(world: World, wish: Wish) -> Happened:
    """Mail arrives from outside; `from`, `subject` and `body` may be plain texts."""
    box = mailbox(world, wish)
    given = shaped(world, {"from": _STRANGER, "subject": "Hello", "body": "", **wish.set})
    content = {"sender": given["from"], "toRecipients": [person(world, box.owner)], **given}
    return told(box, box.messages, world.outlook.mail.receive(box, content))


@triggers.on("messages.sent")
def sent(world: World, wish: Wish) -> Happened:
    """Someone writes to `toRecipients`: addresses or users; without any, to a colleague."""
    box = mailbox(world, wish)
    to = [colleague(world, box)]
    content = shaped(world, {"subject": "Hello", "body": "", "toRecipients": to, **wish.set})
    world.outlook.mail.send(box, content)
    return told(box, box.messages, next(reversed(box.messages.rows)))


@triggers.on("messages.read")
def read(world: World, wish: Wish) -> Happened:
    """A mail is read; with `isRead` false it is marked unread."""
    box, key = _message(world, wish)
    world.outlook.mail.update(box, key, {"isRead": True, **wish.set})
    return told(box, box.messages, key)


@triggers.on("messages.updated")
def message_updated(world: World, wish: Wish) -> Happened:
    """A mail is flagged, or changed as the properties say."""
    box, key = _message(world, wish)
    world.outlook.mail.update(
        box, key, shaped(world, wish.set or {"flag": {"flagStatus": "flagged"}})
    )
    return told(box, box.messages, key)


@triggers.on("messages.moved")
def moved(world: World, wish: Wish) -> Happened:
    """A mail is moved to another `folder`: an id or a well-known name."""
    box, key = _message(world, wish)
    world.outlook.mail.move(box, key, str(wish.set.get("folder", "archive")))
    return told(box, box.messages, key)


@triggers.on("messages.deleted")
def message_deleted(world: World, wish: Wish) -> Happened:
    """A mail is deleted: it moves to Deleted Items, and from there out of sight."""
    box, key = _message(world, wish)
    before = told(box, box.messages, key)
    world.outlook.mail.delete(box, key)
    return before


def _message(world: World, wish: Wish) -> tuple[Mailbox, str]:
    """The message that is meant, else the newest in the inbox; if need be one arrives."""
    box = mailbox(world, wish)
    if wish.item:
        return box, box.key_of(box.messages, wish.item)
    inbox = box.well_known["inbox"]
    found = newest(box.messages, parentFolderId=inbox)
    return box, found or received(world, Wish(user=box.owner))["immutableId"]
