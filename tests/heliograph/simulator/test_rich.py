"""Rich notifications: the receiver's own reading of them, with plain `cryptography` and PyJWT."""

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from heliograph.simulator.notify.encryption import ciphertext
from heliograph.simulator.switches import Switches
from tests.heliograph.simulator import receiver_keys

PUBLISHER = "0bf30f3b-4a52-48df-9a82-234910c4a086"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def certificate(key: rsa.RSAPrivateKey) -> bytes:
    return receiver_keys.certificate(key)


async def _subscribed(scene: Any, certificate: bytes, select: str, **more: Any) -> str:
    user = str((await scene.users())[1]["id"])
    await scene.subscribe(
        f"users/{user}/messages?$select={select}",
        "created,updated,deleted",
        includeResourceData=True,
        encryptionCertificate=base64.b64encode(certificate).decode(),
        encryptionCertificateId="one",
        **more,
    )
    return user


def _decrypted(content: dict[str, str], key: rsa.RSAPrivateKey) -> Any:
    oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)  # noqa: S303 (what Graph uses)
    secret = key.decrypt(base64.b64decode(content["dataKey"]), oaep)
    assert len(secret) == 32
    data = base64.b64decode(content["data"])
    signature = base64.b64encode(hmac.digest(secret, data, "sha256")).decode()
    assert signature == content["dataSignature"]
    decryptor = Cipher(algorithms.AES(secret), modes.CBC(secret[:16])).decryptor()
    unpadder = PKCS7(128).unpadder()
    plain = unpadder.update(decryptor.update(data) + decryptor.finalize()) + unpadder.finalize()
    return json.loads(plain)


def test_row_19_cipher_is_that_of_the_published_vector() -> None:
    """change-notifications.md, 5.2: the small vector."""
    secret = bytes(range(32))
    data = ciphertext(b'{"id":"1","subject":"hi"}', secret)
    assert base64.b64encode(data).decode() == "osWmaJnsY5U78hzX/KXuWaF31E+I401AfhTJf29jchU="
    signature = base64.b64encode(hmac.digest(secret, data, "sha256")).decode()
    assert signature == "atOPH+zjh8EGufvMka7skcDyGvpW+je/sttoGe5vJAY="


async def test_row_19_content_holds_the_selected_properties_only(
    scene: Any, key: rsa.RSAPrivateKey, certificate: bytes
) -> None:
    user = await _subscribed(scene, certificate, "Subject,receivedDateTime,from")
    mail = await scene.act("messages.received", user=user, subject="Secret", body="hidden")
    (item,) = await scene.receiver.some()
    content = item["encryptedContent"]
    assert content["encryptionCertificateId"] == "one"
    thumbprint = hashlib.sha1(certificate).hexdigest().upper()  # noqa: S324 (what Graph uses)
    assert content["encryptionCertificateThumbprint"] == thumbprint
    plain = _decrypted(content, key)
    assert set(plain) == {
        *("@odata.type", "@odata.id", "@odata.etag", "id", "subject", "from"),
        *("receivedDateTime", "receivedDateTime@odata.type"),
    }
    assert plain["subject"] == "Secret"
    assert plain["id"] == item["resourceData"]["id"] == mail["id"]
    assert item["resource"] == f"Users('{user}')/messages('{mail['id']}')"
    assert item["resourceData"]["@odata.type"] == "#microsoft.graph.message"
    assert b"Secret" not in scene.receiver.posts[0].body


async def test_row_19_each_item_has_a_key_of_its_own_and_deletion_no_content(
    scene: Any, key: rsa.RSAPrivateKey, certificate: bytes
) -> None:
    user = await _subscribed(scene, certificate, "subject")
    mail = await scene.act("messages.received", user=user)
    await scene.act("messages.read", user=user, item=mail["id"])
    await scene.graph.post(f"/users/{user}/messages/{mail['id']}/permanentDelete")
    created, updated, deleted = await scene.receiver.some(3)
    assert created["encryptedContent"]["dataKey"] != updated["encryptedContent"]["dataKey"]
    assert _decrypted(updated["encryptedContent"], key)["subject"] == "Hello"
    assert "encryptedContent" not in deleted


async def _verified(scene: Any, token: str) -> dict[str, Any]:
    ready = scene.simulator.ready
    keys = (await scene.graph.get(f"{ready['authority']}/common/discovery/v2.0/keys")).json()
    kid = jwt.get_unverified_header(token)["kid"]
    public = jwt.PyJWKSet.from_dict(keys)[kid]
    claims: dict[str, Any] = jwt.decode(
        token, public, algorithms=["RS256"], audience=ready["client_id"]
    )
    return claims


