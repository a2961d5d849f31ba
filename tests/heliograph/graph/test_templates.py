import re

import pytest

from heliograph.graph.templates import template
from tests.docs.graph_operations import insight_sources, operations


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/users", "/users"),
        ("/users/lene.holm@contoso.com/messages?$top=5", "/users/{id}/messages"),
        ("/users('$lene')/photo/$value", "/users/{id}/photo/$value"),
        (
            "/Users/x/MailFolders/inbox/messages/delta",
            "/users/{id}/mailFolders/inbox/messages/delta",
        ),
        ("/users/x/reminderView(startDateTime='a',endDateTime='b')", "/users/{id}/reminderView()"),
        ("/users/x/calendarView/delta()", "/users/{id}/calendarView/delta"),
        ("/$batch", "/$batch"),
        ("/secrets/of/lene", "/{id}/{id}/{id}"),
    ],
)
def test_a_template_holds_the_words_of_graph_alone(path: str, named: str) -> None:
    assert template(path) == named


async def test_each_operation_of_the_client_has_a_template_with_all_its_words() -> None:
    for one in [*await operations(), *await insight_sources()]:
        shown = re.sub(r"\{\w+\}", "{id}", one.call.partition(" ")[2].partition("?")[0])
        expected = re.sub(r"\([^()]*=.*\)", "()", shown)
        assert template(one.request.path) == expected, one.name
