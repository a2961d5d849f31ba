"""What whoever starts a simulator can choose."""

from dataclasses import dataclass
from pathlib import Path

_POSITIVE = frozenset(
    (
        *("tenants", "users", "speed", "limits", "authorized_for", "endpoint_judged_after"),
        *("handshake_timeout", "first_timeout", "retry_timeout"),
    )
)
"""Options that are more than 0; all other numbers are 0 or more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One simulator. Durations are in seconds."""

    port: int = 0
    """0: a free one, told in the ready line."""
    host: str = "127.0.0.1"
    """The address to listen at; it asks for no token on its control API."""
    seed: int = 1
    """Equal seeds give equal tenants."""
    tenants: int = 1
    """How many tenants there are, with one app in all of them."""
    users: int = 16
    """How many people work in each."""
    tls: bool = True
    """Without it plain http is served, for clients that cannot be given a certificate authority."""
    ca_certificate: Path | None = None
    """With ca-key the authority to issue the server's certificate from; else one is made."""
    ca_key: Path | None = None
    """The authority's key."""
    speed: float = 1.0
    """Divides the simulator's own waits: 60 makes an hour of retries a minute."""
    permissions: tuple[str, ...] | None = None
    """What the app is granted; all that it needs where none is named."""
    delegated_permissions: tuple[str, ...] | None = None
    """What the app is granted for whoever signs in; all that it asks for where none is named."""
    app_roles: tuple[str, ...] = ()
    """The administrative roles that the app itself holds, by their names."""
    replication_delay: float = 0.0
    """So many seconds a new user or group is not found, as the directory copies slowly."""
    mailbox_delay: float = 0.0
    """So many seconds after the first licence a mailbox is ready."""
    client_certificate: Path | None = None
    """A certificate (PEM) by which the app may prove itself, beside its secret."""
    allow_http: bool = True
    """Take http notification URLs on loopback, which Graph refuses; elsewhere they are refused."""
    mail_delay: float = 0.0
    """So long a mail is under way, once it is accepted."""
    flush_after: float = 0.002
    """So many seconds a notification waits for others to the same URL."""
    handshake_timeout: float = 10.0
    """Seconds within which a receiver must echo."""
    first_timeout: float = 3.0
    """Seconds within which a notification must be answered."""
    retry_timeout: float = 10.0
    """Seconds within which a repeated notification must be answered."""
    limits: float | None = None
    """Throttle by the published limits times this; never where none is given."""
    endpoint_judged_after: int = 100
    """So many answers are needed before an endpoint is found slow."""
    authorized_for: float | None = None
    """Seconds for which the creator's access to a resource is known to a subscription; as long as
    it lives where none are given.
    """
    directory_quota: int = 100
    """Subscriptions to users and groups that one app may have in a tenant."""
    tenant_quota: int = 1_000
    """Subscriptions to users and groups that all apps together may have in a tenant."""
    app_quota: int = 50_000
    """Subscriptions to users and groups that one app may have in all tenants together."""
    mailbox_quota: int = 1_000
    """Subscriptions to what lies in one mailbox."""

    def check(self) -> None:
        """Raises ValueError, with every fault, where these options make no sense."""
        faults = [
            f"{name}: expected {wanted}, got {value}"
            for name in self.__dataclass_fields__
            if (value := getattr(self, name)) is not None and (wanted := _missed(name, value))
        ]
        if (self.ca_certificate is None) != (self.ca_key is None):
            faults.append("ca_certificate and ca_key: expected both or none")
        if faults:
            raise ValueError("; ".join(faults))


def _missed(name: str, value: object) -> str:
    """What the value of the option *name* should have been; empty where it may stay."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    if name == "port" and value > 65_535:
        return "65535 or less"
    if name in _POSITIVE:
        return "" if value > 0 else "more than 0"
    return "" if value >= 0 else "0 or more"
