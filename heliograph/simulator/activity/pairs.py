"""Pairs as a person writes them: `NAME=VALUE` for texts, `NAME:=JSON` for all else.

The form is that of HTTPie.
"""

from typing import Any

import msgspec

Pair = tuple[str, Any]


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
