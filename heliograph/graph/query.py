"""The options of a collection call: `$select`, `$filter` and their like, and the header they need.

Pure. https://learn.microsoft.com/graph/aad-advanced-queries
"""

import re
from collections.abc import Iterable, Sequence

import msgspec

_PLAIN_FILTER = re.compile(r"\s*[\w/]+\s+eq\s+('(?:[^']|'')*'|[\w.:-]+)\s*", re.IGNORECASE)


def properties_of(type_: type[msgspec.Struct], *, without: Iterable[str] = ()) -> tuple[str, ...]:
    """What to select in order to fill *type_*: its properties by Graph's names, but *without*."""
    names = (field.encode_name for field in msgspec.structs.fields(type_))
    return tuple(name for name in names if "@odata." not in name and name not in without)


def options(
    *,
    select: Sequence[str] = (),
    where: str = "",
    search: str = "",
    order_by: str = "",
    top: int = 0,
) -> dict[str, str]:
    """The query parameters for what is given; what is empty is left out."""
    given = {
        "$select": ",".join(select),
        "$filter": where,
        "$search": search,
        "$orderby": order_by,
        "$top": str(top) if top else "",
    }
    return {name: value for name, value in given.items() if value}


def directory(params: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Parameters and headers of a directory call that has *params*.

    Whatever is more than a single `eq` is asked as an advanced query, which covers all of them;
    the plain one is left to the directory's own copy, as the index of the other lags behind.
    """
    if not _is_advanced(params):
        return params, {}
    return {**params, "$count": "true"}, {"consistencylevel": "eventual"}


def _is_advanced(params: dict[str, str]) -> bool:
    where = params.get("$filter", "")
    if "$search" in params or (where and "$orderby" in params):
        return True
    return bool(where) and _PLAIN_FILTER.fullmatch(where) is None
