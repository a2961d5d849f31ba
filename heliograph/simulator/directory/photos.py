"""The photos of users: kept as they were uploaded, and served in any size that they have."""

import struct
from dataclasses import dataclass
from zlib import crc32

SIZES = (48, 64, 96, 120, 240, 360, 432, 504, 648)
LARGEST = 4 * 1024 * 1024

_START = b"\xff\xd8"
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A picture (JPEG) with its dimensions."""

    content: bytes
    width: int
    height: int

    @classmethod
    def from_jpeg(cls, content: bytes) -> "Photo":
        """The photo that *content* is. Raises ValueError where it is no JPEG."""
        width, height = dimensions(content)
        return cls(content=content, width=width, height=height)

    @property
    def etag(self) -> str:
        """What changes with the picture."""
        return f'"{crc32(self.content):08X}"'

    def has(self, size: int) -> bool:
        """Whether it can be shown in a *size* (pixels) without being enlarged."""
        return size <= min(self.width, self.height)


def dimensions(content: bytes) -> tuple[int, int]:
    """Width and height in the header of a JPEG. Raises ValueError where there is none."""
    if not content.startswith(_START):
        raise ValueError("a JPEG is expected")
    at = len(_START)
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", content, at + 5)
            return width, height
        alone = marker in _ALONE or marker == 0xFF
        at += (
            (1 if marker == 0xFF else 2)
            if alone
            else 2 + struct.unpack_from(">H", content, at + 2)[0]
        )
    raise ValueError("a JPEG with a frame is expected")


class Photos:
    """The photos of all users who have one."""

    def __init__(self) -> None:
        self._photos: dict[str, Photo] = {}

    def get(self, user: str) -> Photo | None:
        """The photo of a user."""
        return self._photos.get(user)

    def put(self, user: str, photo: Photo | None) -> None:
        """Give a user a photo, None for no more."""
        if photo is None:
            self._photos.pop(user, None)
        else:
            self._photos[user] = photo
