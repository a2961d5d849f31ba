"""What whoever starts a simulator can choose."""

from dataclasses import dataclass, field
from pathlib import Path

from heliograph.simulator.faults import Fault
from heliograph.simulator.switches import Switches


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
    allow_http: bool = True
    """Take http notification URLs on loopback, which Graph refuses; elsewhere they are refused."""
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
    tenant_quota: int = 1_000
    """Subscriptions to users and groups that all apps together may have in a tenant."""
    app_quota: int = 50_000
    """Subscriptions to users and groups that one app may have in all tenants together."""
    mailbox_quota: int = 1_000
    """Subscriptions to what lies in one mailbox."""
    switches: Switches = field(default_factory=Switches)
    """How they stand at the start."""
    faults: tuple[Fault, ...] = ()
    """What waits for its calls from the start."""
