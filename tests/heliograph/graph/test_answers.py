from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph import errors
from heliograph.graph.answers import cut, decode, number, properties, refusal, retry_after
from heliograph.graph.transport import Request, Response
from heliograph.graph.values.objects import User

ASKED = Request(method="GET", path="/users/x", permission="User.Read.All")


def a_refusal(status: int, body: object = None, headers: dict[str, str] | None = None) -> Response:
    content = msgspec.json.encode(body) if body is not None else b"<html>Bad gateway</html>"
    return Response(status=status, headers=headers or {}, content=content)


def an_error(code: str, message: str = "", **more: object) -> object:
    return {"error": {"code": code, "message": message, **more}}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (302, errors.Unavailable),
        (400, errors.Invalid),
        (401, errors.Unauthenticated),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (405, errors.Invalid),
        (409, errors.Conflict),
        (410, errors.Gone),
        (411, errors.Invalid),
        (412, errors.Conflict),
        (413, errors.Invalid),
        (422, errors.Invalid),
        (423, errors.Conflict),
        (429, errors.Throttled),
        (500, errors.Unavailable),
        (501, errors.Unavailable),
        (503, errors.Unavailable),
        (504, errors.Unavailable),
        (507, errors.Unavailable),
        (509, errors.Throttled),
    ],
)
def test_every_status_has_its_class(status: int, expected: type[errors.GraphError]) -> None:
    for answer in (a_refusal(status), a_refusal(status, an_error("Some"))):
        refused = refusal(ASKED, answer)
        assert type(refused) is expected
        assert refused.status == status


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            an_error(
                "Request_BadRequest",
                "Another object with the same value for property userPrincipalName already exists.",
            ),
            errors.Conflict,
        ),
        (
            an_error("Request_BadRequest", "Taken.", details=[{"code": "ObjectConflict"}]),
            errors.Conflict,
        ),
        (
            an_error(
                "Request_BadRequest",
                "One or more added object references already exist for the following modified "
                "properties: 'members'.",
            ),
            errors.Conflict,
        ),
        (
            an_error(
                "Request_BadRequest",
                "The source resource object or one of the objects being referenced don't exist.",
            ),
            errors.NotFound,
        ),
    ],
)
def test_a_400_of_the_directory_may_mean_something_better(
    error: object, expected: type[errors.GraphError]
) -> None:
    assert type(refusal(ASKED, a_refusal(400, error))) is expected


def test_ids_code_and_message_are_kept() -> None:
    answer = a_refusal(
        404,
        an_error("Request_ResourceNotFound", "Resource 'x' does not exist."),
        {"request-id": "r-1", "client-request-id": "c-1"},
    )
    refused = refusal(ASKED, answer)
    assert refused.code == "Request_ResourceNotFound"
    assert (refused.request_id, refused.client_request_id) == ("r-1", "c-1")
    assert (
        str(refused) == "Graph answered 404: Request_ResourceNotFound: Resource 'x' does not exist."
    )


@pytest.mark.parametrize("spelling", ["innerError", "innererror"])
def test_the_request_id_is_found_inside_of_the_error(spelling: str) -> None:
    inner = {"request-id": "r-2", "date": "?"}
    answer = a_refusal(404, {"error": {"code": "x", spelling: inner}})
    assert refusal(ASKED, answer).request_id == "r-2"


def test_forbidden_names_the_permission() -> None:
    refused = refusal(ASKED, a_refusal(403, an_error("Authorization_RequestDenied", "No.")))
    assert isinstance(refused, errors.Forbidden)
    assert refused.permission == "User.Read.All"
    assert "needs User.Read.All" in str(refused)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"error": "x"}', b"\xff\x00", b"null"])
def test_an_answer_without_envelope_still_says_its_status(content: bytes) -> None:
    refused = refusal(ASKED, Response(status=503, content=content))
    assert isinstance(refused, errors.Unavailable)
    assert "503" in str(refused)


def test_foreign_text_is_cut_and_stays_on_one_line() -> None:
    refused = refusal(ASKED, a_refusal(400, an_error("x", "a\r\nlevel=error\x1b[31m" + "y" * 9999)))
    assert str(refused).isprintable()
    assert len(str(refused)) < 400


