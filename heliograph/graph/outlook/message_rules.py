"""The rules by which a mailbox sorts, forwards and deletes what comes in.

A rule that passes mail on to the outside is a known way to carry data off: worth a look when
somebody leaves. https://learn.microsoft.com/graph/api/resources/messagerule
"""

from collections.abc import AsyncIterator, Mapping

from heliograph.graph.calls import Calls, Properties
from heliograph.graph.mailbox import reading, writing
from heliograph.graph.query import options, properties_of
from heliograph.graph.values.items import Part, Recipient
from heliograph.graph.values.objects import Entity

_READ = "MailboxSettings.Read"
_WRITE = "MailboxSettings.ReadWrite"
_RULES = ("mailFolders", "inbox", "messageRules")  # no other folder has any


class RuleActions(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a rule does with a message."""

    move_to_folder: str | None = None
    copy_to_folder: str | None = None
    delete: bool | None = None
    permanent_delete: bool | None = None
    mark_as_read: bool | None = None
    mark_importance: str | None = None
    assign_categories: list[str] | None = None
    forward_to: list[Recipient] | None = None
    forward_as_attachment_to: list[Recipient] | None = None
    redirect_to: list[Recipient] | None = None
    stop_processing_rules: bool | None = None


class MessageRule(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One rule. `conditions` and `exceptions` are as Graph wrote them."""

    display_name: str | None = None
    sequence: int | None = None
    is_enabled: bool | None = None
    has_error: bool | None = None
    is_read_only: bool | None = None
    conditions: Mapping[str, object] | None = None
    exceptions: Mapping[str, object] | None = None
    actions: RuleActions | None = None

    @property
    def passes_on_to(self) -> frozenset[str]:
        """The addresses, in lower case, to which it forwards or redirects mail."""
        actions = self.actions or RuleActions()
        lists = (actions.forward_to, actions.forward_as_attachment_to, actions.redirect_to)
        return frozenset(each.address.lower() for some in lists for each in some or ())


_FIELDS = options(select=properties_of(MessageRule))


class MessageRules:
    """Calls about the rules of an inbox. *user* is the owner's id or UPN."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def get(self, user: str, rule: str) -> MessageRule:
        """One rule. Raises NotFound."""
        request = reading(user, *_RULES, rule, params=_FIELDS, permission=_READ)
        return await self._calls.fetch(request, MessageRule)

    def list(self, user: str) -> AsyncIterator[MessageRule]:
        """All rules."""
        request = reading(user, *_RULES, params=_FIELDS, permission=_READ)
        return self._calls.pages(request, MessageRule)

    async def create(self, user: str, properties: Properties) -> MessageRule:
        """A new rule. Needs `displayName`, `sequence` and `actions`."""
        request = writing("POST", user, *_RULES, json=properties, permission=_WRITE)
        return await self._calls.fetch(request, MessageRule)

    async def update(self, user: str, rule: str, properties: Properties) -> MessageRule:
        """The rule with *properties* set, such as `isEnabled`. Read-only ones are refused."""
        request = writing("PATCH", user, *_RULES, rule, json=properties, permission=_WRITE)
        return await self._calls.fetch(request, MessageRule)

    async def delete(self, user: str, rule: str) -> None:
        """Deletes it. Done as well if it is gone."""
        await self._calls.remove(writing("DELETE", user, *_RULES, rule, permission=_WRITE))
