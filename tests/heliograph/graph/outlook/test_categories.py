from typing import TYPE_CHECKING

from heliograph.graph import GraphClient

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

LENE = "lene.holm@contoso.com"
PLACE = f"/users/{LENE}/outlook/masterCategories"


async def test_a_category_lives_and_dies(graph: GraphClient, recorder: "Recorder") -> None:
    category = {"id": "c", "displayName": "Onboarding", "color": "preset0"}
    recorder.answer(201, category).answer(200, {"value": [category]})
    recorder.answer(200, {**category, "color": "preset4"}).answer(204).refuse(
        404, "ErrorItemNotFound"
    )
    assert (await graph.categories.create(LENE, "Onboarding", color="preset0")).id == "c"
    assert recorder.last.json == {"displayName": "Onboarding", "color": "preset0"}
    assert [each.display_name async for each in graph.categories.list(LENE)] == ["Onboarding"]
    assert (await graph.categories.recolor(LENE, "c", "preset4")).color == "preset4"
    assert recorder.last.json == {"color": "preset4"}
    await graph.categories.delete(LENE, "c")
    await graph.categories.delete(LENE, "c")
    assert recorder.calls == [
        f"POST {PLACE}",
        f"GET {PLACE}",
        f"PATCH {PLACE}/c",
        f"DELETE {PLACE}/c",
        f"DELETE {PLACE}/c",
    ]
    assert recorder.is_outlook(LENE)
