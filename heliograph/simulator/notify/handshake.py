"""The proof that an endpoint wants notifications (change-notifications.md, 3)."""

import asyncio
import random
import re
import uuid
from collections import deque
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote, quote_plus

import httpx

from heliograph.simulator.notify.deliveries import Attempt
from heliograph.simulator.notify.receivers import TEXT, Receivers
from heliograph.simulator.options import Options
from heliograph.simulator.refusals import Refused, invalid
from heliograph.simulator.switches import Switches

REMEMBERED = 1_000

_SENTENCE = "Validation: Testing client application reachability for subscription Request-Id: {}"
_LONGEST_ECHO = 8_192
_ESCAPE = re.compile("%[0-9A-F]{2}")
_WRITINGS = ("%20", "+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One endpoint that was asked, and what is wrong with its answer, if anything is."""

    url: str
    attempt: Attempt
    fault: str = ""


class Handshake:
    """Asks endpoints to echo a sentence, and remembers how they answered."""

    def __init__(self, receivers: Receivers, *, options: Options, switches: Switches) -> None:
        self.asked: deque[Asked] = deque(maxlen=REMEMBERED)
        self._receivers = receivers
        self._timeout = options.handshake_timeout
        self._switches = switches
        self._random = random.Random(f"{options.seed}/handshake")  # noqa: S311 (repeatable, guards nothing)

    async def check(self, *urls: str | None) -> None:
        """Ask each of *urls*, all at once. Refused when one does not answer as it must."""
        faults = await asyncio.gather(*(self._ask(url) for url in urls if url))
        for fault in faults:
            if fault is not None:
                raise fault

    async def _ask(self, url: str) -> Refused | None:
        token = _SENTENCE.format(uuid.uuid4())
        joint = "&" if "?" in url else "?"
        attempt, answer = await self._receivers.post(
            f"{url}{joint}validationToken={self._written(token)}",
            b"",
            headers=TEXT,
            within=self._timeout,
        )
        fault = _unanswered(attempt) if answer is None else _wrong(answer, token)
        self.asked.append(Asked(url=url, attempt=attempt, fault=fault.message if fault else ""))
        return fault

    def _written(self, token: str) -> str:
        spaces: str = self._switches.handshake_spaces
        if spaces == "both":
            spaces = self._random.choice(_WRITINGS)
        # The one recorded handshake had `+` for spaces, and its escapes in lower case.
        return _lowered(quote_plus(token)) if spaces == "+" else quote(token, safe="")


def _lowered(text: str) -> str:
    return _ESCAPE.sub(lambda found: found[0].lower(), text)


def _unanswered(attempt: Attempt) -> Refused:
    if attempt.error.startswith("no answer"):
        return invalid("Subscription validation request timed out.")
    return invalid("The underlying connection was closed: An unexpected error occurred on a send.")


def _wrong(answer: httpx.Response, token: str) -> Refused | None:
    wanted = "Notification endpoint must respond with 200 OK to validation request."
    if answer.status_code != 200:
        return _failed(f"HTTP status code is '{_word(answer.status_code)}'. {wanted}")
    type_ = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if type_ != "text/plain" or answer.content[:_LONGEST_ECHO] != token.encode():
        return _failed(wanted)
    return None


def _word(status: int) -> str:
    """The name of a status, as .NET writes it."""
    try:
        return HTTPStatus(status).phrase.replace(" ", "")
    except ValueError:
        return str(status)


def _failed(text: str) -> Refused:
    return Refused(400, "ValidationError", f"Subscription validation request failed. {text}")
