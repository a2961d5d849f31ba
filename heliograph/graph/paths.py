"""Paths below the version root, and links that Graph gives: what may be asked for, and where.

Pure. Ids are encoded, so that none can leave its segment; a link from an answer is followed only
to the configured origin, as the bearer token goes with it.
"""

from urllib.parse import quote, unquote

from heliograph.errors import Invalid

VERSION_ROOT = "/v1.0"

_UNRESERVED = "@!$*,:"  # allowed in a segment by RFC 3986, and without meaning to Graph there


def path(*segments: str) -> str:
    """*segments* joined to a path below the version root, each percent-encoded.

    Raises Invalid for a segment that would change the path: empty, `.` or `..`.
    """
    return "".join(f"/{_encode(segment)}" for segment in segments)


def user_path(user: str, *segments: str) -> str:
    """The path of a user by id or UPN, and what lies below it.

    A UPN that starts with `$` stands in parentheses.
    https://learn.microsoft.com/graph/api/user-get
    """
    if not user.startswith("$"):
        return path("users", user, *segments)
    return f"/users('{quoted(user)}')" + path(*segments)


def quoted(text: str) -> str:
    """*text* as it stands between the single quotes of an OData string in a path."""
    return quote(text.replace("'", "''"), safe=_UNRESERVED)


def literal(text: str) -> str:
    """*text* as an OData string for `$filter`, quotes included."""
    return "'" + text.replace("'", "''") + "'"


def below_root(link: str, *, origin: str) -> str:
    """The path and query of *link* below the version root of *origin*.

    Raises Invalid for a link that leads anywhere else: such a link would carry our token away.
    """
    root = origin.lower() + VERSION_ROOT
    place = link[len(root) :]
    if link[: len(root)].lower() != root or not place.startswith("/"):
        raise Invalid(f"a link in an answer leads elsewhere than to {root}/")
    if not place.isascii() or not place.isprintable() or set(place) & set(' \\#"<>'):
        raise Invalid("a link in an answer holds characters that no address has")
    if any(unquote(segment) in {".", ".."} for segment in place.partition("?")[0].split("/")):
        raise Invalid("a link in an answer climbs out of its path")
    return place


def _encode(segment: str) -> str:
    if segment in {"", ".", ".."}:
        raise Invalid(f"an id or name is expected in a path, not {segment!r}")
    return quote(segment, safe=_UNRESERVED)
