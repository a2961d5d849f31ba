"""What whoever starts a simulator can choose."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One simulator. Equal seeds give equal tenants; durations are in seconds."""

    port: int = 0
    """0: a free one, told in the ready line."""
    host: str = "127.0.0.1"
    seed: int = 1
    users: int = 12
    tls: bool = True
    ca_certificate: Path | None = None
    """With `ca_key` the authority to issue the server's certificate from; else one is made."""
    ca_key: Path | None = None
    speed: float = 1.0
    """Divides all waits of the simulator's own: backoff, repeated lifecycle events, slow state."""
    permissions: tuple[str, ...] | None = None
    """What the app is granted; None: all that it needs."""
    allow_http: bool = False
    """Take http notification URLs on loopback, which Graph refuses."""
    flush_after: float = 0.002
    """So long a notification waits for others to the same URL."""
    handshake_timeout: float = 10.0
    first_timeout: float = 3.0
    retry_timeout: float = 10.0
    limits: float | None = None
    """Throttle by the published limits times this; None: never."""
    endpoint_judged_after: int = 100
    """So many answers are needed before an endpoint is found slow."""
    authorized_for: float | None = None
    """How long the creator's token state of a subscription lives; None: as long as itself."""
    directory_quota: int = 100
    """Subscriptions to users and groups that one app may have in a tenant."""
    mailbox_quota: int = 1_000
    """Subscriptions to what lies in one mailbox."""
    refuse_duplicates: bool = True
    """409 for a second subscription of the same change types to the same resource."""
    refuse_created_in_directory: bool = False
    """Refuse `created` for users and groups in any list, not only alone."""
    null_validation_tokens: bool = False
    """Send `validationTokens: null`, as Graph does where the app is not set up for tokens."""
    handshake_on_renewal: bool = False
    """Ask the receiver again when a subscription is renewed without a new URL."""
