"""Photos of users: the picture and what is known of it (U20 to U23)."""

from typing import Any
from urllib.parse import quote

from heliograph.simulator import permissions
from heliograph.simulator.directory.photos import LARGEST, SIZES, Photo
from heliograph.simulator.graph.answers import NOTHING, listing
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.refusals import Refused

routes = Routes()

_READ = permissions.Needs(
    app=("ProfilePhoto.Read.All",),
    delegated=("ProfilePhoto.Read.All", "User.ReadBasic.All"),
    own=("ProfilePhoto.Read.All", "User.ReadBasic.All", "User.Read"),
)
_WRITE = permissions.directory("ProfilePhoto.ReadWrite.All", own=("User.ReadWrite",))
_TYPES = ("image/", "application/octet-stream")


@routes.on("GET", "/users/{user}/photo/$value", "/users/{user}/photos/{size}/$value", needs=_READ)
def get_content(call: Call) -> Answer:
    """The picture itself, as it was uploaded."""
    photo = _photo(call)
    headers = {"content-type": "image/jpeg", "etag": photo.etag}
    return Answer(body=photo.content, headers=headers)


@routes.on("GET", "/users/{user}/photo", "/users/{user}/photos/{size}", needs=_READ)
def get_photo(call: Call) -> Answer:
    """The size of the picture."""
    photo, size = _photo(call), _size(call)
    width, height = (size, size) if size else (photo.width, photo.height)
    context = call.metadata(f"{_owner(call)}/photo/$entity")
    return Answer(body={"@odata.context": context, **shown(photo, width, height)})


@routes.on("GET", "/users/{user}/photos", needs=_READ)
def list_photos(call: Call) -> Answer:
    """The sizes in which the picture can be had."""
    photo = call.world.photos.get(_mailbox(call))
    sizes = [size for size in SIZES if photo is not None and photo.has(size)]
    rows = [shown(photo, size, size) for size in sizes if photo is not None]
    return listing(call, f"{_owner(call)}/photos", rows)


@routes.on("PUT", "/users/{user}/photo/$value", needs=_WRITE)
@routes.on("PATCH", "/users/{user}/photo/$value", needs=_WRITE)
def put_content(call: Call) -> Answer:
    """Another picture."""
    user = _mailbox(call)
    call.world.photos.put(user, uploaded(call))
    call.world.accounts.touch(user)
    return Answer(status=200)


@routes.on("DELETE", "/users/{user}/photo/$value", "/users/{user}/photo", needs=_WRITE)
def delete(call: Call) -> Answer:
    """No picture any more."""
    user = _mailbox(call)
    if call.world.photos.get(user) is None:
        raise no_image()
    call.world.photos.put(user, None)
    call.world.accounts.touch(user)
    return NOTHING


def uploaded(call: Call) -> Photo:
    """The photo in the body of the call."""
    kind = call.headers.get("content-type", "").lower()
    if not kind.startswith(_TYPES):
        raise Refused(415, "UnsupportedMediaType", f"Expected image/jpeg, got '{kind[:50]}'.")
    if len(call.body) >= LARGEST:
        raise Refused(413, "RequestEntityTooLarge", "A photo is below 4 MB.")
    try:
        return Photo.from_jpeg(call.body)
    except ValueError as error:
        raise Refused(400, "ErrorInvalidImage", f"The image is not readable: {error}.") from error


def _mailbox(call: Call) -> str:
    """The id of the user of the path. A photo lies in the mailbox."""
    user = call.world.directory.user_id(call.params["user"])
    if not call.world.directory.has_mailbox(user):
        raise Refused(
            404,
            "ErrorNonExistentMailbox",
            "The SMTP address has no mailbox associated with it.",
        )
    return user


def _photo(call: Call) -> Photo:
    photo, size = call.world.photos.get(_mailbox(call)), _size(call)
    if photo is None or (size and not photo.has(size)):
        raise no_image()
    return photo


def _size(call: Call) -> int:
    """The size that the path names, 0 where it names none."""
    if "size" not in call.params:
        return 0
    width, _, height = call.params["size"].lower().partition("x")
    if width != height or not width.isdecimal() or int(width) not in SIZES:
        raise no_image()
    return int(width)


def shown(photo: Photo, width: int, height: int) -> dict[str, Any]:
    """What is told of a photo in one size."""
    return {
        "@odata.mediaContentType": "image/jpeg",
        "@odata.mediaEtag": photo.etag,
        "id": f"{width}X{height}",
        "height": height,
        "width": width,
    }


def _owner(call: Call) -> str:
    return f"users('{quote(call.params['user'], safe='')}')"


def no_image() -> Refused:
    """404 where there is no photo."""
    return Refused(
        404,
        "ImageNotFound",
        "Exception of type 'Microsoft.Fast.Profile.Core.Exception.ImageNotFoundException' was"
        " thrown.",
    )
