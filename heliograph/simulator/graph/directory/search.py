"""`$search` on directory objects: quoted clauses of a property and words, with AND and OR."""

import re
from collections.abc import Callable, Collection

from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row

Claim = Callable[[Row], bool]

_TOKEN = re.compile(
    r'\s*(?:"(?P<clause>(?:[^"\\]|\\.)*)"|(?P<word>AND|OR)|(?P<mark>[()]))', re.IGNORECASE
)
_WORDS = re.compile(r"\w+")
_TOKENIZED = frozenset({"displayName", "description"})
"""Their words are found one by one; all else is found from its beginning."""


def searched(text: str, properties: Collection[str]) -> Claim:
    """The claim that *text* is; *properties* can be searched. Raises Refused where it is none."""
    parser = _Parser(_tokens(text), {name.lower(): name for name in properties})
    found = parser.either()
    parser.end()
    return found


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], properties: dict[str, str]) -> None:
        self._tokens = tokens
        self._properties = properties

    def either(self) -> Claim:
        claims = [self._both()]
        while self._accept("OR"):
            claims.append(self._both())
        return lambda row: any(claim(row) for claim in claims)

    def end(self) -> None:
        if self._tokens:
            raise _unreadable(self._tokens[0][1])

    def _both(self) -> Claim:
        claims = [self._one()]
        while self._accept("AND"):
            claims.append(self._one())
        return lambda row: all(claim(row) for claim in claims)

    def _one(self) -> Claim:
        if self._accept("("):
            inner = self.either()
            if not self._accept(")"):
                raise _unreadable(")")
            return inner
        kind, text = self._tokens.pop(0) if self._tokens else ("", "")
        if kind != "clause":
            raise _unreadable(text)
        return self._clause(text)

    def _clause(self, text: str) -> Claim:
        name, colon, words = text.partition(":")
        path = self._properties.get(name.strip().lower())
        if not colon or path is None:
            raise _unreadable(text)
        wanted = words.strip().casefold()
        if path not in _TOKENIZED:
            return lambda row: any(value.startswith(wanted) for value in _values(row.get(path)))
        parts = _WORDS.findall(wanted)
        return lambda row: _holds(row.get(path), parts)

    def _accept(self, token: str) -> bool:
        is_next = bool(self._tokens) and self._tokens[0] == ("other", token)
        if is_next:
            self._tokens.pop(0)
        return is_next


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise _unreadable(text[at : at + 20])
        if match["clause"] is not None:
            found.append(("clause", re.sub(r"\\(.)", r"\1", match["clause"])))
        else:
            found.append(("other", (match["word"] or match["mark"]).upper()))
        at = match.end()
    return found


def _values(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(one).rpartition(":")[2].casefold() for one in values if one is not None]


def _holds(value: object, parts: list[str]) -> bool:
    words = _WORDS.findall(str(value or "").casefold())
    return all(any(word.startswith(part) for word in words) for part in parts)


def _unreadable(text: str) -> Refused:
    return Refused(
        400,
        "Request_BadRequest",
        f"Syntax error: character '{text}' is not valid in '$search'. A clause is a property, a"
        ' colon and words, all in double quotes: "displayName:holm".',
    )
