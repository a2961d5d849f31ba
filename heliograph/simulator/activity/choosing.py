"""Who and what is meant where a wish leaves it open."""

from heliograph.simulator.activity.triggers import Happened, Wish
from heliograph.simulator.outlook.mailbox import Mailbox
from heliograph.simulator.refusals import Refused, no_mailbox
from heliograph.simulator.store import Table
from heliograph.simulator.world import World


def mailbox(world: World, wish: Wish) -> Mailbox:
    """The mailbox of the user that is meant, else the first that there is."""
    if wish.user:
        return world.outlook.boxes.of(wish.user)
    return _first(world, but="")


def colleague(world: World, box: Mailbox) -> str:
    """The first other user who has a mailbox."""
    return _first(world, but=box.owner).owner


def newest(table: Table, **wanted: object) -> str:
    """The key of the newest row that has the *wanted* properties; empty without one."""
    for key, row in table.backwards():
        if all(row.get(name) == value for name, value in wanted.items()):
            return key
    return ""


def told(box: Mailbox, table: Table, key: str) -> Happened:
    """An item as the answer tells it."""
    return {"id": table.rows[key]["id"], "immutableId": key, "user": box.owner}


def _first(world: World, *, but: str) -> Mailbox:
    for id_ in world.directory.users.rows:
        if id_ != but:
            try:
                return world.outlook.boxes.of(id_)
            except Refused:
                continue
    raise no_mailbox()
