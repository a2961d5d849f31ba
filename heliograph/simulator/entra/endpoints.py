"""The addresses of the identity platform, under the tenant's id, its domain, and shared names."""

import uuid
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from heliograph.simulator.entra import documents, pages
from heliograph.simulator.entra.authorize import FrontDoor
from heliograph.simulator.entra.denials import Denied
from heliograph.simulator.entra.forms import Form, form_of, values_of
from heliograph.simulator.entra.grants import Grants
from heliograph.simulator.entra.issuing import Issuer
from heliograph.simulator.world import World

DEVICE_INTERVAL_SECONDS = 5
_UNCACHED = {"cache-control": "no-store, no-cache", "pragma": "no-cache"}

Act = Callable[[Form], Response]


class Entra:
    """The identity platform for one tenant."""

    def __init__(self, world: World, *, origin: str) -> None:
        self._world = world
        self._origin = origin
        self._grants = Grants(world)
        self._door = FrontDoor(world, self._grants)

    def routes(self) -> list[Route]:
        """What is served."""
        found = [Route("/common/discovery/instance", self.instance)]
        for version in ("", "/v2.0"):
            known = f"/{{tenant}}{version}/.well-known/openid-configuration"
            found += [
                Route(known, self._read(self._discovery)),
                Route(f"/{{tenant}}/discovery{version}/keys", self._read(self._keys)),
                self._route(version, "token", self._token, "POST"),
                self._route(version, "devicecode", self._device, "POST"),
                self._route(version, "authorize", self._door.answer, "GET", "POST"),
                self._route(version, "logout", _logout, "GET", "POST"),
            ]
        page = Route("/{tenant}/oauth2/deviceauth", self.device_page, methods=["GET", "POST"])
        return [page, *found, Route("/common/userrealm/{user}", self.realm)]

    def issue(self, lifetime: int) -> str:
        """An access token of the app for *lifetime* seconds."""
        return Issuer(self._world).app_token(lifetime=lifetime)

    async def instance(self, request: Request) -> Response:
        """Whether this is an authority that a library may trust."""
        asked = urlsplit(request.query_params.get("authorization_endpoint", ""))
        name = asked.path.strip("/").partition("/")[0] or "common"
        host = asked.netloc or urlsplit(self._origin).netloc
        return JSONResponse(documents.instance(origin=self._origin, host=host, name=name))

    async def realm(self, request: Request) -> Response:
        """How a user's password is checked: here, by us."""
        name = request.path_params["user"]
        managed = {"account_type": "Managed", "cloud_instance_name": "microsoftonline.com"}
        return JSONResponse(
            {"ver": "1.0", "domain_name": name.partition("@")[2], "login": name, **managed}
        )

    async def device_page(self, request: Request) -> Response:
        """Where a person lets a device in."""
        if request.method == "GET":
            return HTMLResponse(pages.device())
        form = await values_of(request)
        name = "" if form.get("decline") else form.get("user", "")
        try:
            user = self._grants.person(name)["id"] if name else ""
            self._world.logins.decide(form.get("user_code", ""), user=user)
        except (Denied, LookupError) as error:
            return HTMLResponse(pages.device(str(error)), status_code=400)
        return HTMLResponse(pages.device("Done: the device is in." if user else "Declined."))

    def _token(self, form: Form) -> Response:
        return JSONResponse(self._grants.answer(form), headers=_UNCACHED)

    def _device(self, form: Form) -> Response:
        self._grants.check_tenant(form.tenant)
        world = self._world
        world.clients.prove(form, is_public=True)
        scope = form.get("scope") or f"{form['resource'].rstrip('/')}/.default offline_access"
        self._grants.scopes(form, scope)
        code, device = world.logins.device(scope)
        page = f"{self._origin}/common/oauth2/deviceauth"
        return JSONResponse(
            {
                "user_code": device.user_code,
                "device_code": code,
                "verification_uri": page,
                "verification_url": page,
                "expires_in": 900,
                "interval": max(1, round(DEVICE_INTERVAL_SECONDS / world.clock.speed)),
                "message": f"To sign in, use a web browser to open the page {page} and enter the"
                f" code {device.user_code} to authenticate.",
            }
        )

    def _discovery(self, form: Form) -> Response:
        document = documents.discovery(
            self._world.tenant, origin=self._origin, name=form.tenant, is_v1=form.is_v1
        )
        return JSONResponse(document)

    def _keys(self, _: Form) -> Response:
        return JSONResponse({"keys": self._world.keys.published()})

    def _route(self, version: str, name: str, act: Act, *methods: str) -> Route:
        path = f"/{{tenant}}/oauth2{version}/{name}"
        return Route(path, self._answered(act), methods=list(methods))

    def _read(self, act: Act) -> Callable[[Request], Awaitable[Response]]:
        def known(form: Form) -> Response:
            self._grants.check_tenant(form.tenant)
            return act(form)

        return self._answered(known)

    def _answered(self, act: Act) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            ids = {
                "x-ms-request-id": str(uuid.uuid4()),
                "client-request-id": request.headers.get("client-request-id", str(uuid.uuid4())),
            }
            try:
                answer = act(await form_of(request, origin=self._origin))
            except Denied as denied:
                answer = self._envelope(denied, ids)
                if request.url.path.endswith("/authorize"):
                    answer = HTMLResponse(pages.fault(str(denied)), status_code=denied.status)
            answer.headers.update(ids)
            return answer

        return endpoint

    def _envelope(self, denied: Denied, ids: dict[str, str]) -> Response:
        stamp = f"{self._world.clock.now():%Y-%m-%d %H:%M:%SZ}"
        trace, correlation = ids["x-ms-request-id"], ids["client-request-id"]
        return JSONResponse(
            {
                "error": denied.error,
                "error_description": f"{denied} Trace ID: {trace} Correlation ID: {correlation}"
                f" Timestamp: {stamp}",
                "error_codes": [denied.number],
                "timestamp": stamp,
                "trace_id": trace,
                "correlation_id": correlation,
                "error_uri": f"https://login.microsoftonline.com/error?code={denied.number}",
            },
            status_code=denied.status,
            headers=_UNCACHED,
        )


def _logout(form: Form) -> Response:
    target = form.get("post_logout_redirect_uri")
    if urlsplit(target).scheme in {"http", "https"}:
        return RedirectResponse(target, status_code=302)
    return HTMLResponse("You signed out of your account.")
