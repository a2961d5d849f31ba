"""Answers that are put in the place of real ones, on demand: throttling, outages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heliograph.simulator.refusals import Refused

_CODES = {
    401: ("InvalidAuthenticationToken", "Access token has expired or is not yet valid."),
    403: ("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    429: ("TooManyRequests", "Please retry again later."),
    500: ("InternalServerError", "An internal server error occurred."),
    503: ("ServiceUnavailable", "The service is temporarily unavailable. Please retry."),
    504: ("GatewayTimeout", "The gateway did not receive a response in time."),
    509: ("activityLimitReached", "The app or user has been throttled."),
}


@dataclass(slots=True, kw_only=True)
class Fault:
    """*times* calls whose path contains *path* (without case) and whose method is *method*
    (empty: any) are refused; *retry_after* is sent as it is, None: not at all.
    """

    status: int
    times: int
    path: str = ""
    method: str = ""
    retry_after: str | None = None


class Faults:
    """The faults that wait for their calls."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def add(self, wish: Mapping[str, Any]) -> Fault:
        """Have a fault wait. Raises ValueError for a wish that cannot be understood."""
        after = wish.get("retryAfter")
        fault = Fault(
            status=int(wish.get("status", 503)),
            times=int(wish.get("times", 1)),
            path=str(wish.get("path", "")).lower(),
            method=str(wish.get("method", "")).upper(),
            retry_after=None if after is None else str(after),
        )
        if not 400 <= fault.status <= 599 or fault.times < 1:
            raise ValueError("a status of 400 to 599 and at least one time are expected")
        self.waiting.append(fault)
        return fault

    def clear(self) -> None:
        """Forget all that wait."""
        self.waiting.clear()

    def check(self, method: str, path: str) -> None:
        """Refuse the call where a fault waits for it."""
        for fault in self.waiting:
            if fault.path in path.lower() and fault.method in {"", method}:
                fault.times -= 1
                if fault.times == 0:
                    self.waiting.remove(fault)
                raise _refused(fault)


def _refused(fault: Fault) -> Refused:
    code, text = _CODES.get(fault.status, ("generalException", "General exception."))
    headers = {} if fault.retry_after is None else {"retry-after": fault.retry_after}
    return Refused(fault.status, code, text, headers=headers)
