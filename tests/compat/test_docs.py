"""The client that `docs/simulator.md` shows works as it stands there."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "simulator.md"


async def test_client_that_is_shown_lists_users(simulator: Mapping[str, str]) -> None:
    shown = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)[1]
    namespace: dict[str, Any] = {}
    exec(compile(shown, str(PAGE), "exec"), namespace)  # noqa: S102 (our own page)
    graph = namespace["client"](simulator)
    assert len((await graph.users.get()).value) >= 12
