"""The front door of a sign-in: the browser comes for a code and is sent back with it."""

from urllib.parse import urlencode, urlsplit

from starlette.responses import HTMLResponse, RedirectResponse, Response

from heliograph.simulator.entra import pages
from heliograph.simulator.entra.denials import Denied, missing
from heliograph.simulator.entra.forms import Form
from heliograph.simulator.entra.grants import Grants
from heliograph.simulator.entra.logins import Login
from heliograph.simulator.world import World

SHOWN = 12
"""So many people are offered where the app does not say who signs in."""

_TYPES = ({"code"}, {"id_token"}, {"code", "id_token"})


class FrontDoor:
    """Signs in whoever is named, at once and without a password."""

    def __init__(self, world: World, grants: Grants) -> None:
        self._world = world
        self._grants = grants

    def answer(self, form: Form) -> Response:
        """Where the browser goes from here. Raises Denied where it cannot be sent back."""
        self._grants.check_tenant(form.tenant)
        self._check_app(form)
        if not form.get("login_hint"):
            return self._unhinted(form)
        try:
            values = self._signed_in(form)
        except Denied as denied:
            values = {"error": denied.error, "error_description": str(denied)}
        return _back(form, values)

    def _check_app(self, form: Form) -> None:
        client = form["client_id"]
        if client.lower() != self._world.tenant.client_id:
            raise Denied(
                "unauthorized_client",
                700016,
                f"Application with identifier '{client}' was not found in the directory.",
            )
        if not urlsplit(form["redirect_uri"]).scheme:
            raise Denied("invalid_request", 50011, "The redirect URI specified is not valid.")

    def _signed_in(self, form: Form) -> dict[str, str]:
        types = set(form["response_type"].split())
        if types not in _TYPES:
            text = f"response_type '{form.get('response_type')}' is not supported."
            raise Denied("unsupported_response_type", 700054, text)
        if "id_token" in types and not form.get("nonce"):
            raise missing("nonce")
        self._grants.scopes(form, _scope(form))
        user = self._grants.person(form["login_hint"])
        login = self._world.logins.login(user["id"], _scope(form), nonce=form.get("nonce"))
        return self._values(form, login, types)

    def _values(self, form: Form, login: Login, types: set[str]) -> dict[str, str]:
        values = {}
        if "code" in types:
            values["code"] = self._world.logins.code(
                login,
                redirect=form["redirect_uri"],
                challenge=form.get("code_challenge"),
                method=form.get("code_challenge_method"),
            )
        if "id_token" in types:
            values["id_token"] = self._grants.id_token(login)
        if form.get("client_info"):
            values["client_info"] = self._grants.client_info(login)
        return {**values, "session_state": self._world.tenant.tenant_id}

    def _unhinted(self, form: Form) -> Response:
        """A page to choose from, or the error for an app that wants none."""
        if form.get("prompt") == "none":
            text = "AADSTS50058: A silent sign-in request was sent but no user is signed in."
            return _back(form, {"error": "login_required", "error_description": text})
        people = [
            (row["displayName"], row["userPrincipalName"], self._chosen(form, row["id"]))
            for row in self._world.directory.some_users(SHOWN)
        ]
        return HTMLResponse(pages.chooser(people))

    def _chosen(self, form: Form, user: str) -> str:
        return "?" + urlencode({**form.values, "login_hint": user})


def _scope(form: Form) -> str:
    if form.get("scope") or not form.get("resource"):
        return form.get("scope") or "openid"
    return f"{form['resource'].rstrip('/')}/.default openid offline_access"


def _back(form: Form, values: dict[str, str]) -> Response:
    """*values* sent to the app in the way that it wishes for."""
    target = form["redirect_uri"]
    if form.get("state"):
        values = {**values, "state": form["state"]}
    usual = "fragment" if "id_token" in form.get("response_type") else "query"
    mode = form.get("response_mode") or usual
    if mode == "form_post":
        return HTMLResponse(pages.form_post(target, values))
    mark = "#" if mode == "fragment" else "&" if urlsplit(target).query else "?"
    return RedirectResponse(f"{target}{mark}{urlencode(values)}", status_code=302)
