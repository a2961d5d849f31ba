"""Personal contacts in a mailbox, and the folders that they lie in.

Not the people of the directory. Where no *folder* is named, the default one is meant.
https://learn.microsoft.com/graph/api/resources/contact
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from heliograph.graph.calls import Calls, Properties
from heliograph.graph.mailbox import reading, writing
from heliograph.graph.paths import literal
from heliograph.graph.query import options, properties_of
from heliograph.graph.transport import Request
from heliograph.graph.values.items import EmailAddress, Item, Part

_READ = "Contacts.Read"
_WRITE = "Contacts.ReadWrite"


class Address(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Where somebody lives or works. Graph gives `{}` where nothing is known."""

    street: str | None = None
    city: str | None = None
    state: str | None = None
    country_or_region: str | None = None
    postal_code: str | None = None


class Contact(Item, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Somebody whom the owner of the mailbox knows."""

    display_name: str | None = None
    file_as: str | None = None
    given_name: str | None = None
    middle_name: str | None = None
    surname: str | None = None
    nick_name: str | None = None
    title: str | None = None
    company_name: str | None = None
    department: str | None = None
    job_title: str | None = None
    office_location: str | None = None
    email_addresses: list[EmailAddress] | None = None
    im_addresses: list[str] | None = None
    business_phones: list[str] | None = None
    home_phones: list[str] | None = None
    mobile_phone: str | None = None
    business_address: Address | None = None
    home_address: Address | None = None
    other_address: Address | None = None
    birthday: datetime | None = None
    parent_folder_id: str | None = None
    personal_notes: str | None = None


CONTACT_FIELDS = properties_of(Contact)
"""What a Contact is asked for, unless the caller selects."""


class Contacts:
    """Calls into the contacts of a mailbox. *user* is the owner's id or UPN."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def get(
        self, user: str, contact: str, *, select: Sequence[str] = CONTACT_FIELDS
    ) -> Contact:
        """One contact. Raises NotFound."""
        return await self._calls.fetch(_read(user, contact, select), Contact)

    async def get_properties(
        self, user: str, contact: str, select: Sequence[str]
    ) -> dict[str, object]:
        """The selected properties as Graph wrote them. Raises NotFound."""
        return await self._calls.fetch_properties(_read(user, contact, select))

    def list(
        self,
        user: str,
        *,
        folder: str = "",
        select: Sequence[str] = CONTACT_FIELDS,
        where: str = "",
    ) -> AsyncIterator[Contact]:
        """The contacts of one folder, not of those below it."""
        params = options(select=select, where=where, top=100)
        request = reading(user, *_within(folder), params=params, permission=_READ)
        return self._calls.pages(request, Contact)

    def with_address(self, user: str, address: str, *, folder: str = "") -> AsyncIterator[Contact]:
        """The contacts that have the mail *address*."""
        where = f"emailAddresses/any(a:a/address eq {literal(address)})"
        return self.list(user, folder=folder, where=where)

    async def create(self, user: str, properties: Properties, *, folder: str = "") -> Contact:
        """A new contact. Graph makes `displayName` from the names where it is not given."""
        request = writing("POST", user, *_within(folder), json=properties, permission=_WRITE)
        return await self._calls.fetch(request, Contact)

    async def update(self, user: str, contact: str, properties: Properties) -> Contact:
        """The contact with *properties* set; collections are replaced whole.

        Its `displayName` is sent along, as Graph may make it anew from the names otherwise.
        """
        if "displayName" not in properties:
            known = await self.get_properties(user, contact, ("displayName",))
            if name := known.get("displayName"):
                properties = {**properties, "displayName": name}
        request = writing("PATCH", user, "contacts", contact, json=properties, permission=_WRITE)
        return await self._calls.fetch(request, Contact)

    async def delete(self, user: str, contact: str) -> None:
        """Deletes the contact. Done as well if it is gone."""
        await self._calls.remove(writing("DELETE", user, "contacts", contact, permission=_WRITE))


def _within(folder: str) -> tuple[str, ...]:
    return ("contactFolders", folder, "contacts") if folder else ("contacts",)


def _read(user: str, contact: str, select: Sequence[str]) -> Request:
    return reading(user, "contacts", contact, params=options(select=select), permission=_READ)
