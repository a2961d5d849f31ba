"""Who the simulated tenant is, and the app that is registered in it."""

import random
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from heliograph.simulator.clock import Clock

GRAPH = "https://graph.microsoft.com"

PERMISSIONS = (
    "AuditLog.Read.All",
    "Calendars.Read",
    "Calendars.ReadWrite",
    "Contacts.Read",
    "Contacts.ReadWrite",
    "Directory.Read.All",
    "Files.Read.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "GroupMember.ReadWrite.All",
    "LicenseAssignment.ReadWrite.All",
    "Mail.Read",
    "Mail.ReadWrite",
    "Mail.Send",
    "MailboxSettings.ReadWrite",
    "People.Read.All",
    "PeopleSettings.ReadWrite.All",
    "ProfilePhoto.ReadWrite.All",
    "RoleManagement.ReadWrite.Directory",
    "Sites.Read.All",
    "Tasks.ReadWrite.All",
    "User-LifeCycleInfo.ReadWrite.All",
    "User.DeleteRestore.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "User.RevokeSessions.All",
)
"""What an app may do where the options do not say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """A tenant and its one app registration."""

    tenant_id: str
    domain: str
    client_id: str
    service_principal: str
    client_secret: str = field(repr=False)

    @classmethod
    def seeded(cls, seed: int) -> "Tenant":
        """The tenant of *seed*: equal ids for equal seeds, the secret a new one each time."""
        source = random.Random(f"{seed}/tenant")  # noqa: S311 (repeatable, guards nothing)
        ids = [str(uuid.UUID(int=source.getrandbits(128), version=4)) for _ in range(3)]
        return cls(
            tenant_id=ids[0],
            domain="contoso.example",
            client_id=ids[1],
            service_principal=ids[2],
            client_secret=secrets.token_urlsafe(30),
        )

    def beside(self, first: "Tenant", number: int) -> "Tenant":
        """The tenant after *number* others, of which *first* is the first: the app is the same."""
        return replace(
            self,
            domain=f"contoso{number + 1}.example",
            client_id=first.client_id,
            client_secret=first.client_secret,
        )

    def access_claims(
        self, clock: Clock, *, roles: tuple[str, ...], lifetime: int
    ) -> Mapping[str, Any]:
        """What an access token of the app claims for *lifetime* seconds."""
        now = int(clock.now().timestamp())
        return {
            "aud": GRAPH,
            "iss": f"https://sts.windows.net/{self.tenant_id}/",
            "iat": now,
            "nbf": now - 5,
            "exp": now + lifetime,
            "app_displayname": "Heliograph",
            "appid": self.client_id,
            "appidacr": "1",
            "idtyp": "app",
            "oid": self.service_principal,
            "roles": list(roles),
            "sub": self.service_principal,
            "tid": self.tenant_id,
            "ver": "1.0",
        }
