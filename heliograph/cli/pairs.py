"""Options of the form NAME=VALUE that may be repeated."""

from collections.abc import Sequence

from cyclopts import Token

from heliograph.simulator.activity.pairs import Pair, pair

__all__ = ["Pair", "pair", "pairs"]


def pairs(_: object, tokens: Sequence[Token]) -> tuple[Pair, ...]:
    """The pairs of such an option."""
    return tuple(pair(token.value) for token in tokens)
