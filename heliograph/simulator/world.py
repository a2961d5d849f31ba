"""All that one simulator holds, made and handed to each other on one screen."""

from dataclasses import dataclass

import httpx

from heliograph.simulator.agenda import Agenda
from heliograph.simulator.clock import Clock
from heliograph.simulator.directory import Directory
from heliograph.simulator.directory.accounts import Accounts
from heliograph.simulator.directory.administration import Administration
from heliograph.simulator.directory.audit import AuditLog
from heliograph.simulator.directory.groups import Groups
from heliograph.simulator.directory.photos import Photos
from heliograph.simulator.directory.service import Parts
from heliograph.simulator.documents import Documents
from heliograph.simulator.entra.clients import Clients
from heliograph.simulator.entra.consent import Consent
from heliograph.simulator.entra.logins import Logins
from heliograph.simulator.faults import Faults
from heliograph.simulator.ids import Ids
from heliograph.simulator.notify.forgery import Forger
from heliograph.simulator.notify.handshake import Handshake
from heliograph.simulator.notify.lifecycle import Lifecycle
from heliograph.simulator.notify.post_office import PostOffice
from heliograph.simulator.notify.publisher import Publisher
from heliograph.simulator.notify.receivers import Receivers
from heliograph.simulator.notify.registry import Registry
from heliograph.simulator.notify.subscriptions import Subscriptions
from heliograph.simulator.notify.validation import ValidationTokens
from heliograph.simulator.options import Options
from heliograph.simulator.outlook.service import Outlook
from heliograph.simulator.planner import Planner
from heliograph.simulator.store import Store
from heliograph.simulator.switches import Switches
from heliograph.simulator.tenant import Tenant
from heliograph.simulator.throttling import Throttle
from heliograph.simulator.tokens import KeyRing


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A tenant, what is in it, and who is told of its changes."""

    options: Options
    clock: Clock
    ids: Ids
    tenant: Tenant
    keys: KeyRing
    clients: Clients
    consent: Consent
    logins: Logins
    store: Store
    agenda: Agenda
    directory: Directory
    accounts: Accounts
    groups: Groups
    administration: Administration
    photos: Photos
    audit: AuditLog
    documents: Documents
    outlook: Outlook
    planner: Planner
    faults: Faults
    throttle: Throttle
    switches: Switches
    registry: Registry
    handshake: Handshake
    subscriptions: Subscriptions
    tokens: ValidationTokens
    forger: Forger
    post_office: PostOffice
    lifecycle: Lifecycle

    @classmethod
    def create(cls, options: Options, client: httpx.AsyncClient, *, switches: Switches) -> "World":
        """An empty world, which reaches receivers through *client*."""
        seed, clock, ids = options.seed, Clock(speed=options.speed), Ids(options.seed)
        tenant, keys = Tenant.seeded(seed), KeyRing(clock)
        store, registry = Store(clock), Registry(clock)
        agenda = Agenda(clock)
        directory = Directory(
            Parts(store=store, clock=clock, ids=ids, agenda=agenda, tenant=tenant, options=options)
        )
        accounts = Accounts(directory)
        audit = AuditLog(directory, clock, switches, seed=seed)
        outlook = Outlook.create(store, clock, ids, directory=directory)
        receivers = Receivers(client, clock)
        handshake = Handshake(receivers, options=options, switches=switches)
        tokens = ValidationTokens(keys, clock, switches, seed=seed)
        post_office = PostOffice(
            receivers, clock, options=options, tokens=tokens, registry=registry, switches=switches
        )
        forger = Forger(keys, tokens)
        publisher = Publisher(
            registry,
            post_office,
            forger=forger,
            switches=switches,
            clock=clock,
            seed=seed,
        )
        lifecycle = Lifecycle(registry, publisher, post_office, clock)
        store.listen(publisher.publish)
        store.listen(lifecycle.follow)
        store.listen(audit.follow)
        return cls(
            options=options,
            clock=clock,
            ids=ids,
            tenant=tenant,
            keys=keys,
            clients=Clients(tenant, clock, certificate=options.client_certificate),
            consent=Consent(options),
            logins=Logins(clock, switches),
            store=store,
            agenda=agenda,
            directory=directory,
            accounts=accounts,
            groups=Groups(directory, accounts),
            administration=Administration(directory),
            photos=Photos(),
            audit=audit,
            documents=Documents(directory, clock, seed=seed),
            outlook=outlook,
            planner=Planner(store, clock, ids, directory=directory),
            faults=Faults(),
            throttle=Throttle(clock, scale=options.limits, users=lambda: len(directory.users.rows)),
            switches=switches,
            registry=registry,
            handshake=handshake,
            subscriptions=Subscriptions(
                registry,
                handshake,
                boxes=outlook.boxes,
                tenant=tenant,
                options=options,
                switches=switches,
            ),
            tokens=tokens,
            forger=forger,
            post_office=post_office,
            lifecycle=lifecycle,
        )
