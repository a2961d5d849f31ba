"""Greets new hires by mail, as soon as their mailbox is there."""

import msgspec

from heliograph import Change, Context, Retry, Router
from heliograph.errors import NotFound
from heliograph.graph import compose

NOT_YET = 60.0
"""Seconds. Exchange takes up to 15 minutes and more to make a mailbox after the first licence."""


class Onboarding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """*sender*: the mailbox that greets, an id or UPN. The texts may hold `{name}`."""

    sender: str
    subject: str = "Welcome, {name}!"
    body: str = "Hello {name}, good to have you with us. Your manager will be in touch."


router = Router(settings=Onboarding)


def is_employee(change: Change) -> bool:
    """Guests are invited by others, and greeted by them."""
    after = change.after or {}
    return after.get("userType") in {None, "Member"} and after.get("accountEnabled") is not False


@router.on("users", "created", when=is_employee)
async def greet(change: Change, ctx: Context) -> None:
    """Sends a welcome mail to a new employee, once."""
    settings: Onboarding = ctx.settings
    try:
        await ctx.graph.mail_folders.get(change.id, "inbox")
    except NotFound as error:
        raise Retry("the mailbox is not there yet", after=NOT_YET) from error
    after = change.after or {}
    name = str(after.get("givenName") or after.get("displayName") or "there")
    message = compose(
        to=[str(after["userPrincipalName"])],
        subject=settings.subject.format(name=name),
        text=settings.body.format(name=name),
    )
    mail = ctx.graph.mail
    draft = await mail.create_draft(settings.sender, message)
    # Its id stays when it is sent: after a crash in between it tells whether it went out.
    if (await mail.get(settings.sender, draft.id, select=("isDraft",))).is_draft:
        await mail.send_draft(settings.sender, draft.id)
