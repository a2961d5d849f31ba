"""Answers that are put in the place of real ones, on demand: throttling, outages, slowness."""

import asyncio
from typing import Annotated

import msgspec

from heliograph.simulator.refusals import Refused

_CODES = {
    400: ("BadRequest", "The request is invalid."),
    401: ("InvalidAuthenticationToken", "Access token has expired or is not yet valid."),
    403: ("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    404: ("Request_ResourceNotFound", "The resource does not exist."),
    429: ("TooManyRequests", "Please retry again later."),
    500: ("InternalServerError", "An internal server error occurred."),
    503: ("ServiceUnavailable", "The service is temporarily unavailable. Please retry."),
    504: ("GatewayTimeout", "The gateway did not receive a response in time."),
    509: ("activityLimitReached", "The app or user has been throttled."),
}


class Fault(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What happens to *times* calls whose path contains *path*, without case, and whose method is
    *method* (empty: any): they wait for *delay* seconds of real time, and are refused with
    *status*; 200 only delays. *retry_after* is sent as it is, null: not at all.
    """

    status: Annotated[int, msgspec.Meta(ge=200, le=599)] = 503
    times: Annotated[int, msgspec.Meta(ge=1)] = 1
    path: str = ""
    method: str = ""
    retry_after: str | int | float | None = None
    delay: Annotated[float, msgspec.Meta(ge=0, le=600)] = 0.0
    code: str = ""
    message: str = ""

    def __post_init__(self) -> None:
        if self.status < 400 and not (self.status == 200 and self.delay):
            raise ValueError(
                "status: expected 400 to 599, or 200 together with a delay, got"
                f" {self.status} and {self.delay:g}"
            )

    def meets(self, method: str, path: str) -> bool:
        """Whether a call is one of those that are meant."""
        return self.path.lower() in path.lower() and self.method.upper() in {"", method}

    def refusal(self) -> Refused:
        """What the caller gets."""
        code, text = _CODES.get(self.status, ("generalException", "General exception."))
        headers = {} if self.retry_after is None else {"retry-after": str(self.retry_after)}
        return Refused(self.status, self.code or code, self.message or text, headers=headers)


class Faults:
    """The faults that wait for their calls."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Have *fault* wait."""
        self.waiting.append(fault)

    def clear(self) -> None:
        """Forget all that wait."""
        self.waiting.clear()

    async def meet(self, method: str, path: str) -> None:
        """Delay or refuse the call where a fault waits for it."""
        fault = next((one for one in self.waiting if one.meets(method, path)), None)
        if fault is None:
            return
        fault.times -= 1
        if fault.times == 0:
            self.waiting.remove(fault)
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.status >= 400:
            raise fault.refusal()
