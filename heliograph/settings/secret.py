"""A text that prints as stars, so that no log, traceback or report can hold it by accident."""

from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

STARS = "********"


class Secret:
    """A secret text. Only `reveal` gives it away; equal texts make equal secrets."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself: for the one call that needs it, never for a message."""
        return self._text

    def read(self) -> bytes:
        """The text as bytes, as `SecretFile.read` gives it."""
        return self._text.encode()

    def __bool__(self) -> bool:
        """Whether there is any text at all."""
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return f"Secret({STARS!r})"

    def __str__(self) -> str:
        return STARS


class SecretFile:
    """A secret that stays in its file, as somebody else puts a new one there from time to time."""

    __slots__ = ("path",)

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> bytes:
        """What the file holds now. Raises OSError."""
        return self.path.read_bytes()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretFile) and self.path == other.path

    def __hash__(self) -> int:
        return hash(self.path)

    def __repr__(self) -> str:
        return f"SecretFile({str(self.path)!r})"


def has_password(url: str) -> bool:
    """Whether *url* holds a secret: a password, or a query, in which drivers take one as well."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return True
    return ("@" in parts.netloc and ":" in parts.netloc.rpartition("@")[0]) or bool(parts.query)


def without_password(url: str) -> str:
    """*url* as it may be shown: its password and its query are stars."""
    if not has_password(url):
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return STARS
    login, at, host = parts.netloc.rpartition("@")
    user = login.partition(":")[0]
    shown = f"{user}:{STARS}{at}{host}" if at else host
    return urlunsplit((parts.scheme, shown, parts.path, STARS if parts.query else "", ""))
