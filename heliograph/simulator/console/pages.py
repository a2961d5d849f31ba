"""The page, its live part, its forms and its files.

The forms work without a script, and post to the same functions as the control API.
"""

import secrets
from collections.abc import Mapping
from hashlib import blake2b
from importlib.resources import files
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from heliograph.simulator.activity.pairs import pair
from heliograph.simulator.console import views
from heliograph.simulator.control import Control
from heliograph.simulator.control.calls import ROOT, is_foreign
from heliograph.simulator.control.wishes import ClockWish, LifecycleWish, Nothing, Scene
from heliograph.simulator.faults import Fault
from heliograph.simulator.refusals import Refused
from heliograph.simulator.world import World

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

T = TypeVar("T")
Form = Mapping[str, str]
Said = tuple[str, bool]
"""What came of a form, and whether that is good."""


class Console:
    """The page of one world."""

    def __init__(self, world: World, control: Control) -> None:
        self._world = world
        self._control = control
        self._said: dict[str, Said] = {}
        self._templates = Environment(
            loader=PackageLoader("heliograph.simulator.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._files = {
            file.name: file.read_bytes()
            for file in (files("heliograph.simulator.console") / "static").iterdir()
        }

    def routes(self) -> list[Route]:
        """What is served."""
        return [
            Route("/", _to_the_page),
            Route(ROOT, _to_the_page),
            Route(f"{ROOT}/", self.page),
            Route(f"{ROOT}/live", self.live),
            Route(f"{ROOT}/static/{{name}}", self.file),
            Route(f"{ROOT}/forms/{{name}}", self.form, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """The whole page; `said` in the query names a message, which is shown once."""
        said = self._said.pop(request.query_params.get("said", ""), None)
        parts = {**views.choices(self._world), **views.live(self._world), "said": said}
        return HTMLResponse(self._rendered("page.html", parts), headers=_HEADERS)

    async def live(self, request: Request) -> Response:
        """The part of the page that changes; 304 where it has not."""
        text = self._rendered("live.html", views.live(self._world))
        mark = f'"{blake2b(text.encode(), digest_size=12).hexdigest()}"'
        if request.headers.get("if-none-match") == mark:
            return Response(status_code=304, headers={"etag": mark})
        return HTMLResponse(text, headers={**_HEADERS, "etag": mark})

    async def file(self, request: Request) -> Response:
        """A style sheet, a script, a picture."""
        name = request.path_params["name"]
        if name not in self._files:
            return Response(status_code=404)
        type_ = next(type_ for end, type_ in _TYPES.items() if name.endswith(end))
        return Response(self._files[name], media_type=type_, headers=_HEADERS)

    async def form(self, request: Request) -> Response:
        """Do what a form asks for. A script gets what is to be said, others see the page again."""
        if is_foreign(request):
            return Response("This form belongs to another page.", status_code=403)
        body = (await request.body()).decode("utf-8", "replace")
        form = {name: value.strip() for name, value in parse_qsl(body)}
        text, is_good = await self._done(request.path_params["name"], form)
        if request.headers.get("accept") == "text/plain":
            return Response(text, 200 if is_good else 400, media_type="text/plain")
        name = secrets.token_hex(8)
        self._said[name] = (text, is_good)
        return RedirectResponse(f"{ROOT}/?said={name}", status_code=303)

    async def _done(self, name: str, form: Form) -> Said:
        act = {
            "activity": self._happen,
            "clock": self._advance,
            "lifecycle": self._tell,
            "faults": self._refuse,
            "no-faults": self._forgive,
        }.get(name)
        if act is None:
            return f"There is no form {name}.", False
        try:
            return await act({key: value for key, value in form.items() if value}), True
        except Refused as refused:
            return f"{refused.code}: {refused.message}", False
        except (LookupError, ValueError, TypeError) as error:
            return str(error), False

    async def _happen(self, form: Form) -> str:
        given = {name[4:]: value for name, value in form.items() if name.startswith("set.")}
        given |= dict(pair(line) for line in form.get("more", "").splitlines() if line.strip())
        known = {name: form[name] for name in ("event", "user", "group", "item") if name in form}
        happened = await self._control.perform(msgspec.convert({**known, "set": given}, Scene))
        name = happened.get("userPrincipalName") or happened.get("displayName") or happened["id"]
        count = happened["notifications"]["count"]
        told = f"notifications on their way: {count}" if count else "nobody is subscribed to that"
        return f"{happened['event']}: {name}; {told}"

    async def _advance(self, form: Form) -> str:
        told = self._control.advance(_understood(form, ClockWish))
        return f"It is {told['time']} now."

    async def _tell(self, form: Form) -> str:
        wish = _understood(form, LifecycleWish)
        self._control.tell(wish)
        return f"{wish.event} is told."

    async def _refuse(self, form: Form) -> str:
        fault = _understood(form, Fault)
        self._control.add_fault(fault)
        return f"The next {fault.times} such calls are answered with {fault.status}."

    async def _forgive(self, _: Form) -> str:
        self._control.clear_faults(Nothing())
        return "No more faults."

    def _rendered(self, template: str, parts: Mapping[str, Any]) -> str:
        return self._templates.get_template(template).render(parts)


def _understood(form: Form, type_: type[T]) -> T:
    return msgspec.convert(dict(form), type_, strict=False)


async def _to_the_page(_: Request) -> Response:
    return RedirectResponse(f"{ROOT}/", status_code=307)
