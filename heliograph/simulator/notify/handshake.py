"""The proof that an endpoint wants notifications (change-notifications.md, 3)."""

import asyncio
import random
import uuid
from http import HTTPStatus
from urllib.parse import quote, quote_plus

import httpx

from heliograph.simulator.refusals import Refused, invalid

_SENTENCE = "Validation: Testing client application reachability for subscription Request-Id: {}"
_LONGEST_ECHO = 8_192


class Handshake:
    """Asks endpoints to echo a sentence; spaces are `%20` or `+`, in turn by the seed."""

    def __init__(self, client: httpx.AsyncClient, *, timeout: float, seed: int) -> None:
        self._client = client
        self._timeout = timeout
        self._random = random.Random(f"{seed}/handshake")  # noqa: S311 (repeatable, guards nothing)
        self.count = 0

    async def check(self, *urls: str | None) -> None:
        """Ask each of *urls*, all at once. Refused when one does not answer as it must."""
        answers = await asyncio.gather(
            *(self._ask(url) for url in urls if url), return_exceptions=True
        )
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer

    async def _ask(self, url: str) -> None:
        self.count += 1
        token = _SENTENCE.format(uuid.uuid4())
        written = self._random.choice((lambda text: quote(text, safe=""), quote_plus))(token)
        joint = "&" if "?" in url else "?"
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._client.post(
                    f"{url}{joint}validationToken={written}",
                    headers={"content-type": "text/plain; charset=utf-8"},
                )
        except (TimeoutError, httpx.TimeoutException) as error:
            raise invalid("Subscription validation request timed out.") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise invalid(
                "The underlying connection was closed: An unexpected error occurred on a send."
            ) from error
        _check(answer, token)


def _check(answer: httpx.Response, token: str) -> None:
    wanted = "Notification endpoint must respond with 200 OK to validation request."
    if answer.status_code != 200:
        reason = _word(answer.status_code)
        raise _failed(f"HTTP status code is '{reason}'. {wanted}")
    type_ = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if type_ != "text/plain" or answer.content[:_LONGEST_ECHO] != token.encode():
        raise _failed(wanted)


def _word(status: int) -> str:
    """The name of a status, as .NET writes it."""
    try:
        return HTTPStatus(status).phrase.replace(" ", "")
    except ValueError:
        return str(status)


def _failed(text: str) -> Refused:
    return Refused(400, "ValidationError", f"Subscription validation request failed. {text}")
