"""Threats S13 (a link that carries the token away) and S14 (an id that leaves its segment)."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph.errors import Invalid
from heliograph.graph.paths import below_root, literal, path, user_path

GRAPH = "https://graph.microsoft.com"


@pytest.mark.parametrize(
    ("segment", "written"),
    [
        ("lene.holm@contoso.com", "lene.holm@contoso.com"),
        ("guest_fabrikam.com#EXT#@contoso.com", "guest_fabrikam.com%23EXT%23@contoso.com"),
        ("AAMkAG/x+y==", "AAMkAG%2Fx%2By%3D%3D"),
        ("o'brien@contoso.com", "o%27brien@contoso.com"),
        ("x?$expand=manager", "x%3F$expand%3Dmanager"),
        ("../../directoryRoles", "..%2F..%2FdirectoryRoles"),
        ("x%2fy", "x%252fy"),
    ],
)
def test_ids_are_encoded(segment: str, written: str) -> None:
    assert path("users", segment) == f"/users/{written}"


@pytest.mark.parametrize("segment", ["", ".", ".."])
def test_a_segment_that_would_change_the_path_is_refused(segment: str) -> None:
    with pytest.raises(Invalid, match="an id or name is expected"):
        path("users", segment, "messages")


@given(st.text(min_size=1).filter(lambda text: text not in {".", ".."}))
def test_no_id_leaves_its_segment(text: str) -> None:
    written = path("users", text.encode(errors="replace").decode())
    assert written.count("/") == 2
    assert not set(written) & set("?#\\ \n'")
    assert unquote(written.removeprefix("/users/")) == text.encode(errors="replace").decode()


def test_a_upn_that_starts_with_a_dollar_stands_in_parentheses() -> None:
    assert user_path("$x'y@contoso.com", "manager") == "/users('$x%27%27y@contoso.com')/manager"


def test_quotes_inside_of_a_literal_are_doubled() -> None:
    assert literal("let's") == "'let''s'"


def test_a_link_of_the_configured_host_is_followed_unchanged() -> None:
    link = f"{GRAPH}/v1.0/users?$top=2&$skiptoken=m~AQAn%2B7c%3D"
    assert below_root(link, origin=GRAPH) == "/users?$top=2&$skiptoken=m~AQAn%2B7c%3D"


def test_a_configured_origin_may_be_plain_http_with_a_port() -> None:
    link = "http://127.0.0.1:4321/v1.0/users?$skiptoken=x"
    assert below_root(link, origin="http://127.0.0.1:4321") == "/users?$skiptoken=x"


@pytest.mark.parametrize(
    "link",
    [
        "http://graph.microsoft.com/v1.0/users",
        "https://127.0.0.1/v1.0/users",
        "https://169.254.169.254/v1.0/users",
        "https://graph.microsoft.com.evil/v1.0/users",
        "https://graph.microsoft.com@evil/v1.0/users",
        "https://user@graph.microsoft.com/v1.0/users",
        "https://graph.microsoft.com:444/v1.0/users",
        "https://evil/https://graph.microsoft.com/v1.0/users",
        "https://gr\u0430ph.microsoft.com/v1.0/users",
        "//graph.microsoft.com/v1.0/users",
        "/v1.0/users",
        "",
        "https://graph.microsoft.com",
        "https://graph.microsoft.com/users",
        "https://graph.microsoft.com/v1.0",
        "https://graph.microsoft.com/v1.0x/users",
        "https://graph.microsoft.com/v1.0/../beta/users",
        "https://graph.microsoft.com/v1.0/%2e%2E/beta/users",
        "https://graph.microsoft.com\\@evil/v1.0/users",
        "https://graph.microsoft.com/v1.0/users\r\nHost: evil",
        "https://graph.microsoft.com/v1.0/users?a b",
        "https://[::1/v1.0/users",
    ],
)
def test_a_link_that_leads_elsewhere_is_refused(link: str) -> None:
    with pytest.raises(Invalid, match="a link in an answer"):
        below_root(link, origin=GRAPH)
