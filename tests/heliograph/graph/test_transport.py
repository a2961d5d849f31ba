import dataclasses
import importlib.util

import pytest

from heliograph.graph.transport import Request, body, target


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_changes_something_is_a_write(method: str) -> None:
    assert Request(method=method, path="/users/x").is_write


def test_reads_are_no_writes() -> None:
    assert not Request(method="GET", path="/users").is_write
    assert not Request(method="POST", path="/users/x/checkMemberGroups", asks_only=True).is_write


def test_a_batch_is_a_write_when_a_part_is() -> None:
    get, patch = Request(method="GET", path="/users"), Request(method="PATCH", path="/users/x")
    assert Request(method="POST", path="/$batch", parts=(get, patch)).is_write
    assert not Request(method="POST", path="/$batch", parts=(get,)).is_write


@pytest.mark.parametrize(
    ("request_", "repeatable"),
    [
        (Request(method="GET", path="/x"), True),
        (Request(method="PUT", path="/x"), True),
        (Request(method="PATCH", path="/x"), True),
        (Request(method="DELETE", path="/x"), True),
        (Request(method="POST", path="/x"), False),
        (Request(method="POST", path="/x", repeatable=True), True),
        (Request(method="POST", path="/x", asks_only=True), True),
    ],
)
def test_only_a_plain_post_must_not_be_sent_twice(request_: Request, repeatable: bool) -> None:
    assert request_.is_repeatable is repeatable
    batch = dataclasses.replace(request_, method="POST", path="/$batch", parts=(request_,))
    assert batch.is_repeatable is repeatable


def test_contents_and_tokens_stay_out_of_the_repr() -> None:
    request = Request(
        method="POST",
        path="/users",
        headers={"authorization": "Bearer secret"},
        json={"passwordProfile": "secret"},
        content=b"secret",
    )
    assert "secret" not in repr(request)


def test_options_are_encoded_and_stay_readable() -> None:
    request = Request(
        method="GET", path="/users", params={"$filter": "mail eq 'a+b@x.y'", "$select": "id,mail"}
    )
    assert target(request) == "/users?$filter=mail%20eq%20'a%2Bb@x.y'&$select=id,mail"


def test_a_body_is_json_or_content() -> None:
    assert body(Request(method="POST", path="/x", json={"a": None})) == b'{"a":null}'
    assert body(Request(method="PUT", path="/x", content=b"jpeg")) == b"jpeg"
    assert body(Request(method="POST", path="/x")) is None


def test_httpcore_does_not_look_for_its_event_loop_in_vain() -> None:
    """It imports sniffio some six times in each call, which costs half a millisecond where it fails."""
    assert importlib.util.find_spec("sniffio") is not None
