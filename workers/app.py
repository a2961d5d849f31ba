"""The composition root of a worker process: settings meet objects here, and nowhere else."""

import asyncio
import os
import signal
import socket
from contextlib import AsyncExitStack

import structlog

from heliograph.audit import AuditStore
from heliograph.background import going_on
from heliograph.budgets import SharedBudgets
from heliograph.delta_links import DeltaLinks
from heliograph.encryption_keys import EncryptionKeys
from heliograph.graph.client import open_client
from heliograph.loading import load, load_functions
from heliograph.orders import Orders
from heliograph.queue.deployment import open_deployment, until_safe
from heliograph.queue.intake import Intake
from heliograph.queue.worker import LeaseWorker, Limits
from heliograph.registrations import Registrations
from heliograph.settings import Settings
from heliograph.sign_ins import SignIns
from workers.baseline import Baseline
from workers.following import Following, sources
from workers.functions import Functions
from workers.gauges import watch
from workers.handle import Handling
from workers.health import build, serving
from workers.lifecycle import Lifecycle
from workers.looking import Looking
from workers.observe import Observing
from workers.proofs import open_proofs
from workers.resync import Resync
from workers.retention import scheduled
from workers.rich import RichReader
from workers.sight import GraphSight

log = structlog.get_logger()


async def run(settings: Settings) -> None:
    """Works until SIGTERM or SIGINT, then drains and releases."""
    name = f"{socket.gethostname()}:{os.getpid()}"
    handlers = load(settings.handlers.values(), directory=settings.directory)
    functions = load_functions(settings.workers.functions, directory=settings.directory)
    routes = [loaded.handler for loaded in handlers]
    async with AsyncExitStack() as stack:
        queue = await stack.enter_async_context(open_deployment(settings))
        await until_safe(queue, settings)
        redis, sealer, partitions = queue.redis, queue.sealer, queue.partitions
        budgets, sign_ins = SharedBudgets(redis), SignIns(redis, sealer)
        stack.push_async_callback(budgets.close)
        graphs = {
            tenant.tenant_id: await stack.enter_async_context(
                open_client(tenant, budget=budgets.of(tenant), sign_ins=sign_ins)
            )
            for tenant in settings.tenants.values()
        }
        audit = await stack.enter_async_context(AuditStore.open(settings.audit.url.reveal()))
        proofs = await stack.enter_async_context(open_proofs(settings.tenants))
        keys = EncryptionKeys(redis, sealer)
        rich = RichReader(keys, proofs)
        registrations = Registrations(redis)
        orders = Orders(redis)
        sight = Following(
            GraphSight(graphs, rich, registrations, counters=partitions, keys=keys),
            orders,
            sources(settings.subscriptions, settings.tenants),
        )
        intake = Intake(partitions)
        stack.push_async_callback(intake.close)
        resync = Resync(
            graphs,
            registrations,
            DeltaLinks(redis, sealer),
            intake,
            baseline=Baseline(graphs, partitions, registrations),
        )
        lifecycle = Lifecycle(orders, resync)
        own, schedules = scheduled(partitions, routes, keep=settings.dead_letters.keep)
        functions += own
        pool = queue.connector.arq_client(queue=partitions[0].keys.queue("functions"))
        stack.push_async_callback(pool.aclose, close_connection_pool=True)
        worker = LeaseWorker(
            queue,
            {
                "lifecycle": Looking(lifecycle, worker=name),
                "looks": Looking(Observing(sight, routes), worker=name),
                "runs": Handling(handlers, graphs, audit=audit, worker=name),
                "functions": Functions(functions, {"redis": pool}, worker=name),
            },
            pool=pool,
            name=name,
            schedules=schedules,
            limits=Limits(slots=settings.workers.concurrency, lease=settings.workers.lease),
        )
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, worker.handle_sig, signum)
        health = build(worker.ready)
        host, port = settings.workers.health_host, settings.workers.health_port
        await stack.enter_async_context(serving(health, host=host, port=port))
        await stack.enter_async_context(going_on(watch(queue, settings)))
        log.info("worker.started", worker=name, handlers=[one.handler.id for one in handlers])
        await worker.async_run()
