"""Every error that a caller of Heliograph can catch.

    HeliographError
    ├── SettingsInvalid          the configuration cannot be used; holds every fault
    ├── NotificationInvalid      a POST is not JSON, or not of Graph's shape
    ├── NotificationTooLarge     a POST holds more items than one answer can vouch for
    ├── TokenInvalid             a validation token proves nothing
    ├── DecryptionFailed         rich content does not belong to the key, or was tampered with
    ├── EncryptionKeyUnknown     rich content names a key that is not in the fixed map
    ├── SealBroken               a record from Redis was not sealed by us for this place
    │   └── RecordUnknown        or by a newer Heliograph, or with a root secret not known here
    ├── QueueUnavailable         Redis cannot store now
    ├── LeaseLost                somebody else has the lane by now
    ├── RedisUnsafe              this Redis would lose data
    ├── ServerMissing            a server program that must be on the machine is not
    ├── AuditUnavailable         the audit log cannot be opened, read or written now
    ├── AuditChainBroken         an audit entry does not hold the hash of the one before
    └── GraphError               Graph answered with an error; status, code, ids
        ├── Invalid              400, 405, 406, 411, 413, 415, 422: asking again is useless
        ├── Unauthenticated      401, after one new token
        ├── Forbidden            403; names the permission that is needed, where known
        │   └── NotPermitted     refused before the call: no credential at hand can make it
        ├── NotFound             404
        ├── Conflict             409, 412, 423
        ├── Gone                 410, syncStateNotFound: a delta token has run out
        ├── Throttled            429, 509; retry_after
        └── Unavailable          5xx, or no answer at all

What a handler raises to end its run (`Retry`, `Drop`) is no error and stands in `outcomes`.
"""

from collections.abc import Sequence


class HeliographError(Exception):
    """The root: `except HeliographError` catches whatever Heliograph itself reports."""


class SettingsInvalid(HeliographError):
    """The configuration cannot be used; *faults* are lines of key, expectation and value."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class NotificationInvalid(HeliographError):
    """A POST is not JSON, or is not shaped as Graph shapes its notifications."""


class NotificationTooLarge(HeliographError):
    """A POST holds more items than Heliograph takes at once."""


class TokenInvalid(HeliographError):
    """A validation token is no proof; *reason* is a short word for counting."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        super().__init__(f"{reason}: {detail}" if detail else reason)


class DecryptionFailed(HeliographError):
    """Rich content could not be read. One class and one text, so that nothing is learnt from it."""


class EncryptionKeyUnknown(HeliographError):
    """Rich content names an `encryptionCertificateId` that no key of ours bears."""


class SealBroken(HeliographError):
    """A sealed record was not made by us, or does not belong to the key it was found under."""


class RecordUnknown(SealBroken):
    """A record may well be ours, but of a version or a root secret that this process lacks."""


class QueueUnavailable(HeliographError):
    """Redis cannot store now: it is away, frozen, full, or the breaker is open."""


class LeaseLost(HeliographError):
    """The claim on a lane has run out, and its work must not be written any more."""


class RedisUnsafe(HeliographError):
    """Accepted work would be lost by this Redis; *faults* say what to change, a line each."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class ServerMissing(HeliographError):
    """A server program is needed and not on this machine; the message says what to install."""


class AuditUnavailable(HeliographError):
    """The audit log cannot be opened, read or written now; nothing of it was changed."""


class AuditChainBroken(HeliographError):
    """The audit log was changed after it was written; *sequence* is the first broken entry."""

    def __init__(self, sequence: int, detail: str) -> None:
        self.sequence = sequence
        super().__init__(f"entry {sequence}: {detail}")


class GraphError(HeliographError):
    """Graph refused, or did not answer. *status* is 0 where there was no answer."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        code: str = "",
        request_id: str = "",
        client_request_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        self.status = status
        self.code = code
        self.request_id = request_id
        self.client_request_id = client_request_id
        self.retry_after = retry_after
        super().__init__(message)


class Invalid(GraphError):
    """The request can never succeed as it is."""


class Unauthenticated(GraphError):
    """No token could be had, or a fresh one was refused."""


class Forbidden(GraphError):
    """The app may not do this. *permission* names what Graph asks for, where it is known."""

    permission: str | None = None


class NotPermitted(Forbidden):
    """No credential at hand can make the call, so it was not sent; *reason* and *remedy* say more.

    Both are sentences for people: why Graph would refuse, and what would change that.
    """

    def __init__(self, reason: str, remedy: str, *, permission: str | None = None) -> None:
        self.reason = reason
        self.remedy = remedy
        self.permission = permission
        super().__init__(f"not sent: {reason}; {remedy}")


class NotFound(GraphError):
    """The object does not exist (any more, or yet)."""


class Conflict(GraphError):
    """The object changed meanwhile, or exists already."""


class Gone(GraphError):
    """The state that the request builds on has expired; start a full sync, at *location* if any."""

    location: str = ""


class Throttled(GraphError):
    """Too many requests; *retry_after* is in seconds, where Graph names it."""


class Unavailable(GraphError):
    """Graph is away: 5xx, a broken connection, or a time-out."""
