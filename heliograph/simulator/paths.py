"""Paths as Graph reads them: `users('id')` is `users/id`, functions may carry `()`."""

import re
from urllib.parse import unquote

_KEYED = re.compile(r"(?P<name>[\w.$]+)\('(?P<key>(?:[^']|'')*)'\)\Z")
# Microsoft's Python SDK leaves the comma out between two texts (its library for templates does).
_ARGUMENT = re.compile(r"\s*(\w+)\s*=\s*('(?:[^']|'')*'|[^,]*)\s*(?:,|\Z|(?<=')(?=\w+\s*=))")
_BY_NAME = re.compile(
    r"(?P<name>directoryRoles|servicePrincipals)\((?P<key>\w+='[^']*')\)\Z", re.IGNORECASE
)
_BARE = re.compile(r"(?P<name>[\w.$]+)\((?P<arguments>[^)]*)\)\Z")


def split(path: str) -> tuple[str, ...]:
    """The segments of an encoded *path*, keys in parentheses as segments of their own."""
    found: list[str] = []
    for raw in path.strip("/").split("/"):
        part = unquote(raw)
        if keyed := _KEYED.match(part):
            found += [keyed["name"], keyed["key"].replace("''", "'")]
        elif named := _BY_NAME.match(part):
            found += [named["name"], named["key"].replace("'", "")]
        elif (bare := _BARE.match(part)) and not bare["arguments"]:
            found.append(bare["name"])
        else:
            found.append(part)
    return tuple(part for part in found if part)


def arguments(segments: tuple[str, ...]) -> dict[str, str]:
    """What is written in the parentheses of functions, by names in lower case, without quotes."""
    found: dict[str, str] = {}
    for segment in segments:
        _, opened, rest = segment.partition("(")
        if opened and rest.endswith(")"):
            for name, value in _ARGUMENT.findall(rest[:-1]):
                text = value.strip()
                bare = text[1:-1].replace("''", "'") if text.startswith("'") else text
                found[name.lower()] = bare
    return found
