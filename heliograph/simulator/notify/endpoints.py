"""How an endpoint is treated that answers late too often (change-notifications.md, 4.5).

Pure but for its own record: the times are handed in. Kept by scheme, host, port and path.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

SLOW_SHARE = 0.10
"""More first attempts than this without an answer in time: what is new waits."""
DROP_SHARE = 0.15
"""More repeated attempts than this without an answer in time: everything is dropped."""
WINDOW = timedelta(minutes=10)
FEW = 5
"""So many answers decide after a penalty has ended; before that it takes the full number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    at: datetime
    is_late: bool
    is_first: bool


@dataclass(slots=True, kw_only=True)
class Endpoint:
    """The record of one endpoint. *enough* answers are needed before it is judged."""

    enough: int
    penalty: timedelta
    state: str = "normal"
    until: datetime | None = None
    _answers: deque[_Answer] = field(default_factory=deque)

    def now(self, time: datetime) -> str:
        """Normal, slow or drop, as of *time*. A penalty ends by itself; then few answers decide."""
        if self.until is not None and time >= self.until:
            self.state, self.until = "normal", None
            self.enough = min(self.enough, FEW)
            self._answers.clear()
        return self.state

    def record(self, time: datetime, *, is_late: bool, is_first: bool) -> None:
        """Enter an answer, or its absence, and judge anew."""
        self.now(time)
        self._answers.append(_Answer(at=time, is_late=is_late, is_first=is_first))
        while self._answers[0].at < time - WINDOW:
            self._answers.popleft()
        if self._share(is_first=False) > DROP_SHARE:
            self._enter("drop", time)
        elif self.state == "normal" and self._share(is_first=True) > SLOW_SHARE:
            self._enter("slow", time)

    def _enter(self, state: str, time: datetime) -> None:
        if self.state != state:
            self.state, self.until = state, time + self.penalty

    def _share(self, *, is_first: bool) -> float:
        found = [answer for answer in self._answers if answer.is_first == is_first]
        late = sum(answer.is_late for answer in found)
        return late / len(found) if len(found) >= self.enough else 0.0


def place(url: str) -> str:
    """What an endpoint is known by: its address without the query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path}"
