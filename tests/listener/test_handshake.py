"""change-notifications.md, section 3, and threat S12."""

from urllib.parse import quote, quote_plus

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph.errors import QueueUnavailable
from listener import handshake
from tests.listener.builders import Listener

SENTENCE = (
    "Validation: Testing client application reachability for subscription "
    "Request-Id: 522a8e7e-096a-494c-aaf1-ac0dcfca45b7"
)
URLS = ("/graph/notifications", "/graph/lifecycle")


async def asked(query: str, path: str = URLS[0], **options: object) -> httpx.Response:
    listener = Listener()
    listener.store.error = QueueUnavailable("away")
    listener.records.error = QueueUnavailable("away")
    return await listener.ask("POST", f"{path}?{query}", **options)


@pytest.mark.parametrize("path", URLS)
@pytest.mark.parametrize(
    "encoded",
    [
        quote(SENTENCE, safe=""),
        quote_plus(SENTENCE),
        quote_plus(SENTENCE).replace("%3A", "%3a"),
        SENTENCE.replace(" ", "+"),
    ],
    ids=["percent", "plus", "lower case", "bare colons"],
)
async def test_sentence_token_is_echoed(encoded: str, path: str) -> None:
    answer = await asked(f"validationToken={encoded}", path)
    assert answer.status_code == 200
    assert answer.text == SENTENCE
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'"


async def test_url_may_have_a_query_of_its_own() -> None:
    assert (await asked("route=a&validationToken=x")).text == "x"


async def test_handshake_comes_before_every_rule_about_bodies() -> None:
    answer = await asked(
        "validationToken=x",
        content=b"no json",
        headers={"content-encoding": "gzip", "content-type": "text/plain; charset=utf-8"},
    )
    assert (answer.status_code, answer.text) == (200, "x")


@pytest.mark.parametrize(
    ("encoded", "token"),
    [
        ("a%2Bb", "a+b"),
        ("a%252Bb", "a%2Bb"),
        ("%C3%A9%E2%82%AC", "é€"),
        ("a%26b%3Dc", "a&b=c"),
        ("%22quoted%22", '"quoted"'),
        ("x" * 2_048, "x" * 2_048),
    ],
    ids=["plus", "decoded once", "UTF-8", "ampersand", "quotes", "2 KB"],
)
async def test_s12_token_is_decoded_exactly_once(encoded: str, token: str) -> None:
    answer = await asked(f"validationToken={encoded}")
    assert (answer.status_code, answer.text) == (200, token)


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "<script>alert(1)</script>",
        "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "a%3Eb",
        "a%0D%0Aset-cookie:%20x=1",
        "a%0Ab",
        "a%00b",
        "a%1B%5B31m",
        "a%7Fb",
        "a%C2%85b",
        "a%E2%80%A8b",
        "%FF",
        "x" * 2_049,
        "%C3%A9" * 1_025,
        "x" * 60_000,
        "a&validationToken=b",
    ],
)
async def test_s12_what_graph_never_sends_is_refused(encoded: str) -> None:
    answer = await asked(f"validationToken={encoded}")
    assert (answer.status_code, answer.text) == (400, "malformed")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@given(token=st.text(min_size=1, max_size=200))
def test_s12_any_token_comes_back_exactly_or_not_at_all(token: str) -> None:
    try:
        query = f"validationToken={quote_plus(token)}".encode()
    except UnicodeEncodeError:
        return
    answer = handshake.answer(query)
    assert answer.body == (token.encode() if answer.status == 200 else b"malformed")
    if token.isascii() and token.isprintable() and not set("<>") & set(token):
        assert answer.status == 200


@given(query=st.binary(max_size=200))
def test_s12_any_query_is_answered(query: bytes) -> None:
    assert handshake.answer(b"validationToken=" + query).status in {200, 400}


async def test_query_without_a_token_is_no_handshake() -> None:
    answer = await Listener().ask("POST", f"{URLS[0]}?validation=x")
    assert answer.status_code == 400  # an empty body is no JSON
