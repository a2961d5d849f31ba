"""How the app proves itself without a secret (change-notifications.md, 9.1)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from heliograph.simulator.entra.clients import BEARER, EXCHANGE
from tests.heliograph.simulator.entra.conftest import claims, refused

GRAPH = "https://graph.microsoft.com/.default"


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


KEY, STRANGER = new_key(), new_key()


def certificate() -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "app")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(KEY, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


PEM = certificate()


@pytest.fixture
async def assertion(scene: Any) -> Callable[..., str]:
    """Makes the assertion of an app whose certificate is registered."""
    names = (await scene.control("POST", "credentials", json={"certificate": PEM})).json()
    ready = scene.simulator.ready

    def make(key: rsa.RSAPrivateKey = KEY, *, named_by: str = "x5t", **changes: Any) -> str:
        now = int(scene.simulator.world.clock.now().timestamp())
        content = {
            "aud": f"{ready['authority']}/{ready['tenant_id']}/oauth2/v2.0/token",
            "iss": ready["client_id"],
            "sub": ready["client_id"],
            "exp": now + 600,
            "jti": "1",
            **changes,
        }
        algorithm = "RS256" if named_by == "x5t" else "PS256"
        return jwt.encode(content, key, algorithm=algorithm, headers={named_by: names[named_by]})

    return make


async def _ask(ask: Any, assertion: str, **more: str) -> Any:
    return await ask(
        **{
            "grant_type": "client_credentials",
            "scope": GRAPH,
            "client_secret": "",
            "client_assertion": assertion,
            "client_assertion_type": BEARER,
            **more,
        }
    )


@pytest.mark.parametrize("named_by", ["x5t", "x5t#S256"])
async def test_registered_certificate_proves_the_app(
    ask: Any, assertion: Any, named_by: str
) -> None:
    answer = await _ask(ask, assertion(named_by=named_by))
    assert claims(answer.json()["access_token"])["appidacr"] == "2"


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ({"key": STRANGER}, 700027),
        ({"exp": 1_000_000}, 700024),
        ({"sub": "another"}, 700021),
        ({"aud": "https://elsewhere/token"}, 700023),
        ({"iss": "https://issuer.example"}, 700213),
    ],
    ids=["key", "time", "subject", "audience", "issuer"],
)
async def test_assertion_that_does_not_hold_is_refused(
    ask: Any, assertion: Any, change: dict[str, Any], number: int
) -> None:
    assert refused(await _ask(ask, assertion(**change))) == (401, "invalid_client", number)


async def test_assertion_of_an_unknown_certificate_is_refused(ask: Any, scene: Any) -> None:
    client = scene.simulator.ready["client_id"]
    token = jwt.encode({"iss": client}, KEY, algorithm="RS256", headers={"x5t": "unknown"})
    assert refused(await _ask(ask, token)) == (401, "invalid_client", 700027)
    assert refused(await _ask(ask, "no token")) == (401, "invalid_client", 50027)


async def test_type_of_the_assertion_must_be_named(ask: Any, assertion: Any) -> None:
    answer = await _ask(ask, assertion(), client_assertion_type="")
    assert refused(answer) == (400, "invalid_request", 900144)


async def test_federated_token_proves_the_app(scene: Any, ask: Any) -> None:
    public = KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    known = {"issuer": "https://cluster.example", "subject": "system:serviceaccount:a:b"}
    wish = {**known, "key": public.decode()}
    assert (await scene.control("POST", "credentials", json=wish)).json() == known
    now = int(scene.simulator.world.clock.now().timestamp())
    content = {"iss": known["issuer"], "sub": known["subject"], "exp": now + 60, "aud": EXCHANGE}
    token = jwt.encode(content, KEY, algorithm="RS256")
    assert (await _ask(ask, token)).status_code == 200
    wrong = jwt.encode({**content, "aud": "another"}, KEY, algorithm="RS256")
    assert refused(await _ask(ask, wrong)) == (401, "invalid_client", 700023)


@pytest.mark.parametrize("wish", [{"certificate": "x"}, {"issuer": "i", "key": "x"}, {"z": 1}])
async def test_credential_that_cannot_be_read_is_told(scene: Any, wish: Any) -> None:
    answer = await scene.control("POST", "credentials", json=wish)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")


async def test_certificate_may_be_there_from_the_start(stage: Any, tmp_path: Path) -> None:
    file = tmp_path / "app.pem"
    file.write_text(PEM)
    async with stage(client_certificate=file) as scene:
        ready = scene.simulator.ready
        fingerprint = x509.load_pem_x509_certificate(PEM.encode()).fingerprint(hashes.SHA256())
        url = f"{ready['authority']}/{ready['tenant_id']}/oauth2/v2.0/token"
        now = int(scene.simulator.world.clock.now().timestamp())
        content = {"aud": url, "iss": ready["client_id"], "sub": ready["client_id"], "exp": now + 9}
        name = jwt.utils.base64url_encode(fingerprint).decode()
        token = jwt.encode(content, KEY, algorithm="RS256", headers={"x5t#S256": name})
        form = {"client_id": ready["client_id"], "grant_type": "client_credentials", "scope": GRAPH}
        proof = {"client_assertion": token, "client_assertion_type": BEARER}
        assert (await scene.graph.post(url, data={**form, **proof})).status_code == 200