async def test_row_19_one_token_of_either_form_proves_the_post(
    scene: Any, certificate: bytes
) -> None:
    user = await _subscribed(scene, certificate, "subject")
    tenant = scene.simulator.ready["tenant_id"]
    seen: dict[str, dict[str, Any]] = {}
    for number in range(12):
        await scene.act("messages.received", user=user)
        await scene.receiver.posted(number + 1)
        (token,) = scene.receiver.posts[-1].json()["validationTokens"]
        claims = await _verified(scene, token)
        seen[claims["ver"]] = claims
    assert set(seen) == {"1.0", "2.0"}
    assert seen["1.0"]["iss"] == f"https://sts.windows.net/{tenant}/"
    assert seen["1.0"]["appid"] == PUBLISHER
    assert seen["2.0"]["iss"] == f"https://login.microsoftonline.com/{tenant}/v2.0"
    assert seen["2.0"]["azp"] == PUBLISHER
    assert {claims["tid"] for claims in seen.values()} == {tenant}


@pytest.mark.parametrize("version", ["1.0", "2.0"])
async def test_row_19_tokens_are_of_the_version_that_the_switch_names(
    stage: Any, certificate: bytes, version: Any
) -> None:
    async with stage(switches=Switches(validation_tokens=version)) as scene:
        user = await _subscribed(scene, certificate, "subject")
        for number in range(5):
            await scene.act("messages.received", user=user)
            await scene.receiver.posted(number + 1)
        for post in scene.receiver.posts:
            (token,) = post.json()["validationTokens"]
            assert (await _verified(scene, token))["ver"] == version


async def test_row_13_and_19_each_app_of_a_post_has_a_token_of_its_own(
    scene: Any, certificate: bytes
) -> None:
    user = (await scene.users())[2]["id"]
    apps = ["11111111-0000-4000-8000-000000000000", "22222222-0000-4000-8000-000000000000"]
    for app in apps:
        await scene.subscribe(
            f"users/{user}/messages?$select=subject&$filter=subject ne '{app}'",
            "created",
            includeResourceData=True,
            encryptionCertificate=base64.b64encode(certificate).decode(),
            encryptionCertificateId="one",
            notificationUrlAppId=app,
        )
    await scene.act("messages.received", user=user)
    (post,) = await scene.receiver.posted()
    assert len(post.json()["value"]) == 2
    audiences = [
        jwt.decode(token, options={"verify_signature": False})["aud"]
        for token in post.json()["validationTokens"]
    ]
    assert sorted(audiences) == apps


async def test_row_19_tokens_follow_the_rotation_of_keys(scene: Any, certificate: bytes) -> None:
    user = await _subscribed(scene, certificate, "subject")
    await scene.act("messages.received", user=user)
    (before,) = (await scene.receiver.posted(1))[0].json()["validationTokens"]
    for _ in range(2):
        await scene.control("POST", "keys")
    await scene.act("messages.received", user=user)
    (after,) = (await scene.receiver.posted(2))[1].json()["validationTokens"]
    assert jwt.get_unverified_header(before)["kid"] != jwt.get_unverified_header(after)["kid"]
    assert (await _verified(scene, after))["ver"] in {"1.0", "2.0"}
    with pytest.raises(KeyError):
        await _verified(scene, before)


async def test_row_19_audience_is_the_app_of_the_url_where_one_is_named(
    scene: Any, certificate: bytes
) -> None:
    app = "11111111-1111-4111-8111-111111111111"
    user = await _subscribed(scene, certificate, "subject", notificationUrlAppId=app)
    await scene.act("messages.received", user=user)
    (token,) = (await scene.receiver.posted(1))[0].json()["validationTokens"]
    assert jwt.decode(token, options={"verify_signature": False})["aud"] == app


async def test_row_19_tokens_may_be_null(stage: Any, certificate: bytes) -> None:
    async with stage(switches=Switches(null_validation_tokens=True)) as scene:
        user = await _subscribed(scene, certificate, "subject")
        await scene.act("messages.received", user=user)
        assert (await scene.receiver.posted(1))[0].json()["validationTokens"] is None


async def test_row_8_patch_changes_the_certificate(scene: Any, certificate: bytes) -> None:
    user = await _subscribed(scene, certificate, "subject")
    (made,) = (await scene.graph.get("/subscriptions")).json()["value"]
    changes = {
        "expirationDateTime": made["expirationDateTime"],
        "encryptionCertificate": base64.b64encode(certificate).decode(),
        "encryptionCertificateId": "two",
    }
    answer = await scene.graph.patch(f"/subscriptions/{made['id']}", json=changes)
    assert answer.json()["encryptionCertificateId"] == "two"
    await scene.act("messages.received", user=user)
    (item,) = await scene.receiver.some()
    assert item["encryptedContent"]["encryptionCertificateId"] == "two"


async def test_row_8_patch_may_leave_the_certificate(stage: Any, certificate: bytes) -> None:
    async with stage(switches=Switches(renew_certificate=False)) as scene:
        await _subscribed(scene, certificate, "subject")
        (made,) = (await scene.graph.get("/subscriptions")).json()["value"]
        changes = {
            "expirationDateTime": made["expirationDateTime"],
            "encryptionCertificate": base64.b64encode(certificate).decode(),
            "encryptionCertificateId": "two",
        }
        answer = await scene.graph.patch(f"/subscriptions/{made['id']}", json=changes)
        assert answer.json()["encryptionCertificateId"] == made["encryptionCertificateId"]
