"""What the platform remembers of a sign-in until the app comes for its tokens.

Codes are good once and for minutes, refresh tokens for 90 days, all by the simulator's clock.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from heliograph.simulator.clock import Clock
from heliograph.simulator.entra.denials import Denied, invalid_grant
from heliograph.simulator.switches import Switches

CODE_LIFE = timedelta(minutes=10)
DEVICE_LIFE = timedelta(minutes=15)
REFRESH_LIFE = timedelta(days=90)

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Somebody who has signed in: the *user*'s id, what the app asked for, and when."""

    user: str
    scope: str
    at: datetime
    nonce: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Code:
    login: Login
    redirect: str
    challenge: str
    method: str


@dataclass(slots=True, kw_only=True)
class Device:
    """A device that waits for somebody to enter its *user_code* elsewhere. *user* is who did."""

    user_code: str
    scope: str
    expires: datetime
    user: str = ""
    is_declined: bool = False
    was_polled: bool = False


class Logins:
    """All codes and refresh tokens that are good."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._codes: dict[str, _Code] = {}
        self._used: set[str] = set()
        self._devices: dict[str, Device] = {}
        self._refresh: dict[str, Login] = {}

    def login(self, user: str, scope: str, *, nonce: str = "") -> Login:
        """A sign-in of *user* as of now."""
        return Login(user=user, scope=scope, nonce=nonce, at=self._clock.now())

    def code(self, login: Login, *, redirect: str, challenge: str, method: str) -> str:
        """A code for *login*; whoever redeems it must know what was hashed to *challenge*."""
        code = f"1.{secrets.token_urlsafe(48)}"
        self._codes[code] = _Code(
            login=login, redirect=redirect, challenge=challenge, method=method.upper() or "PLAIN"
        )
        return code

    def redeemed(self, code: str, *, redirect: str, verifier: str) -> Login:
        """The login behind *code*, which is used up by this."""
        if code in self._used:
            raise invalid_grant(
                54005,
                "OAuth2 Authorization code was already redeemed, please retry with a new valid code"
                " or use an existing refresh token.",
            )
        found = self._codes.pop(code, None)
        if found is None:
            raise invalid_grant(70000, "The provided authorization code is malformed.")
        self._used.add(code)
        if self._clock.now() >= found.login.at + CODE_LIFE:
            raise _expired()
        if found.redirect != redirect:
            raise Denied(
                "invalid_client",
                500112,
                f"The reply address '{redirect}' does not match the reply address"
                f" '{found.redirect}' provided when requesting Authorization code.",
            )
        _check_verifier(found, verifier)
        return found.login

    def refresh_token(self, login: Login) -> str:
        """A token that brings new ones for *login*."""
        token = f"1.{secrets.token_urlsafe(96)}"
        self._refresh[token] = login
        return token

    def refreshed(self, token: str) -> Login:
        """The login that a refresh token stands for, as of when it was given."""
        found = self._refresh.get(token)
        if found is None:
            raise invalid_grant(9002313, "Invalid request. Request is malformed or invalid.")
        if self._clock.now() >= found.at + REFRESH_LIFE:
            raise _expired()
        return found

    def device(self, scope: str) -> tuple[str, Device]:
        """A code for a device, and what it waits for."""
        code = secrets.token_urlsafe(72)
        user_code = "".join(secrets.choice(_LETTERS) for _ in range(9))
        device = Device(user_code=user_code, scope=scope, expires=self._clock.now() + DEVICE_LIFE)
        self._devices[code] = device
        return code, device

    def decide(self, user_code: str, *, user: str) -> Device:
        """Let the device in as *user*; an empty one declines.

        Raises LookupError where none waits.
        """
        for device in self._devices.values():
            if device.user_code == user_code.strip().upper():
                device.user, device.is_declined = user, not user
                return device
        raise LookupError(f"no device waits with the code {user_code[:20]!r}")

    def polled(self, code: str, *, anybody: str) -> Login:
        """The login that a device waited for.

        Unless a switch has it wait for a decision, the second poll lets it in as *anybody*.
        """
        device = self._devices.get(code)
        if device is None:
            raise Denied("bad_verification_code", 70018, "The verification code is not recognized.")
        if self._clock.now() >= device.expires:
            raise Denied("expired_token", 70020, "The provided device code has expired.")
        if device.is_declined:
            raise Denied("authorization_declined", 70017, "The user declined the authorization.")
        if not device.user and device.was_polled and not self._switches.devices_wait:
            device.user = anybody
        device.was_polled = True
        if not device.user:
            raise Denied(
                "authorization_pending",
                70016,
                "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
            )
        del self._devices[code]
        return self.login(device.user, device.scope)

    def renewed(self, login: Login) -> Login:
        """*login* as of now."""
        return replace(login, nonce="", at=self._clock.now())


def _check_verifier(code: _Code, verifier: str) -> None:
    """Refuse a code that was asked for with a challenge which *verifier* does not meet."""
    if not code.challenge:
        return
    if not verifier:
        raise invalid_grant(
            50148,
            "The code_verifier is missing: the authorization code was requested with a"
            " code_challenge (PKCE).",
        )
    digest = hashlib.sha256(verifier.encode()).digest()
    hashed = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if code.challenge != (hashed if code.method == "S256" else verifier):
        raise invalid_grant(
            501481,
            "The Code_Verifier does not match the code_challenge supplied in the authorization"
            " request.",
        )


def _expired() -> Denied:
    return invalid_grant(
        70008,
        "The provided authorization code or refresh token has expired due to inactivity. Send a new"
        " interactive authorization request for this user and resource.",
    )
