"""Who is acting just now: the app, somebody in whose name it calls, or the script of the day."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from heliograph.simulator.permissions import is_delegated


@dataclass(frozen=True, slots=True, kw_only=True)
class Initiator:
    """An app (*app_id*, with the *id* of its service principal), or else a user."""

    id: str
    name: str
    app_id: str = ""

    def shown(self) -> dict[str, Any]:
        """As the audit log shows it."""
        if self.app_id:
            app = {
                "appId": self.app_id,
                "displayName": self.name,
                "servicePrincipalId": self.id,
                "servicePrincipalName": None,
            }
            return {"user": None, "app": app}
        user = {
            "id": self.id,
            "displayName": None,
            "userPrincipalName": self.name,
            "ipAddress": "127.0.0.1",
        }
        return {"user": user, "app": None}


SYSTEM = Initiator(
    id="1d25dbf0-35ca-4af4-a7a6-c6cbf4d70a5d",
    name="Windows Azure Service",
    app_id="00000000-0000-0000-0000-000000000000",
)
"""What does by itself what nobody asked for."""

_acting: ContextVar[Initiator] = ContextVar("initiator", default=SYSTEM)


def of_token(claims: Mapping[str, Any]) -> Initiator:
    """Who acts with a token of these *claims*."""
    if is_delegated(claims):
        return Initiator(id=claims["oid"], name=claims["upn"])
    return Initiator(id=claims["oid"], name=claims["app_displayname"], app_id=claims["appid"])


def acting() -> Initiator:
    """Who is acting."""
    return _acting.get()


@contextmanager
def act_as(initiator: Initiator) -> Iterator[None]:
    """While inside, *initiator* is who is acting."""
    token = _acting.set(initiator)
    try:
        yield
    finally:
        _acting.reset(token)
