"""What a subscription request must hold before anything else happens: no handshake for a bad one.

Texts are those of change-notifications.md, 1.4.
"""

import base64
import binascii
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa

from heliograph.simulator.clock import parse
from heliograph.simulator.notify.registry import Certificate
from heliograph.simulator.notify.resources import Watched, understood
from heliograph.simulator.refusals import Refused, delegated_only, invalid

SHORTEST = timedelta(minutes=45)

_REQUIRED = ("changeType", "notificationUrl", "resource", "expirationDateTime")
_KNOWN = frozenset(
    (
        *_REQUIRED,
        *("lifecycleNotificationUrl", "clientState", "includeResourceData"),
        *("encryptionCertificate", "encryptionCertificateId", "latestSupportedTlsVersion"),
        *("notificationQueryOptions", "notificationUrlAppId", "notificationContentType"),
        *("id", "applicationId", "creatorId"),
    )
)
_WEB_PUSH = ("vapidPublicKey", "webPushEncryptionP256dhPublicKey", "webPushEncryptionSecret")
_TLS = frozenset({"v1_0", "v1_1", "v1_2", "v1_3"})
_CHANGES = frozenset({"created", "updated", "deleted"})
_UNREADABLE = (
    "Could not process subscription creation payload. Are all property names spelled and"
    " camelCased properly? Also are the datetimes in a valid ISO format?"
)
_NOT_IN_RICH = frozenset({"$top", "$skip", "$orderby"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A subscription request that is in order as far as its text goes."""

    resource: str
    watched: Watched
    change_types: tuple[str, ...]
    notification_url: str
    lifecycle_url: str | None
    client_state: str | None
    expires: datetime
    is_rich: bool
    certificate: Certificate | None
    tls_version: str
    audience: str | None


def wish(
    body: Mapping[str, Any],
    *,
    now: datetime,
    allow_http: bool,
    refuse_created: bool,
    signed_in: str = "",
) -> Wish:
    """What *body* asks for; `me` means *signed_in*. Raises Refused as Graph does."""
    _check_names(body)
    watched = _watched(body["resource"], signed_in)
    is_rich = bool(body.get("includeResourceData"))
    lifecycle = body.get("lifecycleNotificationUrl")
    if is_rich:
        _check_rich(watched, body)
    return Wish(
        resource=body["resource"],
        watched=watched,
        change_types=_change_types(body["changeType"], watched, strict=refuse_created),
        notification_url=url(body["notificationUrl"], "NotificationUrl", allow_http=allow_http),
        lifecycle_url=url(lifecycle, "LifecycleNotificationUrl", allow_http=allow_http)
        if lifecycle
        else None,
        client_state=_client_state(body.get("clientState")),
        expires=expiry(body["expirationDateTime"], now=now),
        is_rich=is_rich,
        certificate=certificate(body) if is_rich else None,
        tls_version=_tls_version(body.get("latestSupportedTlsVersion")),
        audience=body.get("notificationUrlAppId"),
    )


def expiry(text: object, *, now: datetime) -> datetime:
    """The time that *text* tells, raised to the shortest life."""
    try:
        time = parse(str(text))
    except ValueError as error:
        raise invalid(_UNREADABLE) from error
    if time <= now:
        raise invalid("Subscription expiration must be a time in the future.")
    return max(time, now + SHORTEST)


def url(text: object, name: str, *, allow_http: bool) -> str:
    """The address that *text* is: https, or where that is allowed http on loopback."""
    try:
        parts = urlsplit(str(text))
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise invalid(f"{name} is not a valid address.") from error
    loose = allow_http and parts.scheme == "http" and _is_loopback(host)
    if parts.scheme != "https" and not loose:
        raise invalid(f"{name} scheme='{parts.scheme}' is not supported.")
    if not host or parts.fragment:
        raise invalid(f"{name} is not a valid address.")
    return str(text)


def certificate(body: Mapping[str, Any]) -> Certificate:
    """The certificate in *body*: RSA of 2,048 to 4,096 bits, signed by whomever."""
    text, id_ = body.get("encryptionCertificate"), body.get("encryptionCertificateId")
    if not text:
        raise invalid("encryptionCertificate is a required property for resource data.")
    if not isinstance(id_, str) or not id_ or len(id_) > 128:
        raise invalid("encryptionCertificateId is a required property of at most 128 characters.")
    try:
        parsed = x509.load_der_x509_certificate(base64.b64decode(str(text), validate=True))
        key = parsed.public_key()
    except (ValueError, binascii.Error, UnsupportedAlgorithm) as error:
        raise _bad_certificate() from error
    if not isinstance(key, rsa.RSAPublicKey) or not 2048 <= key.key_size <= 4096:
        raise _bad_certificate()
    return Certificate(id=id_, text=str(text), parsed=parsed)


def _check_names(body: Mapping[str, Any]) -> None:
    if any(name in body for name in _WEB_PUSH):
        raise invalid("Web push properties are not supported for this notificationUrl.")
    if any(name not in _KNOWN and "@odata" not in name for name in body):
        raise invalid(_UNREADABLE)
    for name in _REQUIRED:
        if not body.get(name):
            raise invalid(f"{name} is a required property for subscription creation")
        if not isinstance(body[name], str):
            raise invalid(_UNREADABLE)


def _watched(resource: str, signed_in: str) -> Watched:
    first, slash, rest = resource.strip("/").partition("/")
    is_own = first.partition("?")[0].lower() == "me"
    if is_own and not signed_in:
        raise delegated_only()
    try:
        return understood(f"users/{signed_in}{slash}{rest}" if is_own else resource)
    except ValueError as error:
        raise invalid(str(error)) from error


def _check_rich(watched: Watched, body: Mapping[str, Any]) -> None:
    if not watched.facts.longest_rich:
        raise invalid("Resource data is not supported for this resource.")
    if not body.get("encryptionCertificate"):
        raise invalid("encryptionCertificate is a required property for resource data.")
    chosen = {name.lower() for name in watched.select}
    if not chosen:
        raise invalid("Resource data of this resource needs a $select in the resource.")
    if watched.options & _NOT_IN_RICH or chosen & {"body", "uniquebody"}:
        raise invalid("The query of the resource is not supported with resource data.")


def _change_types(text: str, watched: Watched, *, strict: bool) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(word.strip().lower() for word in text.split(",")))
    for word in words:
        if word not in _CHANGES:
            raise invalid(f"Invalid 'changeType' attribute: '{text}'.")
    refused = words == ("created",) or (strict and "created" in words)
    if watched.facts.in_directory and refused:
        raise invalid("Invalid 'changeType' attribute: 'created'.")
    return words


def _client_state(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > 128:
        raise invalid("clientState is a text of at most 128 characters.")
    return value


def _tls_version(value: object) -> str:
    if value is None:
        return "v1_2"
    if value not in _TLS:
        raise invalid("latestSupportedTlsVersion is one of v1_0, v1_1, v1_2, v1_3.")
    return str(value)


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _bad_certificate() -> Refused:
    return invalid("Certificate validation error: Cannot find the requested object.")
