from typing import TYPE_CHECKING, Any

from heliograph.graph import GraphClient

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

LENE = "lene.holm@contoso.com"
RULES = f"/users/{LENE}/mailFolders/inbox/messageRules"
RULE: dict[str, Any] = {
    "id": "AQAAAJ5dZqA=",
    "displayName": "Home",
    "sequence": 2,
    "isEnabled": True,
    "hasError": False,
    "isReadOnly": False,
    "conditions": {"senderContains": ["payroll"], "somethingNew": True},
    "actions": {
        "forwardTo": [{"emailAddress": {"name": "Me", "address": "Lene@Example.com"}}],
        "redirectTo": [{"emailAddress": {"address": "lene@fabrikam.com"}}],
        "stopProcessingRules": True,
    },
}


async def test_rules_tell_where_they_pass_mail_on_to(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(200, {"value": [RULE, {"id": "2", "actions": {"delete": True}}, {"id": "3"}]})
    home, deleting, bare = [rule async for rule in graph.message_rules.list(LENE)]
    assert home.passes_on_to == {"lene@example.com", "lene@fabrikam.com"}
    assert home.conditions == {"senderContains": ["payroll"], "somethingNew": True}
    assert deleting.actions is not None
    assert deleting.actions.delete
    assert deleting.passes_on_to == bare.passes_on_to == frozenset()
    assert recorder.calls == [f"GET {RULES}"]
    assert recorder.is_outlook(LENE)


async def test_a_rule_lives_and_dies(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(201, RULE).answer(200, RULE).answer(200, {**RULE, "isEnabled": False})
    recorder.answer(204).refuse(404, "ErrorItemNotFound")
    new = {"displayName": "Home", "sequence": 2, "actions": {"delete": True}}
    assert (await graph.message_rules.create(LENE, new)).id == RULE["id"]
    assert recorder.last.json == new
    assert (await graph.message_rules.get(LENE, "r")).sequence == 2
    assert not (await graph.message_rules.update(LENE, "r", {"isEnabled": False})).is_enabled
    await graph.message_rules.delete(LENE, "r")
    await graph.message_rules.delete(LENE, "r")
    assert recorder.calls == [
        f"POST {RULES}",
        f"GET {RULES}/r",
        f"PATCH {RULES}/r",
        f"DELETE {RULES}/r",
        f"DELETE {RULES}/r",
    ]
