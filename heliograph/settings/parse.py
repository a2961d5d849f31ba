"""From what stands in TOML, or as a text in the environment, to one typed value.

A parser takes the raw value and returns the typed one, or raises Expected with the sentence that
says what would have been right. No parser reads a file but those that promise that it is there.
"""

import base64
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
Parser = Callable[[object], T]

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SHOWN = 80


class Expected(Exception):
    """The raw value is not of the form; the message says which form was expected."""


def shown(value: object) -> str:
    """*value* as a fault may show it: on one line, without control characters, cut."""
    text = json.dumps(value, ensure_ascii=True, default=str)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def text(value: object) -> str:
    """Any text but an empty one."""
    if not isinstance(value, str) or not value.strip():
        raise Expected("a text")
    return value.strip()


def matching(pattern: str, expectation: str) -> Parser[str]:
    """A text that *pattern* matches whole."""
    compiled = re.compile(pattern)

    def parse(value: object) -> str:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise Expected(expectation)
        return value

    return parse


def choice(*words: str) -> Parser[str]:
    """One of *words*, in any case."""

    def parse(value: object) -> str:
        if not isinstance(value, str) or value.lower() not in words:
            raise Expected("one of " + ", ".join(words))
        return value.lower()

    return parse


def guid(value: object) -> str:
    """A GUID in lower case."""
    if not isinstance(value, str) or not _GUID.fullmatch(value.lower()):
        raise Expected("a GUID like 00000000-0000-0000-0000-000000000000")
    return value.lower()


def whole(low: int, high: int) -> Parser[int]:
    """A whole number of the range, both ends included."""

    def parse(value: object) -> int:
        number = (
            int(value) if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value) else value
        )
        if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
            raise Expected(f"a whole number from {low} to {high}")
        return number

    return parse


def flag(value: object) -> bool:
    """True or false."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise Expected("true or false")


def duration(low: timedelta, high: timedelta) -> Parser[timedelta]:
    """A span like `90s`, `15m`, `1h30m`, `7d` of the range, both ends included."""
    expectation = f"a duration like 90s, 15m or 7d, from {in_words(low)} to {in_words(high)}"

    def parse(value: object) -> timedelta:
        if not isinstance(value, str) or _DURATION.sub("", value) or not value:
            raise Expected(expectation)
        found = _DURATION.findall(value)
        # Ten digits are three centuries in seconds: longer ones overflow and mean nothing.
        if any(len(number) > 10 for number, _ in found):
            raise Expected(expectation)
        span = timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in found))
        if not low <= span <= high:
            raise Expected(expectation)
        return span

    return parse


def in_words(span: timedelta) -> str:
    """*span* as it is written in settings: `90s`, `15m`, `7d`."""
    seconds = span.total_seconds()
    for unit in ("d", "h", "m", "s"):
        if seconds >= _UNITS[unit] and seconds % _UNITS[unit] == 0:
            return f"{seconds / _UNITS[unit]:.0f}{unit}"
    return f"{seconds:g}s"


def texts(value: object) -> tuple[str, ...]:
    """A list of texts; from the environment a JSON list, or parts between commas."""
    if isinstance(value, str):
        value = _split(value)
    if not isinstance(value, list) or not all(isinstance(part, str) and part for part in value):
        raise Expected("a list of texts")
    return tuple(value)


def _split(value: str) -> object:
    if not value.lstrip().startswith("["):
        return [part.strip() for part in value.split(",") if part.strip()]
    try:
        return json.loads(value)
    except ValueError:
        return None


def https(value: object) -> str:
    """An https URL without query, or nothing; a slash at its end is taken off."""
    expectation = "an address like https://host or https://host/prefix"
    if value == "":
        return ""
    if not isinstance(value, str):
        raise Expected(expectation)
    try:
        parts = urlsplit(value)
        sound = parts.scheme == "https" and parts.hostname and parts.port != 0
    except ValueError as error:
        raise Expected(expectation) from error
    if not sound or parts.query or parts.fragment or "@" in parts.netloc or re.search(r"\s", value):
        raise Expected(expectation)
    return value.rstrip("/")


def file_in(directory: Path) -> Parser[Path | None]:
    """The path of a file that exists; relative ones are below *directory*."""

    def parse(value: object) -> Path:
        path = directory / text(value)
        if not path.is_file():
            raise Expected("the path of a file that exists")
        return path

    return parse


def root_secret(value: str) -> None:
    """Check that *value* is 32 bytes as base64, without ever showing it."""
    try:
        size = len(base64.b64decode(value, validate=True))
    except ValueError as error:  # of base64, or of a text that is not even ASCII
        raise Expected("32 random bytes as base64, as `heliograph init` writes them") from error
    if size != 32:
        raise Expected(f"32 random bytes as base64, not {size} bytes")
