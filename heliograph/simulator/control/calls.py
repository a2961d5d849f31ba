"""From a call of the control API to a function and back: one clear error for each bad call."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from types import UnionType
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from heliograph.simulator.refusals import Refused

ROOT = "/_simulator"

T = TypeVar("T")
Told = Mapping[str, Any]
Doing = Callable[[T], Told] | Callable[[T], Awaitable[Told]]


def reading(name: str, type_: type[T], do: Doing[T]) -> Route:
    """A GET whose query says what *do* is asked."""

    async def endpoint(request: Request) -> Response:
        query = dict(request.query_params)
        return await _answered(lambda: msgspec.convert(query, type_, strict=False), do)

    return Route(f"{ROOT}/{name}", endpoint, methods=["GET"])


def wishing(name: str, type_: type[T] | UnionType, do: Doing[T], *, method: str = "POST") -> Route:
    """A call whose JSON body says what *do* is asked."""

    async def endpoint(request: Request) -> Response:
        if is_foreign(request):
            return fault(403, "Forbidden", "This call comes from another site.")
        body = await request.body() or b"{}"
        return await _answered(lambda: msgspec.json.decode(body, type=type_), do)

    return Route(f"{ROOT}/{name}", endpoint, methods=[method])


def is_foreign(request: Request) -> bool:
    """Whether a page of another site has a browser send this."""
    return request.headers.get("sec-fetch-site", "none") == "cross-site"


async def _answered(understand: Callable[[], T], do: Doing[T]) -> Response:
    try:
        told = do(understand())
        return JSONResponse(await told if inspect.isawaitable(told) else told)
    except Refused as refused:
        return fault(refused.status, refused.code, refused.message)
    except LookupError as error:
        return fault(404, "NotFound", str(error.args[0]))
    except (ValueError, TypeError) as error:
        return fault(400, "BadRequest", str(error))


def fault(status: int, code: str, message: str) -> Response:
    """An error in the form of Graph's own."""
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status)
