import pytest

from heliograph.graph.items import Message
from heliograph.graph.query import directory, options, properties_of


def test_only_what_is_given_is_asked_for() -> None:
    assert options(select=("id", "mail"), top=5) == {"$select": "id,mail", "$top": "5"}
    assert options() == {}


@pytest.mark.parametrize(
    "where",
    ["department eq 'Sales'", "displayName eq 'O''Hara and sons'", "accountEnabled eq true"],
)
def test_a_single_eq_needs_no_header(where: str) -> None:
    assert directory(options(where=where)) == ({"$filter": where}, {})


@pytest.mark.parametrize(
    "params",
    [
        {"$filter": "department ne 'Sales'"},
        {"$filter": "endsWith(mail,'@contoso.com')"},
        {"$filter": "department eq 'Sales' and jobTitle eq 'Boss'"},
        {"$filter": "not (department eq 'Sales')"},
        {"$filter": "department eq 'Sales'", "$orderby": "displayName"},
        {"$search": '"displayName:wa"'},
    ],
)
def test_more_than_an_eq_is_asked_as_an_advanced_query(params: dict[str, str]) -> None:
    asked, headers = directory(params)
    assert asked == {**params, "$count": "true"}
    assert headers == {"consistencylevel": "eventual"}


def test_sorting_alone_is_no_advanced_query() -> None:
    assert directory({"$orderby": "displayName"}) == ({"$orderby": "displayName"}, {})


def test_a_type_tells_what_to_select_for_it() -> None:
    names = properties_of(Message, without={"body"})
    assert names[0] == "id"
    assert {"from", "isRead"} <= set(names)
    assert not {"body", "@odata.type", "from_"} & set(names)
