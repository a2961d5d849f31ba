import pytest

from heliograph.graph.query import EVENTUAL, in_directory, options, properties_of
from heliograph.graph.values.items import Message


def test_only_what_is_given_is_asked_for() -> None:
    assert options(select=("id", "mail"), top=5) == {"$select": "id,mail", "$top": "5"}
    assert options(search='"displayName:wa"', order_by="displayName") == {
        "$search": '"displayName:wa"',
        "$orderby": "displayName",
    }
    assert options() == {}


@pytest.mark.parametrize(
    "where",
    ["department eq 'Sales'", "displayName eq 'O''Hara and sons'", "accountEnabled eq true"],
)
def test_a_single_eq_needs_no_header(where: str) -> None:
    request = in_directory("/users", options(where=where), permission="User.Read.All")
    assert (request.params, request.headers) == ({"$filter": where}, {})
    assert (request.path, request.permission) == ("/users", "User.Read.All")


@pytest.mark.parametrize(
    "params",
    [
        {"$filter": "department ne 'Sales'"},
        {"$filter": "endsWith(mail,'@contoso.com')"},
        {"$filter": "department eq 'Sales' and jobTitle eq 'Boss'"},
        {"$filter": "not (department eq 'Sales')"},
        {"$filter": "department eq 'Sales'", "$orderby": "displayName"},
        {"$search": '"displayName:wa"'},
        {"$orderby": "deletedDateTime desc"},
    ],
)
def test_more_than_an_eq_is_asked_as_an_advanced_query(params: dict[str, str]) -> None:
    request = in_directory("/users", params, permission="User.Read.All")
    assert request.params == {**params, "$count": "true"}
    assert request.headers == EVENTUAL == {"consistencylevel": "eventual"}


@pytest.mark.parametrize("name", ["displayName", "userPrincipalName"])
def test_sorting_by_name_alone_is_no_advanced_query(name: str) -> None:
    request = in_directory("/users", {"$orderby": name}, permission="User.Read.All")
    assert (request.method, request.params, request.headers) == ("GET", {"$orderby": name}, {})


def test_a_cast_with_any_option_is_an_advanced_query() -> None:
    plain = in_directory("/x/microsoft.graph.user", {}, permission="x", is_cast=True)
    assert (plain.params, plain.headers) == ({}, {})
    chosen = in_directory("/x/microsoft.graph.user", {"$top": "5"}, permission="x", is_cast=True)
    assert chosen.params == {"$top": "5", "$count": "true"}
    assert chosen.headers == EVENTUAL


def test_a_type_tells_what_to_select_for_it() -> None:
    names = properties_of(Message, without={"body"})
    assert names[0] == "id"
    assert {"from", "isRead"} <= set(names)
    assert not {"body", "@odata.type", "from_"} & set(names)
