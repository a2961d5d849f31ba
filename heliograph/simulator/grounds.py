"""What all tenants of one simulator share: time, keys, limits, and the way to the receivers."""

from dataclasses import dataclass, field

import httpx

from heliograph.simulator.clock import Clock
from heliograph.simulator.faults import Faults
from heliograph.simulator.notify.forgery import Forger
from heliograph.simulator.notify.handshake import Handshake
from heliograph.simulator.notify.lifecycle import Lifecycle
from heliograph.simulator.notify.post_office import PostOffice
from heliograph.simulator.notify.publisher import Publisher
from heliograph.simulator.notify.receivers import Receivers
from heliograph.simulator.notify.registry import Registry
from heliograph.simulator.notify.validation import ValidationTokens
from heliograph.simulator.options import Options
from heliograph.simulator.switches import Switches
from heliograph.simulator.tenant import Tenant
from heliograph.simulator.throttling import Throttle
from heliograph.simulator.tokens import KeyRing


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """Made once for a simulator; *tenants* are those that were made on it."""

    options: Options
    clock: Clock
    keys: KeyRing
    faults: Faults
    throttle: Throttle
    switches: Switches
    registry: Registry
    handshake: Handshake
    tokens: ValidationTokens
    forger: Forger
    post_office: PostOffice
    publisher: Publisher
    lifecycle: Lifecycle
    tenants: list[Tenant] = field(default_factory=list)

    @classmethod
    def create(
        cls, options: Options, client: httpx.AsyncClient, *, switches: Switches
    ) -> "Grounds":
        """Grounds without tenants, from which receivers are reached through *client*."""
        seed, clock = options.seed, Clock(speed=options.speed)
        keys, registry, receivers = KeyRing(clock), Registry(clock), Receivers(client, clock)
        tokens = ValidationTokens(keys, clock, switches, seed=seed)
        post_office = PostOffice(
            receivers, clock, options=options, tokens=tokens, registry=registry, switches=switches
        )
        forger = Forger(keys, tokens)
        publisher = Publisher(
            registry, post_office, forger=forger, switches=switches, clock=clock, seed=seed
        )
        return cls(
            options=options,
            clock=clock,
            keys=keys,
            faults=Faults(),
            throttle=Throttle(clock, scale=options.limits),
            switches=switches,
            registry=registry,
            handshake=Handshake(receivers, options=options, switches=switches),
            tokens=tokens,
            forger=forger,
            post_office=post_office,
            publisher=publisher,
            lifecycle=Lifecycle(registry, publisher, post_office, clock),
        )
