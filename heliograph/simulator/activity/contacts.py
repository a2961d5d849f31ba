"""What happens to contacts."""

from heliograph.simulator.activity.choosing import mailbox, newest, told
from heliograph.simulator.activity.properties import shaped
from heliograph.simulator.activity.triggers import Happened, Triggers, Wish
from heliograph.simulator.outlook.mailbox import Mailbox
from heliograph.simulator.world import World

triggers = Triggers()


@triggers.on("contacts.created")
def contact_created(world: World, wish: Wish) -> Happened:
    """A contact is entered."""
    box = mailbox(world, wish)
    usual = {
        "givenName": "Nadia",
        "surname": "Costa",
        "companyName": "Fabrikam",
        "emailAddresses": ["nadia.costa@fabrikam.example"],
    }
    content = shaped(world, wish.set or usual)
    return told(box, box.contacts, world.outlook.contacts.create(box, content))


@triggers.on("contacts.updated")
def contact_updated(world: World, wish: Wish) -> Happened:
    """A contact changes."""
    box, key = _contact(world, wish)
    world.outlook.contacts.update(box, key, shaped(world, wish.set or {"jobTitle": "Buyer"}))
    return told(box, box.contacts, key)


@triggers.on("contacts.deleted")
def contact_deleted(world: World, wish: Wish) -> Happened:
    """A contact is removed."""
    box, key = _contact(world, wish)
    before = told(box, box.contacts, key)
    world.outlook.contacts.remove(box, key)
    return before


def _contact(world: World, wish: Wish) -> tuple[Mailbox, str]:
    """The contact that is meant, else the newest; if need be one is made."""
    box = mailbox(world, wish)
    if wish.item:
        return box, box.key_of(box.contacts, wish.item)
    found = newest(box.contacts)
    return box, found or contact_created(world, Wish(user=box.owner))["immutableId"]
