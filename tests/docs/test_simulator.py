"""`docs/simulator.md` shows what works: its tests pass, its calls are answered, its rows are shown."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import httpx
import msgspec
import pytest
from starlette.routing import Route

from heliograph.simulator import Options, running
from heliograph.simulator.app import of_tenant
from heliograph.simulator.control.calls import ROOT as CONTROL
from heliograph.simulator.switches import FORGERIES, Switches

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "simulator.md").read_text()
SWITCHES = {field.encode_name for field in msgspec.structs.fields(Switches)}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def rows() -> Iterator[tuple[int, str, str]]:
    """Each row of the table: its number, what it is done by, and the files that show it."""
    for cells in re.findall(r"^\| (\d+) \|(.*)\|$", PAGE, re.MULTILINE):
        _, by, shown = cells[1].split("|")
        yield int(cells[0]), by, shown


def test_tests_that_are_shown_pass(tmp_path: Path) -> None:
    example = tmp_path / "test_example.py"
    example.write_text(blocks("python")[0])
    command = [sys.executable, "-m", "pytest", "-q", "-c", str(ROOT / "pyproject.toml")]
    run = subprocess.run(
        [*command, "--rootdir", str(ROOT), str(example)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    assert ".." in run.stdout


async def test_calls_that_are_shown_are_answered() -> None:
    async with (
        running(Options(tls=False)) as simulator,
        httpx.AsyncClient(base_url=str(simulator.ready["graph"])) as client,
    ):
        assert len(blocks("http")) >= 7
        for block in blocks("http"):
            line, _, body = block.partition("\n")
            method, path = line.split()
            answer = await client.request(method, path, json=json.loads(body))
            assert answer.status_code == 200, answer.text


async def test_every_call_of_the_control_api_is_listed() -> None:
    listed = set(re.findall(r"`((?:GET|POST|DELETE) \w+)`", PAGE))
    async with running(Options(tls=False)) as simulator:
        served = {
            f"{method} {route.path.removeprefix(f'{CONTROL}/')}"
            for route in of_tenant(simulator.world, origin="").routes
            if isinstance(route, Route) and route.path.startswith(f"{CONTROL}/")
            for method in route.methods or ()
        }
    pages = {one for one in served if re.search(r"HEAD| $| live$| static/| forms/", one)}
    assert listed == served - pages


def test_every_switch_is_listed_with_its_default() -> None:
    table = PAGE.partition("### Switches")[2].partition("\n## ")[0]
    lines = re.findall(r"^\| (`.*?) \| (.*?) \|", table, re.MULTILINE)
    listed = {name: value for names, value in lines for name in re.findall(r"`(\w+)`", names)}
    assert set(listed) == SWITCHES
    for name in FORGERIES:
        assert f"`{name}`" in table
    for name, value in msgspec.to_builtins(Switches()).items():
        shown = (
            "none"
            if not value and isinstance(value, list | tuple)
            else json.dumps(value).strip('"')
        )
        assert shown.removesuffix(".0") in listed[name], name


def test_all_24_rows_are_there() -> None:
    assert [number for number, _, _ in rows()] == list(range(1, 25))


@pytest.mark.parametrize("row", list(rows()), ids=lambda row: f"row {row[0]}")
def test_each_row_is_shown_by_tests_that_name_it(row: tuple[int, str, str]) -> None:
    number, by, shown = row
    for word in re.findall(r"S `(\w+)`", by):
        assert word in SWITCHES
    for word in re.findall(r"O `(\w+)`", by):
        assert word in {field.name for field in fields(Options)}
    files = re.findall(r"`(tests/[\w/.]+)`", shown)
    assert files
    for file in files:
        name = rf"def test_row_(?:\d+_and_)?{number}_"
        assert re.search(name, (ROOT / file).read_text()), f"{file} has no test of row {number}"
