"""Pairs that a user types: `NAME=VALUE` for texts, `NAME:=JSON` for all else.

The form is that of HTTPie.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from cyclopts import Token

Pair = tuple[str, Any]


def pairs(_: object, tokens: Sequence[Token]) -> tuple[Pair, ...]:
    """The pairs of an option that may be repeated."""
    return tuple(pair(token.value) for token in tokens)


def pair(text: str) -> Pair:
    """The name and value in *text*. Raises ValueError for what is no pair."""
    name, equals, value = text.partition("=")
    if not equals or not name.removesuffix(":"):
        raise ValueError(f"expected NAME=VALUE or NAME:=JSON, got {text!r}")
    if not name.endswith(":"):
        return name, value
    try:
        return name[:-1], msgspec.json.decode(value)
    except msgspec.DecodeError as error:
        raise ValueError(f"{name[:-1]}: expected JSON after :=, got {value!r}: {error}") from error
