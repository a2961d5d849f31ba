"""What a handler may use besides the change itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heliograph.workflow import Steps

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from heliograph.audit import AuditStore
    from heliograph.graph.client import GraphClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One attempt of one run.

    *graph* acts in the tenant of the change; each write through it stands in the run's journal.
    *audit* is the log that the audit handler writes. *settings* are the handler's own section.
    *attempt* counts from 1.
    *idempotency_key* is the same in every attempt of this run: hand it to targets that take one.
    *fence* is higher in every later attempt: a target that keeps the highest can refuse a late one.
    """

    graph: "GraphClient"
    audit: "AuditStore"
    settings: Any
    attempt: int
    idempotency_key: str
    log: "FilteringBoundLogger"
    steps: Steps
    fence: int = 0

    async def step(
        self, name: str, function: Callable[..., Awaitable[Any]], *args: object, **kwargs: object
    ) -> Any:  # noqa: ANN401 (what the author's function returns)
        """Calls *function* once in this run, whatever happens: see `workflow.Steps.step`."""
        return await self.steps.step(name, function, *args, **kwargs)

    async def once(
        self, key: str, function: Callable[..., Awaitable[Any]], *args: object, **kwargs: object
    ) -> Any:  # noqa: ANN401 (what the author's function returns)
        """As `step`, for keys made of data."""
        return await self.steps.once(key, function, *args, **kwargs)
