"""What Graph posts, as typed values, and the form in which it waits in a lane.

Decoding is here and nowhere else. Whether a notification is genuine is decided in `validation`,
what it means in `changes`.
"""

from typing import Annotated, Any, Literal

import msgspec

from heliograph.errors import NotificationInvalid, NotificationTooLarge

MAX_ITEMS = 1_000
"""Graph publishes no maximum (change-notifications.md, 4.4); more than this is not vouched for."""

MAX_TOKENS = 20
"""One for each (app, tenant) in a POST; more is an attack on the verifier."""

Source = Literal["webhook", "delta", "eventhub", "heliograph"]


class EncryptedContent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The resource data of a rich notification, as Graph encrypted it. Base64 throughout.

    https://learn.microsoft.com/graph/api/resources/changenotificationencryptedcontent
    """

    data: str
    data_key: str
    data_signature: str
    encryption_certificate_id: str
    encryption_certificate_thumbprint: str | None = None


class ResourceData(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The few facts that a basic notification carries about its resource."""

    id: str | None = None
    odata_type: str | None = msgspec.field(default=None, name="@odata.type")
    odata_id: str | None = msgspec.field(default=None, name="@odata.id")
    odata_etag: str | None = msgspec.field(default=None, name="@odata.etag")
    event_time: str | None = None
    # A .NET tick count above 2^53, as a number or as a string (change-notifications.md, 4.3).
    sequence_number: int | str | None = None


class Notification(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One item of a POST: a change notification, or a lifecycle notification.

    Unknown fields pass. `change_type` and `lifecycle_event` are Graph's words and kept open: a new
    one must not break decoding. https://learn.microsoft.com/graph/api/resources/changenotification
    """

    subscription_id: str
    tenant_id: str | None = None
    change_type: str | None = None
    lifecycle_event: str | None = None
    client_state: str | None = None
    resource: str | None = None
    resource_data: ResourceData | None = None
    encrypted_content: EncryptedContent | None = None
    subscription_expiration_date_time: str | None = None
    id: str | None = None


class NotificationCollection(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The body of a POST. `validation_tokens` is null where Graph could not make any."""

    value: list[Notification]
    validation_tokens: Annotated[list[str], msgspec.Meta(max_length=MAX_TOKENS)] | None = None


class Act(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that Heliograph did itself because somebody asked: *what*, and by whom.

    *details* are for the audit log. *at* is milliseconds since 1970.
    """

    what: str
    actor: str
    at: int
    details: dict[str, Any] = {}
    related: tuple[str, ...] = ()


class News(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A notification that proved itself, as it waits in its lane. Holds no clientState.

    `received_at` is milliseconds since 1970 by our clock: tokens are judged by it. A rich one is
    *verified* when the listener has checked its token, else it brings the one *token* it needs.
    An *act* of our own is told as it is.
    """

    registration: str
    subscription_id: str
    received_at: int
    source: Source = "webhook"
    change_type: str | None = None
    lifecycle_event: str | None = None
    etag: str | None = None
    event_time: str | None = None
    notification_id: str | None = None
    encrypted_content: EncryptedContent | None = None
    verified: bool = False
    token: str | None = None
    act: Act | None = None
    version: int = 1


_decoder = msgspec.json.Decoder(NotificationCollection)


def decode(body: bytes) -> NotificationCollection:
    """The notifications in the *body* of a POST.

    Raises NotificationInvalid when it is not JSON or not of Graph's shape, NotificationTooLarge
    when it holds more than `MAX_ITEMS`.
    """
    try:
        collection = _decoder.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise NotificationInvalid(str(error)[:200]) from error
    if len(collection.value) > MAX_ITEMS:
        raise NotificationTooLarge(
            f"expected at most {MAX_ITEMS} items, got {len(collection.value)}"
        )
    return collection
