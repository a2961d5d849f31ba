"""`$search` on messages: words, phrases and `property:words`, joined by AND, OR and NOT.

The newest in the order of sending come first, at most 250 (graph-users-api.md, 3.4).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice

from heliograph.simulator.outlook.attachments import attached
from heliograph.simulator.outlook.bodies import as_text
from heliograph.simulator.outlook.people import shown
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row

MOST = 250

Claim = Callable[[Row], bool]

_TERM = re.compile(r"\s*(?:(?P<name>\w+)(?P<sign>:|>=|<=|>|<|=))?(?P<text>\"[^\"]*\"|[^\s()]+)")
_FROM, _TO = ("from", "sender"), ("toRecipients",)
_CC, _BCC = ("ccRecipients",), ("bccRecipients",)


def search(text: str, rows: Iterable[tuple[str, Row]]) -> list[tuple[str, Row]]:
    """The rows that meet *text*, those sent last first."""
    holds = parsed(text)
    found = sorted(
        (entry for entry in rows if holds(entry[1])),
        key=lambda entry: str(entry[1]["sentDateTime"]),
        reverse=True,
    )
    return list(islice(found, MOST))


def parsed(text: str) -> Claim:
    """The claim that *text* makes. All of it may stand in quotes."""
    bare = text.strip()
    if len(bare) > 1 and bare.startswith('"') and bare.endswith('"'):
        bare = bare[1:-1].replace('\\"', '"')
    if not bare.strip():
        raise Refused(400, "BadRequest", "The search query is expected to hold a word.")
    alternatives: list[list[Claim]] = [[]]
    negated = False
    for match in _TERM.finditer(bare):
        word = match["text"]
        if match["name"] is None and word in {"AND", "OR", "NOT"}:
            if word == "OR":
                alternatives.append([])
            negated = negated or word == "NOT"
            continue
        claim = _claim(match["name"], match["sign"] or ":", word.strip('"'))
        alternatives[-1].append(_not(claim) if negated else claim)
        negated = False
    return lambda row: any(all(claim(row) for claim in claims) for claims in alternatives)


def _not(claim: Claim) -> Claim:
    return lambda row: not claim(row)


def _claim(name: str | None, sign: str, text: str) -> Claim:
    if name is None:
        return _holding(_anything, text)
    known = name.lower()
    if known in _TEXTS:
        return _holding(_TEXTS[known], text)
    if known in _TIMES:
        return _in_time(_TIMES[known], sign, text)
    if known in {"hasattachment", "hasattachments"}:
        return lambda row: bool(row["hasAttachments"]) == (text.lower() == "true")
    return _holding(_anything, f"{name}{sign}{text}")


def _holding(told: Callable[[Row], str], text: str) -> Claim:
    pattern = re.compile(rf"(?<!\w){re.escape(text.rstrip('*'))}", re.IGNORECASE)
    return lambda row: pattern.search(told(row)) is not None


def _in_time(name: str, sign: str, text: str) -> Claim:
    first, dots, last = text.partition("..")

    def holds(row: Row) -> bool:
        day = str(row[name])[: len(first)]
        if dots:
            return first <= day <= last
        return _SIGNS[sign](day, first)

    return holds


def _people(*names: str) -> Callable[[Row], str]:
    return lambda row: "\n".join(shown(row, *names))


def _attached(row: Row) -> str:
    return "\n".join(str(each["name"]) for each in attached(row))


def _anything(row: Row) -> str:
    parts = ("subject", "body", "participants", "attachment")
    return "\n".join(_TEXTS[name](row) for name in parts)


_TEXTS: Mapping[str, Callable[[Row], str]] = {
    "subject": lambda row: str(row["subject"] or ""),
    "body": lambda row: as_text(row["body"]),
    "from": _people(*_FROM),
    "to": _people(*_TO),
    "cc": _people(*_CC),
    "bcc": _people(*_BCC),
    "recipients": _people(*_TO, *_CC, *_BCC),
    "participants": _people(*_FROM, *_TO, *_CC, *_BCC),
    "attachment": _attached,
    "importance": lambda row: str(row["importance"]),
}
_TIMES = {"received": "receivedDateTime", "sent": "sentDateTime"}
_SIGNS: Mapping[str, Callable[[str, str], bool]] = {
    ":": str.__eq__,
    "=": str.__eq__,
    ">": str.__gt__,
    ">=": str.__ge__,
    "<": str.__lt__,
    "<=": str.__le__,
}
