"""The categories of a mailbox, with their colours. Items bear them by their names.

https://learn.microsoft.com/graph/api/resources/outlookcategory
"""

from collections.abc import AsyncIterator

from heliograph.graph.calls import Calls
from heliograph.graph.mailbox import reading, writing
from heliograph.graph.values.objects import Entity

_READ = "MailboxSettings.Read"
_WRITE = "MailboxSettings.ReadWrite"
_CATEGORIES = ("outlook", "masterCategories")


class Category(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """`color` is none, or preset0 to preset24."""

    display_name: str | None = None
    color: str | None = None


class Categories:
    """Calls about the categories of a mailbox. *user* is the owner's id or UPN."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(self, user: str) -> AsyncIterator[Category]:
        """All categories."""
        return self._calls.pages(reading(user, *_CATEGORIES, permission=_READ), Category)

    async def create(self, user: str, name: str, *, color: str = "none") -> Category:
        """A new category."""
        json = {"displayName": name, "color": color}
        request = writing("POST", user, *_CATEGORIES, json=json, permission=_WRITE)
        return await self._calls.fetch(request, Category)

    async def recolor(self, user: str, category: str, color: str) -> Category:
        """The category in another *color*. Its name stays: items bear it."""
        json = {"color": color}
        request = writing("PATCH", user, *_CATEGORIES, category, json=json, permission=_WRITE)
        return await self._calls.fetch(request, Category)

    async def delete(self, user: str, category: str) -> None:
        """Deletes it; items keep its name. Done as well if it is gone."""
        await self._calls.remove(writing("DELETE", user, *_CATEGORIES, category, permission=_WRITE))
