"""The people whom a tenant begins with. Each is made when looked at, always the same, so that a
million of them cost no memory and no time to start.

The first twelve of each sixteen have a mailbox; after them come a newcomer without a licence, a
guest, and somebody who has left; the sixteenth has a mailbox again.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from heliograph.simulator.directory.numbering import Numbering, written
from heliograph.simulator.directory.skus import ENTERPRISE, licensed
from heliograph.simulator.layers import Row

_GIVEN = (
    *("Lene", "Amir", "Nadia", "Jonas", "Mei", "Carlos", "Ingrid", "Tariq", "Sofia", "Henrik"),
    *("Aisha", "Pavel", "Yuki", "Marta", "Liam", "Zofia", "Omar", "Elin", "Mateo", "Greta"),
    *("Noor", "Anders", "Priya", "Lucas", "Hanna", "Samuel", "Irina", "Felix", "Chloe", "Rasmus"),
)
_FAMILY = (
    *("Holm", "Haddad", "Costa", "Berg", "Lin", "Romero", "Dahl", "Aziz", "Rossi", "Lund"),
    *("Khan", "Novak", "Sato", "Silva", "Byrne", "Wolski", "Farah", "Nilsson", "Vega", "Keller"),
    *("Amari", "Strand", "Rao", "Martin", "Falk", "Okoye", "Petrova", "Brandt", "Dubois", "Krogh"),
)
_NAMES = [
    (given, family, f"{given} {family}", f"{given}.{family}".lower())
    for given, family in (
        (_GIVEN[at % len(_GIVEN)], _FAMILY[(at * 7 + at // 30) % len(_FAMILY)])
        for at in range(len(_GIVEN) * len(_FAMILY))
    )
]
"""All names, in the order in which people have them."""

DEPARTMENTS = ("Finance", "Sales", "Engineering", "People", "Operations", "Legal")
_TITLES = ("Analyst", "Manager", "Specialist", "Director", "Assistant")
_PLACES = (
    ("Copenhagen", "DK", "CPH", "da-DK", "+45 33 12"),
    ("Lisbon", "PT", "LIS", "pt-PT", "+351 21 555"),
    ("Toronto", "CA", "YYZ", "en-CA", "+1 416 555"),
    ("Osaka", "JP", "OSA", "ja-JP", "+81 6 5550"),
)
TEAM = 6
"""So many people report to one manager."""

_QUICK: Mapping[str, Callable[[int], Any]] = {
    "accountEnabled": lambda _: True,
    "companyName": lambda _: "Contoso",
    "department": lambda at: DEPARTMENTS[at % len(DEPARTMENTS)],
    "displayName": lambda at: _NAMES[at % len(_NAMES)][2],
    "employeeType": lambda _: "Employee",
    "givenName": lambda at: _NAMES[at % len(_NAMES)][0],
    "surname": lambda at: _NAMES[at % len(_NAMES)][1],
    "userType": lambda _: "Member",
}
"""What follows from a place alone."""

_CYCLE = 16
_NEWCOMER, _GUEST, _LEAVER = 12, 13, 14
_NAME = re.compile(r"([a-z]+)\.([a-z]+?)(\d*)[@_]")


class People:
    """The first *count* people of a *seed*, in a tenant that began at *since*."""

    def __init__(self, seed: int, count: int, *, domain: str, since: str) -> None:
        self._numbering = Numbering(f"{seed}/people")
        self._count = count
        self._domain = domain
        self._since = since
        self._licences = licensed(ENTERPRISE, at=since)

    def __len__(self) -> int:
        return self._count

    def key(self, at: int) -> str:
        """The id of the person at a place."""
        return self._numbering.id(at)

    def place(self, key: str) -> int:
        """The place of the person with this id, -1 for a stranger."""
        number = self._numbering.number(key)
        return number if number < self._count else -1

    def named(self, name: str) -> str | None:
        """The id of the person with this user principal name, in lower case."""
        match = _NAME.match(name)
        if match is None:
            return None
        number = (
            int(match[3])
            if match[3]
            else next((at for at, given in enumerate(_GIVEN) if given.lower() == match[1]), -1)
        )
        is_there = 0 <= number < self._count and self._name(number) == name
        return self.key(number) if is_there else None

    def licences(self) -> int:
        """How many have one."""
        whole, rest = divmod(self._count, _CYCLE)
        return whole * (_CYCLE - 3) + sum(_has_mailbox(at) for at in range(rest))

    def has_mailbox(self, at: int) -> bool:
        """Whether the person at a place began with a mailbox."""
        return _has_mailbox(at)

    def manager(self, at: int) -> int:
        """The place of the manager of the person at a place, -1 for the first."""
        return (at - 1) // TEAM if at else -1

    def reports(self, at: int) -> Iterator[int]:
        """The places of the people who report to the one at a place."""
        return iter(range(min(TEAM * at + 1, self._count), min(TEAM * (at + 1) + 1, self._count)))

    def part(self, at: int, names: frozenset[str]) -> Row:
        """The properties called *names* of the person at a place, if need be with others: so much
        quicker to make that a million people can be counted by them.
        """
        if names <= _QUICK.keys() and _has_mailbox(at):
            return {name: _QUICK[name](at) for name in names}
        return self.row(at)

    def row(self, at: int) -> Row:
        """The person at a place."""
        bits = self._numbering.mixed(at)
        given, family, display, nick = _NAMES[at % len(_NAMES)]
        nick += str(at) if at >= len(_GIVEN) else ""
        name = f"{nick}@{self._domain}"
        city, country, office, language, phone = _PLACES[(bits >> 8) % len(_PLACES)]
        number = bits % 10_000
        row: dict[str, Any] = {
            "id": written(bits),
            "displayName": display,
            "givenName": given,
            "surname": family,
            "userPrincipalName": name,
            "mail": name,
            "mailNickname": nick,
            "jobTitle": _TITLES[(bits >> 4) % len(_TITLES)],
            "department": DEPARTMENTS[at % len(DEPARTMENTS)],
            "companyName": "Contoso",
            "city": city,
            "country": country,
            "usageLocation": country,
            "officeLocation": f"{office}/{number % 9}.{number % 97}",
            "preferredLanguage": language,
            "businessPhones": [f"{phone} {number:04d}"],
            "accountEnabled": True,
            "userType": "Member",
            "employeeId": str(100_000 + at),
            "employeeType": "Employee",
            "createdDateTime": self._since,
            "lastPasswordChangeDateTime": self._since,
            "signInSessionsValidFromDateTime": self._since,
            "proxyAddresses": [f"SMTP:{name}"],
            **self._licences,
        }
        return row if _has_mailbox(at) else {**row, **self._differently(at, nick)}

    def _differently(self, at: int, nick: str) -> Mapping[str, Any]:
        """What is different about somebody without a mailbox."""
        none: dict[str, Any] = {
            "mail": None,
            "proxyAddresses": [],
            "assignedLicenses": [],
            "assignedPlans": [],
            "licenseAssignmentStates": [],
        }
        if at % _CYCLE == _LEAVER:
            return {**none, "accountEnabled": False}
        if at % _CYCLE == _NEWCOMER:
            return none
        outside = f"{nick}@fabrikam.example"
        return {
            **none,
            "userPrincipalName": f"{nick}_fabrikam.example#EXT#@{self._domain}",
            "mail": outside,
            "otherMails": [outside],
            "userType": "Guest",
            "creationType": "Invitation",
            "externalUserState": "Accepted",
            "externalUserStateChangeDateTime": self._since,
            "companyName": "Fabrikam",
            "employeeId": None,
            "employeeType": None,
        }

    def _name(self, at: int) -> str:
        return str(self.row(at)["userPrincipalName"]).lower()


def _has_mailbox(at: int) -> bool:
    return not _NEWCOMER <= at % _CYCLE <= _LEAVER
