"""The settings of each concern, as frozen values: unit, default and reason stand with the field.

How they are read stands in `sections`, the whole in `heliograph.settings`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from heliograph.settings.credentials import Credential
from heliograph.settings.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One Microsoft 365 tenant, and the app registration that Heliograph uses there."""

    name: str
    """The short name that metrics and wishes use."""
    tenant_id: str
    client_id: str
    credential: Credential
    cloud: str = "global"
    """Sets the hosts of Graph and of the tokens: global, usgov, dod or china."""
    graph: str = ""
    """Instead of the cloud's host, for instance the simulator's; without `/v1.0`."""
    authority: str = ""
    """Instead of the cloud's host for tokens."""
    ca_file: Path | None = None
    """A certificate authority that is trusted for both, besides those of the system."""
    delegated_permissions: tuple[str, ...] = ()
    """What signed-in users may be asked to lend; none is called for where it is empty."""
    preflight: bool = True
    """Whether calls that Graph is certain to refuse are refused before they leave."""
    directory_units: int = 3_500
    """Resource units that Graph gives the app in 10 s: 5,000 from 50 users on, 8,000 above 500."""
    directory_writes: int = 3_000
    """Writes to the directory that Graph takes from the app in 150 s."""


@dataclass(frozen=True, slots=True)
class GroupMembers:
    """The users who are members of *group*, an object id."""

    group: str

    def __str__(self) -> str:
        return f"the members of group {self.group}"


@dataclass(frozen=True, slots=True)
class UsersMatching:
    """The users that Graph finds by *filter*."""

    filter: str

    def __str__(self) -> str:
        return f"the users with {self.filter}"


@dataclass(frozen=True, slots=True)
class EveryMailbox:
    """All users who have a mailbox."""

    def __str__(self) -> str:
        return "every mailbox"


Audience = tuple[str, ...] | GroupMembers | UsersMatching | EveryMailbox
"""For whom a wish is: ids or user principal names, or a way to find them in the directory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionWish:
    """What to watch: the keeper makes and keeps a subscription for it, or one for each user."""

    tenant: str
    resource: str
    """Graph's path without a leading slash; `{id}` stands for each user of *for_each*."""
    change_types: tuple[str, ...]
    rich: bool = False
    """Whether Graph sends the content along, encrypted for us."""
    select: tuple[str, ...] = ()
    """The properties that a rich notification brings."""
    filter: str = ""
    """OData that mailbox items must match for Graph to tell of them."""
    for_each: Audience = ()
    lifetime: timedelta | None = None
    """As long as the resource allows, where it is None."""
    take_over: bool = False
    """Whether another deployment's subscription that is in the way is removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerSettings:
    """The HTTP service that Graph calls."""

    host: str = "127.0.0.1"
    port: int = 8080
    """0 takes a free one."""
    public_url: str = ""
    """`https://host[/prefix]` by which Graph reaches this listener; no slash at its end."""
    tls_certificate: Path | None = None
    """PEM, the chain. Without it a proxy in front must end TLS."""
    tls_key: Path | None = None
    forwarded_allow_ips: tuple[str, ...] = ()
    """Addresses or networks of proxies whose word is taken for who the client is; nobody else's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """The workers that observe and handle."""

    concurrency: int = 100
    """Lanes and runs at once in one process."""
    lease: timedelta = timedelta(seconds=15)
    """After this long without a heartbeat somebody else takes the work of a dead worker."""
    functions: tuple[str, ...] = ()
    """Plain arq functions (`module:function`) that a program of the user's own enqueues."""
    health_host: str = "127.0.0.1"
    health_port: int = 8081
    """0 takes a free one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterSettings:
    """Work that was given up, until a person has settled it."""

    keep: timedelta | None = None
    """After this long a letter is erased, which is told to the audit log; None keeps all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisSettings:
    """Where work waits. An empty *url* means a server of our own, in `.heliograph/redis`."""

    url: Secret = field(default_factory=lambda: Secret(""))
    """redis://, rediss:// or unix://, percent-encoded where user or password need it."""
    keeper_url: Secret = field(default_factory=lambda: Secret(""))
    """The same place by the keeper's own user, where roles have one each; else *url*."""
    ca_file: Path | None = None
    """A certificate authority that is trusted for rediss://, instead of those of the system."""
    identity: str = "url"
    """Who we are there: what the *url* says, or an Entra identity (`entra`), as Azure has it."""
    partitions: int = 1
    """Hash tags that lanes are spread over; cannot be changed while work waits."""
    durability: str = "standard"
    """What a 202 means. `standard`: stored, and on disk within a second. `strict`: on disk.
    `replicated`: in the memory of *replicas* others, too."""
    replicas: int = 1
    accept: tuple[str, ...] = ()
    """Checks at start whose findings are accepted, by name: for a managed Redis, say, that hides
    its settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackPressure:
    """When the listener answers 503 at once, so that Graph keeps what we cannot; and how fast the
    looks of one subscription may follow each other (faster ones come later, none is refused).
    """

    memory_percent: int = 75
    """Of Redis's own limit (or of the machine, where it has none)."""
    depth: int = 1_000_000
    """Lanes and runs that wait."""
    age: timedelta = timedelta(hours=4)
    """How long the oldest is overdue: Graph would have given up by now, too."""
    looks_per_second: int = 1_000
    looks_burst: int = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerSettings:
    """One handler that is to run, and what it is told."""

    name: str
    module: str
    """An import path, or the name of an entry point of the group `heliograph.handlers`."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """Checked by the handler at start. `{ env = "X" }` and `{ file = "x" }` are Secrets here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSettings:
    """Where the audit log is kept."""

    url: Secret
    """A SQLAlchemy URL: sqlite:///path, or postgresql+psycopg://..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """One setting as it is in effect: for people, so secrets are stars."""

    key: str
    shown: str
    origin: str
    """`default`, the name of the file, or `environment NAME`."""
