"""Bodies are read against the types of the metadata."""

from typing import Any

import pytest

from heliograph.simulator.graph.kinds import Kinds
from heliograph.simulator.refusals import Refused

KINDS = Kinds("Test")
KINDS.words("color", "darkRed blue")
_INNER = KINDS.kind("inner", "name: String\n at: DateTimeOffset")
_BASE = KINDS.kind("base", "id: String")
_FAMILY = KINDS.family(_BASE, KINDS.kind("sub", "size: Int32", base=_BASE))
OUTER = KINDS.kind(
    "outer",
    """
    title: String
    isOpen: Boolean
    color: color
    inner: inner
    all: inner[]
    parts: base[]
    data: Binary
    day: Date
    time: TimeOfDay
    """,
    on_request="data",
)


def test_names_and_words_have_no_case() -> None:
    body = {"Title": "x", "COLOR": "DarkRed", "inner": {"NAME": "y"}, "@odata.type": "#z"}
    assert KINDS.read(OUTER, body) == {"title": "x", "color": "darkRed", "inner": {"name": "y"}}


def test_values_take_the_form_of_their_type() -> None:
    body = {
        "isOpen": "true",
        "data": "aGk=",
        "inner": {"at": "2026-01-01T02:00:00.5000000+02:00"},
        "all": None,
        "title": None,
    }
    assert KINDS.read(OUTER, body) == {
        "isOpen": True,
        "data": b"hi",
        "inner": {"at": "2026-01-01T00:00:00Z"},
        "all": [],
        "title": None,
    }


def test_a_member_of_a_family_is_named_by_its_type() -> None:
    body = {"parts": [{"@odata.type": "#Microsoft.Graph.Sub", "size": 5}]}
    assert KINDS.read(OUTER, body)["parts"] == [{"@odata.type": "#microsoft.graph.sub", "size": 5}]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"other": 1}, "The property 'other' does not exist on type 'Test.Outer'"),
        ({"title": 5}, "Cannot convert the literal '5' to the expected type 'Edm.String'"),
        ({"isOpen": "yes"}, "'yes' to the expected type 'Edm.Boolean'"),
        ({"color": "green"}, "Requested value 'green' was not found."),
        ({"inner": "x"}, "'x' to the expected type 'Test.Inner'"),
        ({"all": {}}, "'dict' to the expected type 'Collection(inner)'"),
        ({"parts": [{"size": 5}]}, "A type named '' could not be resolved"),
        ({"data": "!"}, "Edm.Binary"),
        ({"day": "2026-13-01"}, "Edm.Date"),
        ({"time": "08"}, "Cannot convert the literal '08' to the expected type 'Edm.TimeOfDay'."),
        ({"inner": {"at": "now"}}, "Edm.DateTimeOffset"),
        ({"parts": [{"@odata.type": "sub", "size": True}]}, "Edm.Int32"),
    ],
)
def test_what_does_not_fit_is_refused(body: dict[str, Any], text: str) -> None:
    with pytest.raises(Refused) as refused:
        KINDS.read(OUTER, body)
    assert (refused.value.status, refused.value.code) == (400, "RequestBodyRead")
    assert text in refused.value.message


def test_properties_on_request_are_not_unasked() -> None:
    assert "data" not in OUTER.unasked
    assert OUTER.known("DATA").name == "data"
    with pytest.raises(Refused, match="Could not find a property named 'x' on type"):
        OUTER.known("x")
