"""All that one tenant holds, made and handed to each other on one screen."""

from dataclasses import dataclass, replace

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
from heliograph.simulator.grounds import Grounds
from heliograph.simulator.ids import Ids
from heliograph.simulator.notify.forgery import Forger
from heliograph.simulator.notify.handshake import Handshake
from heliograph.simulator.notify.lifecycle import Lifecycle
from heliograph.simulator.notify.post_office import PostOffice
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
    tenants: list[Tenant]

    @classmethod
    def create(cls, grounds: Grounds) -> "World":
        """An empty world: one more tenant on the *grounds*."""
        options, clock, switches = grounds.options, grounds.clock, grounds.switches
        number = len(grounds.tenants)
        seed = options.seed + number
        tenant = Tenant.seeded(seed)
        if number:
            tenant = tenant.beside(grounds.tenants[0], number)
        grounds.tenants.append(tenant)
        ids, store, agenda = Ids(seed), Store(clock), Agenda(clock)
        directory = Directory(
            Parts(
                store=store,
                clock=clock,
                ids=ids,
                agenda=agenda,
                tenant=tenant,
                options=replace(options, seed=seed),
            )
        )
        accounts = Accounts(directory)
        audit = AuditLog(directory, clock, switches, seed=seed)
        outlook = Outlook.create(store, clock, ids, directory=directory)
        store.listen(lambda event: grounds.publisher.publish(event, tenant=tenant.tenant_id))
        store.listen(grounds.lifecycle.follow)
        store.listen(audit.follow)
        return cls(
            options=options,
            clock=clock,
            ids=ids,
            tenant=tenant,
            keys=grounds.keys,
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
            faults=grounds.faults,
            throttle=grounds.throttle,
            switches=switches,
            registry=grounds.registry,
            handshake=grounds.handshake,
            subscriptions=Subscriptions(
                grounds.registry,
                grounds.handshake,
                boxes=outlook.boxes,
                tenant=tenant,
                options=options,
                switches=switches,
            ),
            tokens=grounds.tokens,
            forger=grounds.forger,
            post_office=grounds.post_office,
            lifecycle=grounds.lifecycle,
            tenants=grounds.tenants,
        )
