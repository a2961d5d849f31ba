"""How the app proves that it is the app: by its secret, by a certificate, or by a federation."""

import base64
import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from heliograph.simulator.clock import Clock
from heliograph.simulator.entra.denials import Denied, invalid_client
from heliograph.simulator.entra.forms import Form
from heliograph.simulator.tenant import Tenant

BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EXCHANGE = "api://AzureADTokenExchange"
"""The audience of a token that another identity provider issued for this purpose."""

_ALGORITHMS = ["RS256", "PS256", "ES256"]


Key = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class Clients:
    """The credentials of the tenant's one app."""

    def __init__(self, tenant: Tenant, clock: Clock, *, certificate: Path | None = None) -> None:
        self._tenant = tenant
        self._clock = clock
        self._certificates: dict[str, x509.Certificate] = {}
        self._federations: dict[tuple[str, str], Key] = {}
        if certificate is not None:
            self.take_certificate(certificate.read_text())

    def take_certificate(self, pem: str) -> dict[str, str]:
        """Take assertions that *pem* proves; the names that they may call it by.

        Raises ValueError for what is no certificate.
        """
        certificate = x509.load_pem_x509_certificate(pem.encode())
        names = _thumbprints(certificate)
        self._certificates.update(dict.fromkeys(names.values(), certificate))
        return names

    def take_federation(self, issuer: str, subject: str, *, key: str) -> dict[str, str]:
        """Take tokens that *issuer* signs for *subject* with the private half of *key* (PEM).

        Raises ValueError for what is no key.
        """
        public = serialization.load_pem_public_key(key.encode())
        if not isinstance(public, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            raise ValueError("an RSA or an elliptic-curve key is expected")  # noqa: TRY004 (bad input)
        self._federations[issuer, subject] = public
        return {"issuer": issuer, "subject": subject}

    def prove(self, form: Form, *, is_public: bool = False) -> str:
        """How the app of *form* has proved itself, as the claim appidacr says it.

        *is_public*: an app without a secret may call, as it does in a user's name.
        """
        if form["client_id"].lower() != self._tenant.client_id:
            raise Denied(
                "unauthorized_client",
                700016,
                f"Application with identifier '{form['client_id']}' was not found in the directory"
                f" '{self._tenant.domain}'.",
            )
        if form.get("client_assertion"):
            self._check_assertion(form)
            return "2"
        if not form.get("client_secret"):
            if is_public:
                return "0"
            raise invalid_client(
                7000216,
                "'client_assertion', 'client_secret' or 'request' is required for the"
                f" '{form.get('grant_type')}' grant type.",
            )
        if not hmac.compare_digest(
            form["client_secret"].encode(), self._tenant.client_secret.encode()
        ):
            raise invalid_client(
                7000215,
                "Invalid client secret provided. Ensure the secret being sent in the request is the"
                " client secret value, not the client secret ID, for a secret added to app"
                f" '{self._tenant.client_id}'.",
            )
        return "1"

    def _check_assertion(self, form: Form) -> None:
        if form.get("client_assertion_type") != BEARER:
            raise Denied(
                "invalid_request",
                900144,
                "The request body must contain the following parameter: 'client_assertion_type'.",
            )
        token = form["client_assertion"]
        try:
            header = jwt.get_unverified_header(token)
            unproved = jwt.decode(token, options={"verify_signature": False})
        except jwt.InvalidTokenError as error:
            raise invalid_client(50027, "JWT token is invalid or malformed.") from error
        if unproved.get("iss") == self._tenant.client_id:
            self._check_times(self._proved(token, self._key(header)))
            self._check_own(unproved, form)
        else:
            self._check_times(self._proved(token, self._federated(unproved)))

    def _key(self, header: Mapping[str, Any]) -> Key:
        named = header.get("x5t#S256") or header.get("x5t") or ""
        certificate = self._certificates.get(str(named).rstrip("="))
        public = None if certificate is None else certificate.public_key()
        if not isinstance(public, Key):
            raise invalid_client(
                700027,
                "The certificate with identifier used to sign the client assertion is not"
                " registered on application. [Reason - The key was not found.]",
            )
        return public

    def _federated(self, claims: Mapping[str, Any]) -> Key:
        key = self._federations.get((str(claims.get("iss")), str(claims.get("sub"))))
        if key is None:
            raise invalid_client(
                700213,
                "No matching federated identity record found for presented assertion subject"
                f" '{claims.get('sub')}'.",
            )
        if claims.get("aud") not in (EXCHANGE, [EXCHANGE]):
            raise _wrong_audience()
        return key

    def _proved(self, token: str, key: Key) -> Mapping[str, Any]:
        try:
            # The times are judged by the simulator's clock, not by the real one.
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=_ALGORITHMS,
                options={
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                    "verify_aud": False,
                    "require": ["exp"],
                },
            )
        except jwt.InvalidTokenError as error:
            text = "Client assertion contains an invalid signature."
            raise invalid_client(700027, text) from error
        return claims

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now = self._clock.now().timestamp()
        if not claims.get("nbf", now) - 300 <= now < claims["exp"] + 300:
            text = "Client assertion is not within its valid time range."
            raise invalid_client(700024, text)

    def _check_own(self, claims: Mapping[str, Any], form: Form) -> None:
        if claims.get("sub") != self._tenant.client_id:
            text = "Client assertion application identifier doesn't match 'client_id' parameter."
            raise invalid_client(700021, text)
        audiences = claims.get("aud")
        named = audiences if isinstance(audiences, list) else [audiences]
        hosts = (*form.origins, "https://login.microsoftonline.com")
        if not any(str(name).startswith(f"{host}/") for name in named for host in hosts):
            raise _wrong_audience()


def _thumbprints(certificate: x509.Certificate) -> dict[str, str]:
    """What an assertion may call the certificate by, in its header."""
    hashed = {"x5t": hashes.SHA1(), "x5t#S256": hashes.SHA256()}  # noqa: S303 (a name, no proof)
    return {
        name: base64.urlsafe_b64encode(certificate.fingerprint(kind)).decode().rstrip("=")
        for name, kind in hashed.items()
    }


def _wrong_audience() -> Denied:
    return invalid_client(700023, "Client assertion audience claim does not match Realm issuer.")