@given(st.text())
def test_cut_text_is_short_and_printable(text: str) -> None:
    assert len(cut(text)) <= 300
    assert cut(text).isprintable()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("10", 10.0),
        ("2.128", 3.0),
        ("0", 0.0),
        ("Tue, 24 Nov 2026 08:00:30 GMT", 30.0),
        ("Tue, 24 Nov 2026 07:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_retry_after_is_read_in_every_form(value: str, seconds: float | None) -> None:
    now = datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert retry_after({"retry-after": value}, now=now) == seconds
    assert retry_after({"retry-after": value, "date": "Tue, 24 Nov 2026 08:00:00 GMT"}) == seconds


def test_absent_retry_after_is_none() -> None:
    assert retry_after({}) is None


def test_unknown_fields_pass() -> None:
    user = decode(b'{"id": "1", "extension_x": {"y": 1}, "displayName": "Lene"}', User)
    assert (user.id, user.display_name) == ("1", "Lene")


def test_an_answer_of_another_shape_is_an_error_of_ours() -> None:
    with pytest.raises(errors.GraphError, match="not as documented"):
        decode(b'{"id": 1}', User)


def test_seven_digits_of_a_second_are_read() -> None:
    user = decode(b'{"id": "1", "createdDateTime": "2026-11-20T09:12:44.1180241Z"}', User)
    assert user.created_date_time == datetime(2026, 11, 20, 9, 12, 44, 118024, tzinfo=UTC)


def test_properties_tell_absent_from_null_and_drop_annotations() -> None:
    content = msgspec.json.encode(
        {
            "@odata.context": "x",
            "@odata.etag": "y",
            "id": "1",
            "mail": None,
            "attendees": [{"@odata.type": "z", "type": "required"}],
            "manager@odata.context": "w",
        }
    )
    assert properties(content) == {"id": "1", "mail": None, "attendees": [{"type": "required"}]}


def test_the_repr_of_an_entity_shows_no_content() -> None:
    assert repr(User(id="1", display_name="Lene")) == "User(id='1')"


def test_a_count_that_is_none_is_an_error_of_ours() -> None:
    assert number(b"42") == 42
    for content in (b"", b"-1", b"many", b"\xff"):
        with pytest.raises(errors.GraphError, match="not the number"):
            number(content)


def test_an_expired_state_is_told_with_the_place_to_start_anew() -> None:
    """Whatever its status says. https://learn.microsoft.com/graph/delta-query-overview"""
    link = "https://graph.microsoft.com/v1.0/users/delta?$deltatoken="
    gone = refusal(ASKED, a_refusal(410, an_error("resyncRequired"), {"location": link}))
    assert isinstance(gone, errors.Gone)
    assert gone.location == link
    lost = refusal(ASKED, a_refusal(404, an_error("syncStateNotFound")))
    assert isinstance(lost, errors.Gone)
    assert lost.location == ""


def test_a_role_that_is_assigned_already_is_a_conflict() -> None:
    text = "A conflicting object with one or more of the specified property values is present in the directory."
    refused = refusal(ASKED, a_refusal(400, an_error("Request_BadRequest", text)))
    assert isinstance(refused, errors.Conflict)


def test_a_throttled_call_tells_whose_limit_it_met() -> None:
    """change-notifications.md 8.2: the headers of the identity service."""
    headers = {
        "x-ms-throttle-scope": "Tenant_Application/ReadWrite/a/t",
        "x-ms-throttle-information": "WriteLimitExceeded",
        "retry-after": "2.128",
    }
    refused = refusal(ASKED, a_refusal(429, an_error("TooManyRequests", "Later."), headers))
    assert isinstance(refused, errors.Throttled)
    assert refused.retry_after == 3
    assert str(refused) == (
        "Graph answered 429: TooManyRequests: Later. "
        "(Tenant_Application/ReadWrite/a/t) (WriteLimitExceeded)"
    )


def test_a_refused_sensitive_action_hints_at_the_role_that_the_app_may_need() -> None:
    """graph-users-api.md 4.3"""
    request = Request(
        method="PATCH",
        path="/users/1",
        json={"accountEnabled": False},
        permission="User.ReadWrite.All",
    )
    refused = refusal(request, a_refusal(403, an_error("Authorization_RequestDenied", "No.")))
    assert "(needs User.ReadWrite.All); where the user holds an administrative role" in str(refused)
