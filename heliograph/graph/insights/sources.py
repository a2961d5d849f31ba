"""A question that several sources can answer: they are asked in order, until one has something.

For what Graph offers in more than one place, none of which is sure to last.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from heliograph.errors import Forbidden, Gone, GraphError, Invalid, NotFound, NotPermitted

T = TypeVar("T")

Ask = Callable[[], Awaitable[Sequence[T]]]

_SHUT = (Forbidden, NotFound, Gone, Invalid)  # a source that is away for now is waited for instead


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings(Generic[T]):
    """What was found, and where. *passed_over* are the sources asked before, and why not they."""

    source: str
    items: Sequence[T] = field(repr=False)
    passed_over: Mapping[str, str] = field(default_factory=dict)


async def first_of(sources: Mapping[str, Ask[T]], order: Sequence[str]) -> Findings[T]:
    """The findings of the first of *sources*, in that *order*, that has any.

    Empty ones where none has, but one has answered. Where all are shut it raises the reason of
    the first that was asked at all, with the others in its notes.
    """
    if unknown := [name for name in order if name not in sources]:
        raise Invalid(f"sources out of {', '.join(sources)} are expected, not {unknown[0]}")
    passed: dict[str, str] = {}
    errors: list[GraphError] = []
    empty = ""
    for name in order:
        try:
            items = await sources[name]()
        except _SHUT as error:
            errors.append(error)
            passed[name] = str(error)
            continue
        if items:
            return Findings(source=name, items=items, passed_over=passed)
        empty = empty or name
        passed[name] = "it has nothing"
    if empty:
        del passed[empty]
        return Findings(source=empty, items=(), passed_over=passed)
    raise _reason(errors, passed)


def _reason(errors: Sequence[GraphError], passed: Mapping[str, str]) -> GraphError:
    chosen = next((error for error in errors if not isinstance(error, NotPermitted)), errors[0])
    for name, why in passed.items():
        chosen.add_note(f"{name}: {why}")
    return chosen
