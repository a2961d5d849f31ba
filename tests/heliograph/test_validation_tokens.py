"""Threat S4: each check of RFC 8725 and change-notifications.md 5.5 has a token that it refuses."""

import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from heliograph.errors import TokenInvalid
from heliograph.validation_tokens import ISSUERS, App, Claims, Trust, Verdict, judge, kid_of, verify
from tests.heliograph.entra import CLIENT, NOW, PUBLISHER, TENANT, claims, key, segment, token

OTHER = "0cea0ab7-2234-4f57-bc80-4d3e66df4791"
OTHER_CLIENT = "11111111-ae3f-4b1e-8790-ee0fb5d6148f"
APP: App = (CLIENT, TENANT)
OTHER_APP: App = (OTHER_CLIENT, OTHER)
KEYS = {"k1": key("k1").public_key()}


def verified(text: str, *, at: int = NOW + 60, **changes: Any) -> Claims:
    held_against: dict[str, Any] = {
        "keys": KEYS,
        "audiences": {CLIENT},
        "tenant_id": TENANT,
        "received_at": at * 1000,
    }
    return verify(text, **(held_against | changes))


def reason_of(text: str, **changes: Any) -> str:
    with pytest.raises(TokenInvalid) as refused:
        verified(text, **changes)
    assert not text or text[:20] not in str(refused.value)
    return refused.value.reason


GOOD = {
    "v1": token(claims(1)),
    "v2": token(claims(2)),
    "v1 with other facts": token(claims(1, oid="o", rh="r", appidacr="2", idp="i")),
    "v2 with the v1 claim too": token(claims(2, appid="somebody")),
    "upper-case audience": token(claims(1, aud=CLIENT.upper())),
    "no iat": token(claims(2, iat=...)),
    "no typ": token(typ=...),
    "unknown header": token(x5t="another", app_displayname="x"),
}


@pytest.mark.parametrize("name", GOOD)
def test_s04_good_tokens_are_accepted(name: str) -> None:
    assert verified(GOOD[name]).app == APP


def hmac_signed(secret: bytes) -> str:
    """The classic confusion: the public key, which everybody has, as the secret of an HMAC."""
    head = {"typ": "JWT", "alg": "HS256", "kid": "k1"}
    signed = segment(json.dumps(head).encode()) + "." + segment(json.dumps(claims()).encode())
    return f"{signed}.{segment(hmac.digest(secret, signed.encode(), 'sha256'))}"


