"""Every test that the guarantees name exists, so that none of them is only said."""

import re

from tests.docs.test_examples import ROOT


def test_every_promise_names_tests_that_exist() -> None:
    page = (ROOT / "docs" / "guarantees.md").read_text("utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    defined: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        defined |= set(
            re.findall(r"^(?:async )?def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
        )
    assert len(named) > 40
    assert named - defined == set()
    table = page.split("## The modes")[0]
    rows = [line for line in table.splitlines() if line.startswith("|")][2:]
    assert all("`test_" in row for row in rows)
