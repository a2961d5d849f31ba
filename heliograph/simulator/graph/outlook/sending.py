"""Mail that goes out: sent, answered, handed on, or drafted for that (graph-users-api.md, 9)."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from heliograph.simulator import permissions
from heliograph.simulator.graph.answers import ACCEPTED
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.kinds import Kind
from heliograph.simulator.graph.outlook.kinds import OUTLOOK
from heliograph.simulator.graph.outlook.lists import mailbox, parameters
from heliograph.simulator.graph.outlook.messages import answer, found, is_mime, written
from heliograph.simulator.graph.outlook.paths import MESSAGE, below
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.outlook import mime
from heliograph.simulator.refusals import Refused

routes = Routes()

_SEND = permissions.mailbox("Mail.Send")
_WRITE = permissions.mailbox("Mail.ReadWrite")

_SEND_MAIL = OUTLOOK.kind("sendMail", "message: Any\n saveToSentItems: Boolean")
_ANSWER = OUTLOOK.kind("reply", "message: Any\n comment: String\n toRecipients: recipient[]")


@routes.on("POST", "/users/{user}/sendMail", needs=_SEND)
def send_mail(call: Call) -> Answer:
    """A mail accepted, and sent a moment later."""
    box = mailbox(call)
    if is_mime(call):
        content, save = mime.decoded(call.body), True
    else:
        given = _read(call, _SEND_MAIL)
        if not isinstance(given.get("message"), dict):
            raise Refused(400, "ErrorInvalidParameter", "The message is missing.")
        content, save = written(given["message"]), given.get("saveToSentItems") is not False
    call.world.outlook.mail.check(box, content)
    _later(call, lambda: call.world.outlook.mail.send(box, content, save=save))
    return ACCEPTED


@routes.on("POST", *below(MESSAGE, "send"), needs=_SEND)
def send_draft(call: Call) -> Answer:
    """A draft accepted, and sent a moment later."""
    box, key = mailbox(call), found(call)
    call.world.outlook.mail.check_draft(box, key)
    _later(call, lambda: call.world.outlook.mail.send_draft(box, key))
    return ACCEPTED


@routes.on("POST", *below(MESSAGE, "reply", "replyAll", "forward"), needs=_SEND)
def send_answer(call: Call) -> Answer:
    """An answer, or a message handed on, accepted and sent a moment later."""
    box, content = mailbox(call), _composed(call)
    call.world.outlook.mail.check(box, content)
    _later(call, lambda: call.world.outlook.mail.send(box, content))
    return ACCEPTED


@routes.on("POST", *below(MESSAGE, "createReply", "createReplyAll", "createForward"), needs=_WRITE)
def draft_answer(call: Call) -> Answer:
    """A draft of an answer, or of a message to be handed on."""
    content = _composed(call)
    return answer(call, call.world.outlook.mail.draft(mailbox(call), content), status=201)


def _later(call: Call, do: Callable[[], object]) -> None:
    """Have *do* called when the mail has been under way for as long as the options say."""
    world = call.world
    delay = timedelta(seconds=world.options.mail_delay / world.clock.speed)
    world.agenda.at(world.clock.now() + delay, do)


def _composed(call: Call) -> dict[str, Any]:
    """The content of what the call wants to have written about the message that it names."""
    box = mailbox(call)
    original = box.messages.rows[found(call)]
    action = call.segments[-1].rpartition(".")[2].lower()
    if is_mime(call) and call.body.strip():
        return {**mime.decoded(call.body), "conversationId": original["conversationId"]}
    asked = _read(call, _ANSWER)
    given = written(asked.get("message") or {})
    comment = asked.get("comment")
    if comment and given.get("body"):
        raise Refused(400, "ErrorInvalidParameter", "Give either a comment or a body, not both.")
    composer = call.world.outlook.composer
    if "forward" not in action:
        to_all = action.endswith("all")
        return composer.reply(box, original, comment=comment or "", given=given, to_all=to_all)
    to = asked.get("toRecipients") or []
    _check_recipients(to, given, is_draft=action.startswith("create"))
    return composer.forward(original, comment=comment or "", to=to, given=given)


def _check_recipients(to: list[Any], given: Mapping[str, Any], *, is_draft: bool) -> None:
    has_own = bool(given.get("toRecipients"))
    if (to and has_own) or not (to or has_own or is_draft):
        raise Refused(
            400,
            "ErrorInvalidParameter",
            "Give either toRecipients, or toRecipients of the message.",
        )


def _read(call: Call, kind: Kind) -> dict[str, Any]:
    return OUTLOOK.read(kind, parameters(call))
