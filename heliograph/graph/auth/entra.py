"""The app's own tokens, by way of MSAL: with a secret, a certificate or a federated token from
Entra, or from the machine as its managed identity.

MSAL blocks; `Tokens` keeps that beside the event loop. Its applications are made anew for each
token, an hour apart: so a rotated certificate is taken up, and no cache but ours holds tokens.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, assert_never

import msal  # type: ignore[import-untyped]  # MSAL ships no types
import requests
from msal.exceptions import MsalError  # type: ignore[import-untyped]  # as above

from heliograph.errors import GraphError, Unauthenticated
from heliograph.graph.answers import cut
from heliograph.graph.auth.http import machine_session, session
from heliograph.graph.auth.tokens import Granted, Tokens, beside_the_loop
from heliograph.graph.clouds import endpoints
from heliograph.graph.transport import NeverSent
from heliograph.settings import (
    Certificate,
    ClientSecret,
    FederatedToken,
    ManagedIdentity,
    Tenant,
)
from heliograph.settings.parse import Expected

_TRANSIENT = frozenset({"temporarily_unavailable", "server_error", "service_unavailable"})

Proof = ClientSecret | Certificate | FederatedToken


def app_tokens(tenant: Tenant, *, clock: Callable[[], float] = time.monotonic) -> Tokens:
    """The tokens of the app itself in *tenant*, without a signed-in user."""
    match tenant.credential:
        case ManagedIdentity() as identity:
            ask = partial(_of_machine, tenant, identity)
        case ClientSecret() | Certificate() | FederatedToken() as proof:
            ask = partial(_of_entra, tenant, proof)
        case never:
            assert_never(never)
    return Tokens(partial(beside_the_loop, ask), clock=clock)


@contextmanager
def asking() -> Iterator[None]:
    """Turns what MSAL raises into errors of ours, without a word of any secret."""
    try:
        yield
    except (requests.RequestException, MsalError, RuntimeError, json.JSONDecodeError) as error:
        raise NeverSent(f"no token: {_what(error)} from the authority") from error
    except Expected as error:  # the certificate was sound at the start, and is not any more
        raise Unauthenticated(f"no token: expected {error}") from error
    except (ValueError, KeyError, OSError) as error:
        raise Unauthenticated(f"no token: {cut(str(error))}") from error


def granted(answer: Mapping[str, object]) -> Granted:
    """The token in *answer*. Raises Unauthenticated or Unavailable for the refusal in it."""
    text = answer.get("access_token")
    if not isinstance(text, str):
        raise _refusal(answer)
    return Granted(text=text, lasts=float(str(answer.get("expires_in", 0))))


def registration(tenant: Tenant) -> dict[str, Any]:
    """The app registration of *tenant*, as MSAL's applications are told of it."""
    ends = endpoints(tenant)
    return {
        "client_id": tenant.client_id,
        "authority": f"{ends.authority}/{tenant.tenant_id}",
        # MSAL would ask login.microsoftonline.com whether it knows the host of a simulator.
        "instance_discovery": None if ends.authority_is_microsoft else False,
    }


def _of_entra(tenant: Tenant, proof: Proof) -> Granted:
    with asking(), session(tenant.ca_file) as http:
        app = msal.ConfidentialClientApplication(
            client_credential=_for_msal(proof), http_client=http, **registration(tenant)
        )
        return granted(app.acquire_token_for_client(scopes=[endpoints(tenant).scope]))


def _of_machine(tenant: Tenant, identity: ManagedIdentity) -> Granted:
    whose = msal.SystemAssignedManagedIdentity()
    if identity.client_id:
        whose = msal.UserAssignedManagedIdentity(client_id=identity.client_id)
    with asking(), machine_session() as http:
        client = msal.ManagedIdentityClient(whose, http_client=http)
        resource = endpoints(tenant).scope.removesuffix("/.default")
        return granted(client.acquire_token_for_client(resource=resource))


def _for_msal(proof: Proof) -> object:
    match proof:
        case ClientSecret():
            return proof.secret.reveal()
        case Certificate():
            pair = proof.key_pair()
            # Without a thumbprint from us, MSAL names the certificate by its SHA-256.
            return {"private_key": pair.private_key, "public_certificate": pair.certificate}
        case FederatedToken():
            return {"client_assertion": lambda: proof.token.read().strip().decode()}
        case never:
            assert_never(never)


def _what(error: Exception) -> str:
    response = error.response if isinstance(error, requests.HTTPError) else None
    return type(error).__name__ if response is None else f"status {response.status_code}"


def _refusal(answer: Mapping[str, object]) -> GraphError:
    code = cut(str(answer.get("error", "")))
    text = cut(str(answer.get("error_description", "")))
    said = ": ".join(part for part in (code, text) if part) or "no reason given"
    kind = NeverSent if code in _TRANSIENT else Unauthenticated
    return kind(f"no token: {said}", status=0 if kind is NeverSent else 401, code=code)
