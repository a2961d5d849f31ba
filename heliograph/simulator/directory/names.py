"""Who is called what: user principal names and mail addresses, without case."""

from collections.abc import Iterator

from heliograph.simulator.directory.people import People
from heliograph.simulator.store import Row


class Names:
    """The names of all living users. Those whom the tenant began with are not listed."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._names: dict[str, str | None] = {}
        self._addresses: dict[str, str] = {}

    def user(self, name: str) -> str | None:
        """The id of the user with this user principal name."""
        key = name.lower()
        return self._names[key] if key in self._names else self._people.named(key)

    def addressee(self, address: str) -> str | None:
        """The id of the user who gets mail at *address*."""
        return self._addresses.get(address.lower()) or self.user(address)

    def give(self, row: Row) -> None:
        """Know the user *row* by its names."""
        id_ = str(row["id"])
        self._names[row["userPrincipalName"].lower()] = id_
        self._addresses.update(dict.fromkeys(_addresses(row), id_))

    def take(self, row: Row) -> None:
        """Know the user *row* no more."""
        self._names[row["userPrincipalName"].lower()] = None
        for address in _addresses(row):
            if self._addresses.get(address) == row["id"]:
                del self._addresses[address]


def _addresses(row: Row) -> Iterator[str]:
    """Where the user gets mail."""
    for address in row.get("proxyAddresses") or ():
        yield str(address).partition(":")[2].lower()


def addressed(row: Row, mail: str) -> list[str]:
    """The `proxyAddresses` of a user whose first address is *mail*: the others are kept."""
    others = [address for address in _addresses(row) if address != mail.lower()]
    return [f"SMTP:{mail}", *(f"smtp:{address}" for address in others)]
