"""The options of a collection call: `$select`, `$filter` and their like, and the header they need.

Pure. https://learn.microsoft.com/graph/aad-advanced-queries
"""

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from heliograph.graph.transport import Request

EVENTUAL = {"consistencylevel": "eventual"}
"""Asks the index of the directory instead of its own copy: it knows more and lags behind."""

_PLAIN_ORDER = frozenset({"", "displayName", "userPrincipalName"})
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


def in_directory(
    path: str, params: Mapping[str, str], *, permission: str, is_cast: bool = False
) -> Request:
    """A GET of directory objects at *path*, with what an advanced query needs where it is one.

    Whatever is more than a single `eq` is asked as an advanced query, which covers all of them;
    the plain one is left to the directory's own copy, as the index of the other lags behind.
    *is_cast* says that *path* ends with a type, which makes any option an advanced one.
    """
    headers: Mapping[str, str] = {}
    if _is_advanced(params) or (is_cast and params):
        params, headers = {**params, "$count": "true"}, EVENTUAL
    return Request(method="GET", path=path, params=params, headers=headers, permission=permission)


def _is_advanced(params: Mapping[str, str]) -> bool:
    where, order = params.get("$filter", ""), params.get("$orderby", "")
    if "$search" in params or (where and order) or order not in _PLAIN_ORDER:
        return True
    return bool(where) and _PLAIN_FILTER.fullmatch(where) is None
