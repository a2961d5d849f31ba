"""Mailbox settings, message rules, the focused inbox (graph-users-api.md, 9, M21 to M24)."""

from heliograph.simulator import permissions
from heliograph.simulator.graph.answers import NOTHING
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.outlook.kinds import OUTLOOK
from heliograph.simulator.graph.outlook.lists import Listing, collection, mailbox, owner
from heliograph.simulator.graph.outlook.settings_kinds import (
    MAILBOX_SETTINGS,
    MESSAGE_RULE,
    OVERRIDE,
)
from heliograph.simulator.graph.outlook.views import View, answered, chosen
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row

routes = Routes()

_READ = permissions.mailbox("MailboxSettings.Read")
_WRITE = permissions.mailbox("MailboxSettings.ReadWrite")
_READ_MAIL = permissions.mailbox("Mail.Read")
_WRITE_MAIL = permissions.mailbox("Mail.ReadWrite")
_SETTINGS = "/users/{user}/mailboxSettings"
_RULES = "/users/{user}/mailFolders/{folder}/messageRules"
_OVERRIDES = "/users/{user}/inferenceClassification/overrides"

_READ_ONLY = frozenset({"archiveFolder", "userPurpose"})
_SETTINGS_VIEW = View(kind=MAILBOX_SETTINGS, has_etag=False, has_two_ids=False)
_RULE_VIEW = View(kind=MESSAGE_RULE, has_etag=False, has_two_ids=False)
_OVERRIDE_VIEW = View(kind=OVERRIDE, has_etag=False, has_two_ids=False)


@routes.on("GET", _SETTINGS, needs=_READ)
def get_settings(call: Call) -> Answer:
    """The settings of a mailbox."""
    row = call.world.outlook.settings.get(mailbox(call))
    names = [each.name for each in chosen(call, _SETTINGS_VIEW)] or list(row)
    return _settings(call, {name: row[name] for name in names})


@routes.on("GET", f"{_SETTINGS}/{{part}}", needs=_READ)
def get_setting(call: Call) -> Answer:
    """One part of the settings."""
    name = MAILBOX_SETTINGS.known(call.params["part"]).name
    value = call.world.outlook.settings.get(mailbox(call))[name]
    context = call.metadata(f"{owner(call)}/mailboxSettings/{name}")
    part = value if isinstance(value, dict) else {"value": value}
    return Answer(body={"@odata.context": context, **part})


@routes.on("PATCH", _SETTINGS, needs=_WRITE)
def update_settings(call: Call) -> Answer:
    """The parts of the settings that were changed."""
    changes = OUTLOOK.read(MAILBOX_SETTINGS, call.json())
    for name in changes:
        if name in _READ_ONLY:
            text = f"Set action is invalid for property '{name}'."
            raise Refused(400, "ErrorInvalidPropertySet", text)
    after = call.world.outlook.settings.update(mailbox(call), changes)
    return _settings(call, {name: after[name] for name in changes})


@routes.on("GET", _RULES, needs=_READ)
def list_rules(call: Call) -> Answer:
    """The rules of the inbox, in the order in which they are tried."""
    _check_inbox(call)
    rules = call.world.outlook.rules.all(mailbox(call))
    rows = [(rule["id"], rule) for rule in rules]
    return collection(call, Listing(view=_RULE_VIEW, default=1_000), _rules(call), rows)


@routes.on("POST", _RULES, needs=_WRITE)
def create_rule(call: Call) -> Answer:
    """A new rule."""
    _check_inbox(call)
    given = OUTLOOK.read(MESSAGE_RULE, call.json())
    return _rule(call, call.world.outlook.rules.create(mailbox(call), given), status=201)


@routes.on("GET", f"{_RULES}/{{rule}}", needs=_READ)
def get_rule(call: Call) -> Answer:
    """One rule."""
    _check_inbox(call)
    return _rule(call, call.world.outlook.rules.get(mailbox(call), call.params["rule"]))


@routes.on("PATCH", f"{_RULES}/{{rule}}", needs=_WRITE)
def update_rule(call: Call) -> Answer:
    """A changed rule."""
    _check_inbox(call)
    changes = OUTLOOK.read(MESSAGE_RULE, call.json())
    rules = call.world.outlook.rules
    return _rule(call, rules.update(mailbox(call), call.params["rule"], changes))


@routes.on("DELETE", f"{_RULES}/{{rule}}", needs=_WRITE)
def delete_rule(call: Call) -> Answer:
    """A rule gone."""
    _check_inbox(call)
    call.world.outlook.rules.delete(mailbox(call), call.params["rule"])
    return NOTHING


@routes.on("GET", _OVERRIDES, needs=_READ_MAIL)
def list_overrides(call: Call) -> Answer:
    """The senders whose mail is focused, or is not, whatever it says."""
    rows = [(row["id"], row) for row in call.world.outlook.focus.all(mailbox(call))]
    return collection(call, Listing(view=_OVERRIDE_VIEW, default=1_000), _overrides(call), rows)


@routes.on("POST", _OVERRIDES, needs=_WRITE_MAIL)
def create_override(call: Call) -> Answer:
    """An override; that of the same sender, changed, where there is one."""
    given = OUTLOOK.read(OVERRIDE, call.json())
    return _override(call, call.world.outlook.focus.create(mailbox(call), given), status=201)


@routes.on("PATCH", f"{_OVERRIDES}/{{override}}", needs=_WRITE_MAIL)
def update_override(call: Call) -> Answer:
    """A changed override."""
    given = OUTLOOK.read(OVERRIDE, call.json())
    word = str(given.get("classifyAs") or "focused")
    focus = call.world.outlook.focus
    return _override(call, focus.update(mailbox(call), call.params["override"], word))


@routes.on("DELETE", f"{_OVERRIDES}/{{override}}", needs=_WRITE_MAIL)
def delete_override(call: Call) -> Answer:
    """An override gone."""
    call.world.outlook.focus.delete(mailbox(call), call.params["override"])
    return NOTHING


def _settings(call: Call, parts: Row) -> Answer:
    context = call.metadata(f"{owner(call)}/mailboxSettings")
    return Answer(body={"@odata.context": context, **parts})


def _check_inbox(call: Call) -> None:
    box = mailbox(call)
    if box.folder_id(call.params["folder"]) != box.well_known["inbox"]:
        raise Refused(400, "ErrorInvalidRequest", "Message rules are supported in the inbox only.")


def _rules(call: Call) -> str:
    return f"{owner(call)}/mailFolders('inbox')/messageRules"


def _rule(call: Call, row: Row, *, status: int = 200) -> Answer:
    return answered(call, _RULE_VIEW, _rules(call), row["id"], row, status=status)


def _overrides(call: Call) -> str:
    return f"{owner(call)}/inferenceClassification/overrides"


def _override(call: Call, row: Row, *, status: int = 200) -> Answer:
    return answered(call, _OVERRIDE_VIEW, _overrides(call), row["id"], row, status=status)
