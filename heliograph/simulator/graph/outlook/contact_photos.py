"""Photos of contacts (graph-users-api.md, 10, C10)."""

from heliograph.simulator import permissions
from heliograph.simulator.directory.photos import Photo
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.directory.photos import no_image, shown, uploaded
from heliograph.simulator.graph.outlook.contacts import found
from heliograph.simulator.graph.outlook.lists import mailbox, owner
from heliograph.simulator.graph.outlook.paths import CONTACT, below
from heliograph.simulator.graph.routing import Routes

routes = Routes()

_READ = permissions.mailbox("Contacts.Read")
_WRITE = permissions.mailbox("Contacts.ReadWrite")


@routes.on("GET", *below(CONTACT, "photo"), needs=_READ)
def get_photo(call: Call) -> Answer:
    """The size of the picture."""
    photo = _photo(call)
    place = f"{owner(call)}/contacts('{call.params['contact']}')/photo"
    context = f"{call.origin}/v1.0/$metadata#{place}/$entity"
    return Answer(body={"@odata.context": context, **shown(photo, photo.width, photo.height)})


@routes.on("GET", *below(CONTACT, "photo/$value"), needs=_READ)
def get_content(call: Call) -> Answer:
    """The picture itself."""
    photo = _photo(call)
    headers = {"content-type": "image/jpeg", "etag": photo.etag}
    return Answer(body=photo.content, headers=headers)


@routes.on("PUT", *below(CONTACT, "photo/$value"), needs=_WRITE)
@routes.on("PATCH", *below(CONTACT, "photo/$value"), needs=_WRITE)
def put_content(call: Call) -> Answer:
    """Another picture."""
    call.world.outlook.contacts.put_photo(mailbox(call), found(call), uploaded(call))
    return Answer(status=200)


def _photo(call: Call) -> Photo:
    photo = call.world.outlook.contacts.photos.get(found(call))
    if photo is None:
        raise no_image()
    return photo
