"""Message rules: what happens to mail as it comes into an inbox."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from heliograph.simulator.ids import Ids
from heliograph.simulator.outlook.bodies import as_text
from heliograph.simulator.outlook.mailbox import Mailbox, missing
from heliograph.simulator.outlook.people import Person, addresses, shown
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row

Test = Callable[[Row, Any, str], bool]
"""Whether a message meets what a condition says; the last is the address of the mailbox."""


@dataclass(slots=True, kw_only=True)
class Sorted:
    """What the rules of a mailbox say of one message."""

    changes: dict[str, Any] = field(default_factory=dict)
    copies: list[str] = field(default_factory=list)
    forwards: list[Person] = field(default_factory=list)
    redirects: list[Person] = field(default_factory=list)
    is_purged: bool = False


class Rules:
    """The message rules of all mailboxes."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._of: dict[str, dict[str, Row]] = {}

    def all(self, box: Mailbox) -> Sequence[Row]:
        """The rules of *box*, in the order in which they are tried."""
        return sorted(self._of.get(box.owner, {}).values(), key=lambda rule: rule["sequence"])

    def get(self, box: Mailbox, id_: str) -> Row:
        """The rule with this id."""
        rule = self._of.get(box.owner, {}).get(id_)
        if rule is None:
            raise missing(id_)
        return rule

    def create(self, box: Mailbox, given: Mapping[str, Any]) -> Row:
        """A new rule."""
        for name in ("displayName", "sequence", "actions"):
            if not given.get(name):
                raise Refused(
                    400,
                    "ErrorInvalidRequest",
                    f"The property '{name}' is required when creating a rule.",
                )
        id_ = self._ids.mark()
        fresh = {"isEnabled": True, "hasError": False, "isReadOnly": False}
        rule = {"id": id_, "conditions": None, "exceptions": None, **fresh, **given}
        self._of.setdefault(box.owner, {})[id_] = rule
        return rule

    def update(self, box: Mailbox, id_: str, changes: Mapping[str, Any]) -> Row:
        """The rule with *changes* made."""
        rule = self._writable(box, id_)
        self._of[box.owner][id_] = {**rule, **changes}
        return self._of[box.owner][id_]

    def delete(self, box: Mailbox, id_: str) -> None:
        """Forget the rule."""
        self._writable(box, id_)
        del self._of[box.owner][id_]

    def sort(self, box: Mailbox, message: Row, *, address: str) -> Sorted:
        """What is to happen to *message*, which comes in for *address*."""
        found = Sorted()
        for rule in self.all(box):
            if rule["isEnabled"] and _applies(rule, message, address):
                _act(rule["actions"], box, found)
                if rule["actions"].get("stopProcessingRules"):
                    break
        return found

    def _writable(self, box: Mailbox, id_: str) -> Row:
        rule = self.get(box, id_)
        if rule["isReadOnly"]:
            raise Refused(400, "ErrorInvalidRequest", "A read-only rule cannot be changed.")
        return rule


def _applies(rule: Row, message: Row, address: str) -> bool:
    def meets(conditions: Mapping[str, Any] | None) -> list[bool]:
        wanted = {name: value for name, value in (conditions or {}).items() if value is not None}
        return [_TESTS.get(name, _never)(message, value, address) for name, value in wanted.items()]

    return all(meets(rule["conditions"])) and not any(meets(rule["exceptions"]))


def _act(actions: Mapping[str, Any], box: Mailbox, found: Sorted) -> None:
    if actions.get("moveToFolder"):
        found.changes["parentFolderId"] = box.folder_id(actions["moveToFolder"])
    if actions.get("copyToFolder"):
        found.copies.append(box.folder_id(actions["copyToFolder"]))
    if actions.get("delete"):
        found.changes["parentFolderId"] = box.well_known["deleteditems"]
    if actions.get("markAsRead"):
        found.changes["isRead"] = True
    if actions.get("markImportance"):
        found.changes["importance"] = actions["markImportance"]
    if actions.get("assignCategories"):
        known = found.changes.get("categories", [])
        found.changes["categories"] = [*dict.fromkeys((*known, *actions["assignCategories"]))]
    found.forwards += actions.get("forwardTo") or ()
    found.forwards += actions.get("forwardAsAttachmentTo") or ()
    found.redirects += actions.get("redirectTo") or ()
    found.is_purged = found.is_purged or bool(actions.get("permanentDelete"))


def _words_in(*names: str) -> Test:
    def test(message: Row, wanted: Sequence[str], address: str) -> bool:
        del address
        text = "\n".join(_said(message, name) for name in names).lower()
        return any(word.lower() in text for word in wanted)

    return test


def _said(message: Row, name: str) -> str:
    value = message.get(name)
    if name == "body":
        return as_text(value)
    if name == "internetMessageHeaders":
        return "\n".join(f"{each['name']}: {each['value']}" for each in value or ())
    if isinstance(value, str):
        return value
    return "\n".join(shown(message, name))


def _is(name: str) -> Test:
    return lambda message, wanted, _: message.get(name) == wanted


def _among(*names: str) -> Test:
    def test(message: Row, wanted: Sequence[Person], address: str) -> bool:
        del address
        return not set(addresses({"wanted": wanted}, "wanted")).isdisjoint(
            addresses(message, *names)
        )

    return test


def _for_me(*names: str, alone: bool = False) -> Test:
    def test(message: Row, wanted: bool, address: str) -> bool:
        found = addresses(message, *names)
        return wanted == (found == [address] if alone else address in found)

    return test


def _never(message: Row, wanted: object, address: str) -> bool:
    del message, wanted, address
    return False


_TESTS: Mapping[str, Test] = {
    "bodyContains": _words_in("body"),
    "subjectContains": _words_in("subject"),
    "bodyOrSubjectContains": _words_in("subject", "body"),
    "headerContains": _words_in("internetMessageHeaders"),
    "senderContains": _words_in("from"),
    "recipientContains": _words_in("toRecipients", "ccRecipients"),
    "categories": lambda message, wanted, _: set(wanted) <= set(message.get("categories") or ()),
    "fromAddresses": _among("from"),
    "sentToAddresses": _among("toRecipients", "ccRecipients"),
    "hasAttachments": _is("hasAttachments"),
    "importance": _is("importance"),
    "isMeetingRequest": lambda message, wanted, _: (
        wanted == (message.get("meetingMessageType") == "meetingRequest")
    ),
    "isMeetingResponse": lambda message, wanted, _: (
        wanted == ("Response" in message.get("@odata.type", ""))
    ),
    "sentToMe": _for_me("toRecipients"),
    "sentCcMe": _for_me("ccRecipients"),
    "sentToOrCcMe": _for_me("toRecipients", "ccRecipients"),
    "sentOnlyToMe": _for_me("toRecipients", "ccRecipients", alone=True),
    "notSentToMe": lambda message, wanted, address: (
        wanted == (address not in addresses(message, "toRecipients"))
    ),
}
"""The conditions that count here; others are kept and never hold."""
