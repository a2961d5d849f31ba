"""`$filter` expressions: from their text to a claim about a row.

Strings are compared without case, times as times (in UTC where they name no zone). Unknown
properties count as null.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Claim = Callable[[Mapping[str, Any]], bool]
Operand = Callable[[Mapping[str, Any]], Any]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')"
    r"|(?P<word>[\w.\-+:@/$]+)"
    r"|(?P<mark>[(),]))"
)
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "gt": lambda left, right: _ordered(left, right) and left > right,
    "ge": lambda left, right: _ordered(left, right) and left >= right,
    "lt": lambda left, right: _ordered(left, right) and left < right,
    "le": lambda left, right: _ordered(left, right) and left <= right,
}
_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": str.__contains__,
}
_WORDS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A parsed expression: what it claims, the operators it is made of, the properties that it is
    about, in their order, and which operators each of them is used with.
    """

    holds: Claim
    operators: frozenset[str]
    properties: tuple[str, ...] = ()
    uses: frozenset[tuple[str, str]] = frozenset()


def parse_filter(text: str, *, named: Callable[[str], str] = str) -> Filter:
    """The filter that *text* is. Raises ValueError where it is none.

    *named* gives the path of a property as the rows have it, for the path as the caller wrote it.
    """
    parser = _Parser(text, named)
    holds = parser.either()
    parser.end()
    return Filter(
        holds=holds,
        operators=frozenset(parser.operators),
        properties=tuple(dict.fromkeys(parser.properties)),
        uses=frozenset(parser.uses),
    )


class _Parser:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, text: str, named: Callable[[str], str]) -> None:
        self.operators: set[str] = set()
        self.properties: list[str] = []
        self.uses: set[tuple[str, str]] = set()
        self._named = named
        self._tokens = _tokens(text)
        self._at = 0
        self._variable = ""

    def either(self) -> Claim:
        claims = [self._both()]
        while self._accept("or"):
            claims.append(self._both())
        return claims[0] if len(claims) == 1 else lambda row: any(claim(row) for claim in claims)

    def end(self) -> None:
        if self._at != len(self._tokens):
            raise ValueError(f"unexpected {self._tokens[self._at]!r} in the filter")

    def _both(self) -> Claim:
        claims = [self._one()]
        while self._accept("and"):
            claims.append(self._one())
        return claims[0] if len(claims) == 1 else lambda row: all(claim(row) for claim in claims)

    def _one(self) -> Claim:
        if self._accept("not"):
            self.operators.add("not")
            claim = self._one()
            return lambda row: not claim(row)
        if self._accept("("):
            inner = self.either()
            self._expect(")")
            return inner
        word = self._next()
        if word.lower() in _FUNCTIONS and self._peek() == "(":
            return self._function(word.lower())
        if word.lower().endswith(("/any", "/all")) and self._peek() == "(":
            return self._lambda(word)
        return self._comparison(self._operand(word))

    def _function(self, name: str) -> Claim:
        self.operators.add(name)
        self._expect("(")
        left = self._operand(self._next())
        self.uses.add((self._about(), name))
        self._expect(",")
        right = self._operand(self._next())
        self._expect(")")
        test = _FUNCTIONS[name]
        return lambda row: test(str(left(row) or ""), str(right(row) or ""))

    def _lambda(self, word: str) -> Claim:
        written, _, quantifier = word.rpartition("/")
        path = self._property(written)
        self._expect("(")
        variable, _, rest = self._next().partition(":")
        if rest:
            self._tokens.insert(self._at, rest)
        outer, self._variable = self._variable, variable
        claim = self.either()
        self._variable = outer
        self._expect(")")
        over = any if quantifier.lower() == "any" else all
        return lambda row: over(claim({variable: entry}) for entry in _follow(row, path) or ())

    def _comparison(self, left: Operand) -> Claim:
        operator = self._next().lower()
        self.operators.add(operator)
        self.uses.add((self._about(), operator))
        if operator == "in":
            return self._membership(left)
        if operator not in _COMPARISONS:
            raise ValueError(f"an operator is expected, not {operator!r}")
        right, compare = self._operand(self._next()), _COMPARISONS[operator]
        return lambda row: compare(left(row), right(row))

    def _membership(self, left: Operand) -> Claim:
        self._expect("(")
        choices = [self._operand(self._next())]
        while self._accept(","):
            choices.append(self._operand(self._next()))
        self._expect(")")
        return lambda row: left(row) in [choice(row) for choice in choices]

    def _operand(self, word: str) -> Operand:
        if word.startswith("'"):
            text = _comparable(word[1:-1].replace("''", "'"))
            return lambda _: text
        if word.lower() in _WORDS:
            value = _WORDS[word.lower()]
            return lambda _: value
        if re.fullmatch(r"-?\d+(\.\d+)?", word):
            number = float(word)
            return lambda _: number
        if _GUID.match(word):
            guid = word.casefold()
            return lambda _: guid
        if _TIME.match(word):
            time = _comparable(word)
            return lambda _: time
        path = self._property(word)
        return lambda row: _comparable(_follow(row, path))

    def _about(self) -> str:
        """The property that was named last; inside a lambda the one that it goes through."""
        return self.properties[-1] if self.properties else ""

    def _property(self, word: str) -> str:
        if self._variable and word.partition("/")[0] == self._variable:
            return word
        path = self._named(word)
        self.properties.append(path)
        return path

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        if not token:
            raise ValueError("the filter ends too early")
        self._at += 1
        return token

    def _accept(self, token: str) -> bool:
        found = self._peek().lower() == token
        self._at += found
        return found

    def _expect(self, token: str) -> None:
        if not self._accept(token):
            raise ValueError(f"{token!r} is expected in the filter")


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"{text[at : at + 20]!r} is no part of a filter")
        found.append(match.group("text") or match.group("word") or match.group("mark"))
        at = match.end()
    return found


def _follow(row: object, path: str) -> Any:  # noqa: ANN401 (whatever the row holds)
    for name in path.split("/"):
        if name == "$count" and isinstance(row, list | tuple):
            return len(row)
        if not isinstance(row, Mapping):
            return None
        row = row.get(name)
    return row


def _comparable(value: Any) -> Any:  # noqa: ANN401 (whatever the row holds)
    if isinstance(value, bool) or not isinstance(value, str):
        return value
    if _TIME.match(value):
        try:
            time = datetime.fromisoformat(value)
        except ValueError:
            return value.casefold()
        return time if time.tzinfo else time.replace(tzinfo=UTC)
    return value.casefold()


def _ordered(left: object, right: object) -> bool:
    numbers = (int, float)
    return type(left) is type(right) or (isinstance(left, numbers) and isinstance(right, numbers))