PEM = KEYS["k1"].public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
UNSIGNED = ".".join(token(alg="none").split(".")[:2])
HEAD, BODY, SIGNATURE = token().split(".")
BAD = {
    # algorithm
    "alg none": (UNSIGNED + ".", "malformed"),
    "alg none, signed": (token(alg="none"), "algorithm"),
    "alg None": (token(alg="None"), "algorithm"),
    "alg rs256": (token(alg="rs256"), "algorithm"),
    "alg null": (token(alg=None), "algorithm"),
    "alg missing": (token(alg=...), "algorithm"),
    "alg list": (token(alg=["RS256"]), "algorithm"),
    "HS256 with the public key": (hmac_signed(PEM), "algorithm"),
    "HS512": (token(alg="HS512"), "algorithm"),
    "RS384": (token(alg="RS384"), "algorithm"),
    "PS256": (token(alg="PS256"), "algorithm"),
    "ES256": (token(alg="ES256"), "algorithm"),
    "typ of another token": (token(typ="at+jwt"), "algorithm"),
    # headers
    "jku": (token(jku="https://evil.example/keys"), "header"),
    "jwk": (token(jwk={"kty": "RSA"}), "header"),
    "x5u": (token(x5u="https://evil.example/cert"), "header"),
    "x5c": (token(x5c=["MII"]), "header"),
    "crit": (token(crit=["exp"]), "header"),
    "b64": (token(b64=False), "header"),
    "zip": (token(zip="DEF"), "header"),
    "nonce": (token(nonce="x"), "header"),
    "kid missing": (token(kid=...), "header"),
    "kid a number": (token(kid=1), "header"),
    "kid empty": (token(kid="", signer=key()), "header"),
    # key and signature
    "unknown kid": (token(kid="k9", signer=key("k1")), "key"),
    "kid as a path": (token(kid="../../etc/passwd", signer=key("k1")), "key"),
    "signed by another key": (token(signer=key("k2")), "signature"),
    "signature of another token": (f"{HEAD}.{BODY}.{token(claims(2)).split('.')[2]}", "signature"),
    "signature cut": (f"{HEAD}.{BODY}.{SIGNATURE[:-8]}", "signature"),
    "signature empty": (f"{HEAD}.{BODY}.", "malformed"),
    "claims exchanged": (f"{HEAD}.{segment(json.dumps(claims(2)).encode())}.{SIGNATURE}", "signature"),
    # form
    "empty": ("", "malformed"),
    "two segments": (f"{HEAD}.{BODY}", "malformed"),
    "four segments": (f"{token()}.x", "malformed"),
    "padding": (f"{HEAD}=.{BODY}.{SIGNATURE}", "malformed"),
    "line break": (f"{token()}\n", "malformed"),
    "not ASCII": (f"{token()}é", "malformed"),
    "encrypted form": ("a.b.c.d.e", "malformed"),
    "9 KB": (token(claims(1, padding="x" * 9_000)), "size"),
    "header no JSON": (f"{segment(b'RS256')}.{BODY}.{SIGNATURE}", "malformed"),
    "header a list": (f"{segment(b'[]')}.{BODY}.{SIGNATURE}", "malformed"),
    "header nested deeply": (f"{segment(b'[' * 3_000)}.{BODY}.{SIGNATURE}", "malformed"),
    "claims no JSON": (token(b"claims"), "malformed"),
    "claims a list": (token(b"[]"), "malformed"),
    # parties
    "another audience": (token(claims(1, aud=OTHER)), "audience"),
    "audience of Graph": (token(claims(1, aud="https://graph.microsoft.com")), "audience"),
    "audience list": (token(claims(1, aud=[CLIENT])), "malformed"),
    "audience missing": (token(claims(1, aud=...)), "malformed"),
    "another tenant": (token(claims(1, tid=OTHER)), "tenant"),
    "tenant missing": (token(claims(1, tid=...)), "malformed"),
    "issuer of another tenant": (token(claims(1, iss=f"https://sts.windows.net/{OTHER}/")), "issuer"),
    "issuer without slash": (token(claims(1, iss=f"https://sts.windows.net/{TENANT}")), "issuer"),
    "issuer that only contains": (token(claims(1, iss=f"https://evil.example/?https://sts.windows.net/{TENANT}/")), "issuer"),
    "issuer by http": (token(claims(1, iss=f"http://sts.windows.net/{TENANT}/")), "issuer"),
    "v1 issuer in a v2 token": (token(claims(2, iss=f"https://sts.windows.net/{TENANT}/")), "issuer"),
    "v2 issuer in a v1 token": (token(claims(1, iss=f"https://login.microsoftonline.com/{TENANT}/v2.0")), "issuer"),
    "unknown version": (token(claims(1, ver="3.0")), "issuer"),
    "version missing": (token(claims(1, ver=...)), "malformed"),
    "issuer missing": (token(claims(1, iss=...)), "malformed"),
    "another publisher, v1": (token(claims(1, appid=OTHER_CLIENT)), "publisher"),
    "another publisher, v2": (token(claims(2, azp=OTHER_CLIENT)), "publisher"),
    "publisher missing, v1": (token(claims(1, appid=...)), "publisher"),
    "publisher missing, v2": (token(claims(2, azp=...)), "publisher"),
    "publisher in v2's claim of a v1 token": (token(claims(1, appid=..., azp=PUBLISHER)), "publisher"),
    "publisher in v1's claim of a v2 token": (token(claims(2, azp=..., appid=PUBLISHER)), "publisher"),
    # times
    "expired": (token(claims(1, exp=NOW - 241)), "expired"),
    "exp missing": (token(claims(1, exp=...)), "malformed"),
    "exp a text": (token(claims(1, exp="never")), "malformed"),
    "exp infinite": (token(json.dumps(claims(1, exp=float("inf"))).encode()), "malformed"),
    "not yet": (token(claims(1, nbf=NOW + 361)), "not_yet"),
    "nbf missing": (token(claims(1, nbf=...)), "malformed"),
    "issued in the future": (token(claims(1, iat=NOW + 361)), "not_yet"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_s04_bad_tokens_are_refused(name: str) -> None:
    text, expected = BAD[name]
    assert reason_of(text) == expected


def test_s04_enough_bad_tokens_are_tried() -> None:
    assert len(BAD) >= 40


def test_s04_key_of_another_kid_does_not_verify() -> None:
    keys = {"k1": key("k2").public_key(), "k2": key("k1").public_key()}
    assert reason_of(token(), keys=keys) == "signature"


def test_s04_leeway_is_five_minutes_on_both_sides() -> None:
    text = token(claims(1, nbf=NOW, iat=NOW, exp=NOW + 1_000))
    assert verified(text, at=NOW - 300).app == APP
    assert reason_of(text, at=NOW - 301) == "not_yet"
    assert verified(text, at=NOW + 1_299).app == APP
    assert reason_of(text, at=NOW + 1_300) == "expired"


def test_token_is_judged_by_the_time_of_receipt() -> None:
    """After a backlog of days a genuine token has run out, but it came in time."""
    assert verified(token(), at=NOW + 86_000).app == APP


def test_s04_no_tenant_matches_no_token() -> None:
    said = claims(1, tid="", iss="https://sts.windows.net//")
    assert reason_of(token(said), tenant_id="") == "tenant"


def test_s04_issuers_of_a_national_cloud_replace_the_global_ones() -> None:
    china = {"1.0": "https://sts.chinacloudapi.cn/{tid}/"}
    assert reason_of(token(), issuers=china) == "issuer"
    theirs = token(claims(1, iss=f"https://sts.chinacloudapi.cn/{TENANT}/"))
    assert verified(theirs, issuers=china).app == APP


@given(position=st.integers(0, 2_000), character=st.sampled_from("AZaz09-_.="))
def test_s04_no_character_of_a_token_can_be_changed(position: int, character: str) -> None:
    genuine = GOOD["v1"]
    position %= len(genuine)
    changed = genuine[:position] + character + genuine[position + 1 :]
    try:
        assert verified(changed) == verified(genuine)
    except TokenInvalid:
        return
    # The last character of a segment holds bits that base64 does not use.
    assert changed == genuine or position == len(genuine) - 1


@given(text=st.text(max_size=80))
def test_s04_any_text_is_refused(text: str) -> None:
    with pytest.raises(TokenInvalid):
        verified(text)


def test_kid_is_read_from_the_header() -> None:
    assert kid_of(token(kid="k7")) == "k7"


# -- the tokens of a POST ---------------------------------------------------------------------


def trusts(*kids: str) -> dict[App, Trust]:
    known: dict[str, RSAPublicKey] = {kid: key(kid).public_key() for kid in kids}
    trust = Trust(key_of=known.get, issuers=ISSUERS)
    return {APP: trust, OTHER_APP: trust}


def other_token(**header: Any) -> str:
    iss = f"https://sts.windows.net/{OTHER}/"
    return token(claims(1, aud=OTHER_CLIENT, tid=OTHER, iss=iss), **header)


def judged(*tokens: str, needed: set[App], kids: tuple[str, ...] = ("k1", "k2")) -> Verdict:
    return judge(tokens, needed=needed, apps=trusts(*kids), received_at=NOW * 1000)


def test_app_with_a_good_token_is_verified() -> None:
    verdict = judged(token(), needed={APP})
    assert (set(verdict.verified), verdict.waiting, verdict.failed) == ({APP}, {}, None)


def test_every_app_needs_a_token() -> None:
    assert judged(token(), needed={APP, OTHER_APP}).failed == "missing"
    both = judged(token(), other_token(), needed={APP, OTHER_APP})
    assert set(both.verified) == {APP, OTHER_APP}


@pytest.mark.parametrize("tokens", [None, []])
def test_content_without_tokens_is_refused(tokens: list[str] | None) -> None:
    verdict = judge(tokens, needed={APP}, apps=trusts("k1"), received_at=NOW * 1000)
    assert verdict.failed == "missing"


def test_token_of_an_unknown_key_waits_for_the_worker() -> None:
    waiting = token(kid="k2")
    verdict = judged(waiting, other_token(), needed={APP, OTHER_APP}, kids=("k1",))
    assert set(verdict.verified) == {OTHER_APP}
    assert verdict.waiting == {APP: waiting}


def test_one_failing_token_makes_the_whole_post_suspicious() -> None:
    forged = other_token(signer=key("k2"))
    assert judged(token(), forged, needed={APP}).failed == "signature"
    assert judged(token(), "garbage", needed={APP}).failed == "malformed"


def test_token_for_an_app_that_is_not_ours_fails() -> None:
    assert judged(token(), token(claims(1, aud=OTHER)), needed={APP}).failed == "audience"


def test_more_than_twenty_tokens_fail_unread() -> None:
    assert judged(*[token()] * 21, needed={APP}).failed == "number"


def test_waiting_token_with_a_refused_header_fails_at_once() -> None:
    assert judged(token(kid="k3", jku="https://evil.example"), needed={APP}).failed == "header"
