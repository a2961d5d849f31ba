"""What the keeper says in the log: each trouble once, loudly when it is there to stay, and its end.

Many resources that are kept by one thing are one line, with their number.
"""

from collections.abc import Iterable

import structlog

from heliograph.keeping.troubles import Trouble

LOUD_AFTER = 4
"""Failed rounds in a row, a second or two: until then the listener may still be starting."""

EACH_OF = 20
"""So many conflicts are told one by one, as each needs a decision of its own."""

log = structlog.get_logger()

_Key = tuple[str, str]


class Reports:
    """What was told of one tenant's troubles."""

    def __init__(self) -> None:
        self._told: set[_Key] = set()

    def tell(self, troubles: Iterable[Trouble], *, failed: int) -> None:
        """Tells what is new in *troubles*, after *failed* rounds in a row, and what is over."""
        found: dict[_Key, list[Trouble]] = {}
        for trouble in troubles:
            found.setdefault(_key(trouble, found), []).append(trouble)
        for key, alike in found.items():
            first = alike[0]
            if first.is_hasty and failed < LOUD_AFTER:
                log.info("keeper.trying_again", said=first.said, resources=len(alike))
            elif key not in self._told:
                self._told.add(key)
                fields = {"resource": first.resource, "resources": len(alike), "said": first.said}
                log.error(first.event, check=first.check, **fields)
        for key in self._told - found.keys():
            self._told.discard(key)
            log.info("keeper.recovered", after=key[0], resource=key[1])


def _key(trouble: Trouble, found: dict[_Key, list[Trouble]]) -> _Key:
    """Under what *trouble* is told."""
    if trouble.event == "keeper.conflict" and len(found) < EACH_OF:
        return trouble.event, trouble.resource
    return trouble.event, ""
