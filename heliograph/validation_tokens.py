"""Validation tokens: Entra's word that Graph itself sent a rich notification.

Refuses all that RFC 8725 warns of: another algorithm, keys brought along, unknown critical headers,
another issuer, audience, tenant or publisher. Keys come as arguments; fetching them is not here.
"""

import binascii
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from heliograph.errors import TokenInvalid
from heliograph.notifications import MAX_TOKENS

PUBLISHER = "0bf30f3b-4a52-48df-9a82-234910c4a086"
"""Graph's own app. Any app of a tenant could get a token for our app, but none with this claim."""

MAX_BYTES = 8_192
LEEWAY_SECONDS = 300

ISSUERS: Mapping[str, str] = {
    "1.0": "https://sts.windows.net/{tid}/",
    "2.0": "https://login.microsoftonline.com/{tid}/v2.0",
}
"""The global cloud's issuers by the token's version; national clouds have their own."""

App = tuple[str, str]
"""The client id of an app registration and the id of the tenant it acts in, in lower case."""

_T = TypeVar("_T")
_C = TypeVar("_C", bound="Claims")
_is_compact = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII).fullmatch

# Headers by which a token could choose its own key or rules.
_REFUSED_HEADERS = frozenset(
    {"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc", "epk", "cty", "nonce"}
)


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says. Times are seconds since 1970."""

    ver: str
    iss: str
    aud: str
    tid: str
    exp: int
    nbf: int
    iat: int | None = None
    appid: str | None = None
    azp: str | None = None

    @property
    def app(self) -> App:
        """Whom the token is for, as it says itself."""
        return (self.aud.lower(), self.tid.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whom to believe about one app: issuers by token version, and the keys known by now."""

    key_of: Callable[[str], RSAPublicKey | None]
    issuers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the tokens of a POST prove: *verified* apps, and *waiting* ones with their token.

    A token waits when its key is not known yet: the worker verifies it, by `verify` as well.
    *failed* names why the whole POST is suspicious; then nothing rich in it is believed.
    """

    verified: Collection[App] = ()
    waiting: Mapping[App, str] = field(default_factory=dict)
    failed: str | None = None


def kid_of(token: str) -> str:
    """The id of the key that *token* says it was signed with. Raises TokenInvalid."""
    if len(token) > MAX_BYTES:
        raise TokenInvalid("size", f"expected at most {MAX_BYTES} bytes")
    if not _is_compact(token):
        raise TokenInvalid("malformed", "expected three segments of base64url")
    header = _decoded(token.split(".", maxsplit=1)[0], dict[str, Any])
    if header.get("alg") != "RS256" or str(header.get("typ", "JWT")).upper() != "JWT":
        raise TokenInvalid("algorithm", "expected a JWT signed by RS256")
    if not _REFUSED_HEADERS.isdisjoint(header):
        raise TokenInvalid("header", "expected no header that chooses keys or rules")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise TokenInvalid("header", "expected the id of a key")
    return kid


def verify(
    token: str,
    *,
    keys: Mapping[str, RSAPublicKey],
    audiences: Collection[str],
    tenant_id: str,
    received_at: int,
    issuers: Mapping[str, str] = ISSUERS,
) -> Claims:
    """The claims of *token*, once every check of change-notifications.md 5.5 holds.

    *received_at* is in milliseconds since 1970: after a backlog a genuine token has run out.
    Raises TokenInvalid; its reason is `key` where none of *keys* bears the token's kid.
    """
    claims = signed(token, keys=keys, type_=Claims)
    trusted(
        claims,
        audiences=audiences,
        tenant_id=tenant_id,
        issuers=issuers,
        now=received_at // 1000,
    )
    publisher = claims.appid if claims.ver == "1.0" else claims.azp
    if publisher != PUBLISHER:
        raise TokenInvalid("publisher", "expected the change notification publisher")
    return claims


def signed(token: str, *, keys: Mapping[str, RSAPublicKey], type_: type[_C]) -> _C:
    """The claims of *token*, which one of *keys* has signed. Raises TokenInvalid."""
    key = keys.get(kid_of(token))
    if key is None:
        raise TokenInvalid("key", "expected a token signed by a current key")
    try:
        # The one literal algorithm; what the claims must say is checked apart, on our clock.
        payload = jwt.PyJWS(algorithms=["RS256"]).decode(token, key, algorithms=["RS256"])
    except (jwt.PyJWTError, ValueError) as error:
        raise TokenInvalid("signature", type(error).__name__) from error
    return _parsed(payload, type_)


def trusted(
    claims: Claims,
    *,
    audiences: Collection[str],
    tenant_id: str,
    issuers: Mapping[str, str],
    now: int,
) -> None:
    """Raises TokenInvalid but where *claims* are Entra's, of the tenant, for us, and valid *now*.

    *now* is in seconds since 1970.
    """
    if claims.aud.lower() not in {audience.lower() for audience in audiences}:
        raise TokenInvalid("audience", "expected a token for an app of ours")
    if claims.tid.lower() != tenant_id.lower() or not tenant_id:
        raise TokenInvalid("tenant", "expected a token of the notification's tenant")
    issuer = issuers.get(claims.ver)
    if issuer is None or claims.iss != issuer.format(tid=claims.tid):
        raise TokenInvalid("issuer", "expected the Microsoft identity platform")
    _check_times(claims, now)


def judge(
    tokens: Iterable[str] | None,
    *,
    needed: Collection[App],
    apps: Mapping[App, Trust],
    received_at: int,
) -> Verdict:
    """What the *tokens* of one POST prove for the apps whose items carry encrypted content.

    Every token must hold, for one of our *apps*, and each *needed* app must have one.
    """
    verified: set[App] = set()
    waiting: dict[App, str] = {}
    try:
        for token in _counted(tokens or ()):
            app, is_verified = _judge_one(token, apps, received_at)
            if is_verified:
                verified.add(app)
            else:
                waiting[app] = token
    except TokenInvalid as error:
        return Verdict(failed=error.reason)
    if any(app not in verified and app not in waiting for app in needed):
        return Verdict(failed="missing")
    return Verdict(verified=verified, waiting=waiting)


def _counted(tokens: Iterable[str]) -> list[str]:
    counted = list(tokens)
    if len(counted) > MAX_TOKENS:
        raise TokenInvalid("number", f"expected at most {MAX_TOKENS} tokens")
    return counted


def _judge_one(token: str, apps: Mapping[App, Trust], received_at: int) -> tuple[App, bool]:
    kid = kid_of(token)
    # Not believed yet: it only chooses which of our own apps the token is held against.
    app = _decoded(token.split(".")[1], Claims).app
    trust = apps.get(app)
    if trust is None:
        raise TokenInvalid("audience", "expected a token for an app of ours, in its tenant")
    key = trust.key_of(kid)
    if key is None:
        return app, False
    client_id, tenant_id = app
    verify(
        token,
        keys={kid: key},
        audiences=(client_id,),
        tenant_id=tenant_id,
        received_at=received_at,
        issuers=trust.issuers,
    )
    return app, True


def _check_times(claims: Claims, now: int) -> None:
    if now >= claims.exp + LEEWAY_SECONDS:
        raise TokenInvalid("expired", "expected a token that was valid when it came")
    starts = max(claims.nbf, claims.iat or 0)
    if now < starts - LEEWAY_SECONDS:
        raise TokenInvalid("not_yet", "expected a token that was valid already")


def _decoded(segment: str, type_: type[_T]) -> _T:
    try:
        return _parsed(urlsafe_b64decode(segment + "=" * (-len(segment) % 4)), type_)
    except binascii.Error as error:
        raise TokenInvalid("malformed", "expected base64url") from error


def _parsed(raw: bytes, type_: type[_T]) -> _T:
    try:
        return msgspec.json.decode(raw, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TokenInvalid("malformed", "expected JSON as Entra writes it") from error
