"""Graph's question whether this address is ours: the token in the query, echoed as plain text.

Answered from memory, before everything else, at any time (change-notifications.md, 3).
"""

import re
from urllib.parse import parse_qsl

from listener.answers import MALFORMED, Answer, plain

MAX_BYTES = 2_048

_NAME = "validationToken"
# Graph never sends markup or controls; an echo that holds them serves somebody else (threat S12).
_unsafe = re.compile(r"[<>\x00-\x1f\x7f-\x9f\u2028\u2029]").search


def is_asked(query: bytes) -> bool:
    """True where the *query* of a POST holds a validation token."""
    return _NAME.encode() + b"=" in query


def answer(query: bytes) -> Answer:
    """The token in *query*, decoded once, as the whole body; or a refusal."""
    token = _token(query)
    if token is None or _unsafe(token) or len(token.encode()) > MAX_BYTES:
        return MALFORMED
    return plain(200, token)


def _token(query: bytes) -> str | None:
    if len(query) > 4 * MAX_BYTES:
        return None
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=32
        )
    except ValueError:
        return None
    tokens = [value for name, value in pairs if name == _NAME]
    return tokens[0] if len(tokens) == 1 and tokens[0] else None
