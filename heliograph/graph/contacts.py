"""Personal contacts in a mailbox, in its default contacts folder.

https://learn.microsoft.com/graph/api/resources/contact
"""

from collections.abc import AsyncIterator, Sequence

from heliograph.errors import NotFound
from heliograph.graph.calls import Calls, Properties
from heliograph.graph.items import Contact
from heliograph.graph.mailbox import reading, writing
from heliograph.graph.query import options

_READ = "Contacts.Read"
_WRITE = "Contacts.ReadWrite"

CONTACT_FIELDS = (
    "id",
    "businessAddress",
    "businessPhones",
    "categories",
    "changeKey",
    "companyName",
    "createdDateTime",
    "department",
    "displayName",
    "emailAddresses",
    "givenName",
    "homeAddress",
    "homePhones",
    "jobTitle",
    "lastModifiedDateTime",
    "mobilePhone",
    "parentFolderId",
    "personalNotes",
    "surname",
)
"""What a Contact is asked for, unless the caller selects."""


class Contacts:
    """Calls into the contacts of a mailbox. *user* is the owner's id or UPN."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def get(
        self, user: str, contact: str, *, select: Sequence[str] = CONTACT_FIELDS
    ) -> Contact:
        """One contact. Raises NotFound."""
        request = reading(
            user, "contacts", contact, params=options(select=select), permission=_READ
        )
        return await self._calls.fetch(request, Contact)

    async def get_properties(
        self, user: str, contact: str, select: Sequence[str]
    ) -> dict[str, object]:
        """The selected properties as Graph wrote them. Raises NotFound."""
        request = reading(
            user, "contacts", contact, params=options(select=select), permission=_READ
        )
        return await self._calls.fetch_properties(request)

    def list(
        self, user: str, *, select: Sequence[str] = CONTACT_FIELDS, where: str = ""
    ) -> AsyncIterator[Contact]:
        """The contacts of the default folder, not of those below it."""
        params = options(select=select, where=where, top=100)
        return self._calls.pages(
            reading(user, "contacts", params=params, permission=_READ), Contact
        )

    async def create(self, user: str, properties: Properties) -> Contact:
        """A new contact. Graph makes `displayName` from the names where it is not given."""
        request = writing("POST", user, "contacts", json=properties, permission=_WRITE)
        return await self._calls.fetch(request, Contact)

    async def update(self, user: str, contact: str, properties: Properties) -> Contact:
        """The contact with *properties* set; collections are replaced whole.

        Send `displayName` along: Graph may make it anew from the names otherwise.
        """
        request = writing("PATCH", user, "contacts", contact, json=properties, permission=_WRITE)
        return await self._calls.fetch(request, Contact)

    async def delete(self, user: str, contact: str) -> None:
        """Deletes the contact. Done as well if it is gone."""
        try:
            await self._calls.send(writing("DELETE", user, "contacts", contact, permission=_WRITE))
        except NotFound:
            return
