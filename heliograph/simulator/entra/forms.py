"""The parameters of a request to the identity platform, from a form or from an address."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, unquote_plus

from starlette.requests import Request

from heliograph.simulator.entra.denials import missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What was sent: to which tenant, at which address, and whether by the older protocol.

    *origins* are the addresses that the simulator goes by.
    """

    tenant: str
    values: Mapping[str, str]
    origins: frozenset[str]
    is_v1: bool = False

    def get(self, name: str) -> str:
        """The value of the parameter *name*, empty where it is not there."""
        return self.values.get(name, "")

    def __getitem__(self, name: str) -> str:
        """The value of the parameter *name*. Raises Denied where it is not there."""
        if not self.values.get(name):
            raise missing(name)
        return self.values[name]


async def form_of(request: Request, *, origin: str) -> Form:
    """The parameters of *request*."""
    values = await values_of(request)
    base = str(request.base_url).rstrip("/")
    form = Form(
        tenant=request.path_params["tenant"].lower(),
        values=values,
        origins=frozenset({origin, base}),
        is_v1="/v2.0/" not in request.url.path,
    )
    return replace(form, values={**values, **_basic(request.headers.get("authorization", ""))})


async def values_of(request: Request) -> dict[str, str]:
    """The values that *request* carries; those in the body win over those in the address."""
    body = (await request.body()).decode("utf-8", "replace")
    return {**_parsed(request.url.query), **_parsed(body)}


def _parsed(text: str) -> dict[str, str]:
    return {name: found[-1] for name, found in parse_qs(text, keep_blank_values=True).items()}


def _basic(header: str) -> dict[str, str]:
    """The id and the secret of the client in an `Authorization: Basic` header."""
    scheme, _, coded = header.partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        text = base64.b64decode(coded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return {"client_id": "", "client_secret": ""}
    client, _, secret = text.partition(":")
    return {"client_id": unquote_plus(client), "client_secret": unquote_plus(secret)}
