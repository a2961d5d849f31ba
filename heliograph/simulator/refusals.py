"""What Graph refuses, with the status, code and text it refuses with.

The texts are those of graph-users-api.md, 3.7, and change-notifications.md, 1.4.
"""

from collections.abc import Mapping, Sequence


class Refused(Exception):
    """Ends a call with an error envelope: *inner* goes into its `innerError`."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        inner: Mapping[str, str] | None = None,
        details: Sequence[Mapping[str, str]] = (),
    ) -> None:
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.inner = dict(inner or {})
        self.details = list(details)
        super().__init__(f"{status} {code}: {message}")


def bad_request(message: str) -> Refused:
    """400 of the directory."""
    return Refused(400, "Request_BadRequest", message)


def no_object(id_: str) -> Refused:
    """404 of the directory."""
    return Refused(
        404,
        "Request_ResourceNotFound",
        f"Resource '{id_}' does not exist or one of its queried reference-property objects"
        " are not present.",
    )


def no_item() -> Refused:
    """404 of a mailbox."""
    return Refused(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def no_mailbox() -> Refused:
    """404 where the user has no mailbox."""
    return Refused(
        404,
        "MailboxNotEnabledForRESTAPI",
        "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
    )


def already_referenced(name: str) -> Refused:
    """400 where a reference is there already."""
    return bad_request(
        "One or more added object references already exist for the following modified"
        f" properties: '{name}'."
    )


def no_access(*, mailbox: bool) -> Refused:
    """403 where the token lacks a permission."""
    if mailbox:
        text = "Access is denied. Check credentials and try again."
        return Refused(403, "ErrorAccessDenied", text)
    text = "Insufficient privileges to complete the operation."
    return Refused(403, "Authorization_RequestDenied", text)


def delegated_only() -> Refused:
    """400 where an app alone says `me`."""
    text = "/me request is only valid with delegated authentication flow."
    return Refused(400, "BadRequest", text)


def no_subscription() -> Refused:
    """404 for a subscription that is not there, or no more."""
    return Refused(404, "ResourceNotFound", "The object was not found.")


def invalid(message: str) -> Refused:
    """400 of the subscription service."""
    return Refused(400, "InvalidRequest", message)


def workload(status: int, reason: str, *, operation: str = "Create") -> Refused:
    """A refusal by the service that holds the resource; it comes after the handshake."""
    words = {403: "Forbidden", 404: "NotFound", 400: "BadRequest"}
    return Refused(
        status,
        "ExtensionError",
        f"Operation: {operation}; Exception: [Status Code: {words[status]}; Reason: {reason}]",
    )


def throttled(
    after: int, text: str = "Please retry again later.", *, scope: str = "", information: str = ""
) -> Refused:
    """429, to be asked again *after* so many seconds; the directory names the limit."""
    headers = {"retry-after": str(after)}
    if scope:
        headers |= {"x-ms-throttle-scope": scope, "x-ms-throttle-information": information}
    inner = {"code": "429", "message": "Please retry after", "status": "429"}
    return Refused(429, "TooManyRequests", text, headers=headers, inner=inner)
