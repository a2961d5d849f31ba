"""How an app proves to Entra who it is: one of four ways for each tenant.

What lies in a file that somebody rotates is left there, and read anew at each use.
"""

from dataclasses import dataclass, field

from heliograph.settings.certificate import KeyPair, read_key_pair
from heliograph.settings.secret import Secret, SecretFile


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSecret:
    """A password of the app registration."""

    secret: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate of the app registration with its private key, as PEM or PFX."""

    content: Secret | SecretFile
    password: Secret = field(default_factory=lambda: Secret(""))

    def key_pair(self) -> KeyPair:
        """What is there now. Raises OSError, and Expected for what is no certificate with key."""
        return read_key_pair(self.content.read(), self.password.reveal())


@dataclass(frozen=True, slots=True, kw_only=True)
class FederatedToken:
    """A token from somebody whom the app registration trusts, such as a Kubernetes cluster."""

    token: Secret | SecretFile


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedIdentity:
    """The identity that Azure gives the machine; *client_id* picks a user-assigned one."""

    client_id: str = ""


Credential = ClientSecret | Certificate | FederatedToken | ManagedIdentity
