"""What happens to tasks in To Do."""

from heliograph.simulator.activity.choosing import mailbox, newest, told
from heliograph.simulator.activity.properties import shaped
from heliograph.simulator.activity.triggers import Happened, Triggers, Wish
from heliograph.simulator.outlook.mailbox import Mailbox
from heliograph.simulator.world import World

triggers = Triggers()


@triggers.on("tasks.created")
def created(world: World, wish: Wish) -> Happened:
    """A task is entered into a To Do list; `list` is the id of another than the first."""
    box = mailbox(world, wish)
    given = dict(wish.set)
    place = box.task_list_id(str(given.pop("list", "") or box.task_list))
    content = shaped(world, {"title": "Prepare the first day", **given})
    return told(box, box.tasks, world.outlook.todo.create(box, place, content))


@triggers.on("tasks.updated")
def updated(world: World, wish: Wish) -> Happened:
    """A task changes."""
    box, key = _task(world, wish)
    world.outlook.todo.update(box, key, shaped(world, wish.set or {"importance": "high"}))
    return told(box, box.tasks, key)


@triggers.on("tasks.completed")
def completed(world: World, wish: Wish) -> Happened:
    """A task is done."""
    box, key = _task(world, wish)
    world.outlook.todo.update(box, key, {"status": "completed", **wish.set})
    return told(box, box.tasks, key)


@triggers.on("tasks.deleted")
def deleted(world: World, wish: Wish) -> Happened:
    """A task is removed."""
    box, key = _task(world, wish)
    before = told(box, box.tasks, key)
    world.outlook.todo.delete(box, key)
    return before


def _task(world: World, wish: Wish) -> tuple[Mailbox, str]:
    """The task that is meant, else the newest of the first list; if need be one is made."""
    box = mailbox(world, wish)
    if wish.item:
        return box, box.key_of(box.tasks, wish.item)
    found = newest(box.tasks, parentFolderId=box.task_list)
    return box, found or created(world, Wish(user=box.owner))["immutableId"]
