"""Writes every change into the audit log, with who, what, when, before and after."""

from heliograph import ANY, Change, Context, Router
from heliograph.audit import AuditEntry

router = Router()


@router.on(ANY, id="changes")
@router.on("heliograph", id="own_acts")
async def record(change: Change, ctx: Context) -> None:
    """One entry for each change, and for what Heliograph did itself."""
    await ctx.audit.append([AuditEntry.from_change(change)])
