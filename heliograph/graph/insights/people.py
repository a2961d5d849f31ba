"""The people around a user, as Graph ranks them.

https://learn.microsoft.com/graph/api/resources/person
"""

import msgspec

from heliograph.graph.values.items import Part
from heliograph.graph.values.objects import Entity


class ScoredAddress(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    address: str | None = None
    relevance_score: float | None = None


class PersonType(Part, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What somebody is: class `Person`, `Group`, ..., subclass `OrganizationUser`, ..."""

    class_: str | None = msgspec.field(default=None, name="class")
    subclass: str | None = None


class Person(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Somebody near a user. The id of a colleague is the one in the directory."""

    display_name: str | None = None
    given_name: str | None = None
    surname: str | None = None
    company_name: str | None = None
    department: str | None = None
    job_title: str | None = None
    office_location: str | None = None
    user_principal_name: str | None = None
    scored_email_addresses: list[ScoredAddress] | None = None
    person_type: PersonType | None = None
