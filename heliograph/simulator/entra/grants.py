"""From a request for tokens to the tokens: one function for each way to ask."""

import hmac
from collections.abc import Callable, Mapping
from typing import Any

from heliograph.simulator.clock import parse
from heliograph.simulator.entra.denials import (
    Denied,
    invalid_grant,
    missing,
    unknown_tenant,
    unknown_user,
)
from heliograph.simulator.entra.forms import Form
from heliograph.simulator.entra.issuing import TOKEN_SECONDS, Issuer
from heliograph.simulator.entra.logins import Login
from heliograph.simulator.entra.scopes import OFFLINE, Scopes, asked, for_app
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row
from heliograph.simulator.tenant import GRAPH
from heliograph.simulator.world import World

SHARED = frozenset({"common", "organizations"})
"""Names that stand for whichever tenant the user turns out to be of."""

Answer = dict[str, Any]


class Grants:
    """The token endpoint, apart from HTTP."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._issuer = Issuer(world)
        self._ways: Mapping[str, Callable[[Form], Answer]] = {
            "authorization_code": self._by_code,
            "client_credentials": self._by_credentials,
            "device_code": self._by_device,
            "password": self._by_password,
            "refresh_token": self._by_refresh,
            "urn:ietf:params:oauth:grant-type:device_code": self._by_device,
        }

    def answer(self, form: Form) -> Answer:
        """The tokens that *form* asks for. Raises Denied where there are none for it."""
        self.check_tenant(form.tenant)
        way = self._ways.get(form["grant_type"])
        if way is None:
            text = f"The app requested an unsupported grant type '{form.get('grant_type')}'."
            raise Denied("unsupported_grant_type", 70003, text)
        return _with_times(way(form), self._world) if form.is_v1 else way(form)

    def check_tenant(self, name: str) -> None:
        """Refuse a tenant that is not ours."""
        tenant = self._world.tenant
        if name not in {tenant.tenant_id, tenant.domain, *SHARED}:
            raise unknown_tenant(name)

    def person(self, name: str) -> Row:
        """The living user called *name*, who may sign in."""
        try:
            user = self._world.directory.user(name)
        except Refused as error:
            raise unknown_user(name) from error
        if not user.get("accountEnabled", True):
            raise invalid_grant(50057, "The user account is disabled.")
        return user

    def scopes(self, form: Form, text: str) -> Scopes:
        """The scopes in *text*, each of which the app was granted."""
        found = asked(text, form.origins)
        if found.names and not self._issuer.granted(found):
            raise invalid_grant(
                65001,
                "The user or administrator has not consented to use the application with ID"
                f" '{self._world.tenant.client_id}'. Send an interactive authorization request for"
                " this user and resource.",
            )
        return found

    def id_token(self, login: Login) -> str:
        """Who has signed in, for an app that wants to know before it redeems a code."""
        return self._issuer.id_token(login, self._world.directory.user(login.user))

    def client_info(self, login: Login) -> str:
        """What MSAL keeps the account by."""
        return self._issuer.client_info(self._world.directory.user(login.user))

    def _by_credentials(self, form: Form) -> Answer:
        if form.tenant in SHARED:
            raise Denied(
                "invalid_request",
                50059,
                "No tenant-identifying information found in either the request or implied by any"
                " provided credentials.",
            )
        proof = self._world.clients.prove(form)
        if not _scope(form):
            raise missing("resource" if form.is_v1 else "scope")
        for_app(_scope(form), form.origins)
        token = self._issuer.app_token(proof=proof)
        times = {"expires_in": TOKEN_SECONDS, "ext_expires_in": TOKEN_SECONDS}
        return {"token_type": "Bearer", **times, "access_token": token}

    def _by_code(self, form: Form) -> Answer:
        proof = self._world.clients.prove(form, is_public=True)
        login = self._world.logins.redeemed(
            form["code"], redirect=form["redirect_uri"], verifier=form.get("code_verifier")
        )
        return self._signed_in(form, login, proof)

    def _by_device(self, form: Form) -> Answer:
        proof = self._world.clients.prove(form, is_public=True)
        code = form.get("device_code") or form["code"]
        anybody = self._world.directory.anybody()
        return self._signed_in(form, self._world.logins.polled(code, anybody=anybody), proof)

    def _by_password(self, form: Form) -> Answer:
        proof = self._world.clients.prove(form, is_public=True)
        user = self.person(form["username"])
        password = self._world.accounts.password(user["id"])
        if not hmac.compare_digest(form["password"].encode(), password.encode()):
            text = "Error validating credentials due to invalid username or password."
            raise invalid_grant(50126, text)
        return self._signed_in(form, self._world.logins.login(user["id"], _scope(form)), proof)

    def _by_refresh(self, form: Form) -> Answer:
        proof = self._world.clients.prove(form, is_public=True)
        old = self._world.logins.refreshed(form["refresh_token"])
        user = self.person(old.user)
        since = user.get("signInSessionsValidFromDateTime")
        if since and old.at < parse(since):
            raise invalid_grant(
                50173,
                "The provided grant has expired due to it being revoked, a fresh auth token is"
                " needed.",
            )
        return self._signed_in(form, self._world.logins.renewed(old), proof)

    def _signed_in(self, form: Form, login: Login, proof: str) -> Answer:
        """All tokens for *login*."""
        user, issuer = self.person(login.user), self._issuer
        scopes = self.scopes(form, _scope(form) or login.scope)
        names = issuer.granted(scopes)
        answer = {
            "token_type": "Bearer",
            "scope": " ".join(dict.fromkeys((*names, *scopes.words))).replace(f" {OFFLINE}", ""),
            "expires_in": TOKEN_SECONDS,
            "ext_expires_in": TOKEN_SECONDS,
            "access_token": issuer.user_token(login, user, names=names, proof=proof),
        }
        if scopes.wants_refresh or form.get("grant_type") == "refresh_token":
            answer["refresh_token"] = self._world.logins.refresh_token(login)
        if scopes.wants_identity or form.is_v1:
            answer["id_token"] = issuer.id_token(login, user)
        if form.get("client_info"):
            answer["client_info"] = issuer.client_info(user)
        return answer


def _scope(form: Form) -> str:
    """What is asked for, if anything; the older protocol names a resource and means all of it."""
    if not form.is_v1 or form.get("scope") or not form.get("resource"):
        return form.get("scope")
    everything = f"{form['resource'].rstrip('/')}/.default"
    is_app = form.get("grant_type") == "client_credentials"
    return everything if is_app else f"{everything} openid {OFFLINE}"


def _with_times(answer: Answer, world: World) -> Answer:
    """*answer* as the older protocol writes it: numbers as text, and the resource."""
    now = int(world.clock.now().timestamp())
    return {
        **answer,
        "expires_in": str(TOKEN_SECONDS),
        "ext_expires_in": str(TOKEN_SECONDS),
        "expires_on": str(now + TOKEN_SECONDS),
        "not_before": str(now - 5),
        "resource": GRAPH,
    }
