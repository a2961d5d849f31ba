"""What the documentation shows must work: examples run, links lead somewhere, commands exist."""

import inspect
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from heliograph.cli.main import app
from heliograph.cli.stack import new_root_secret
from heliograph.loading import load
from heliograph.settings import HandlerSettings, Settings
from tests.certificates import an_app_certificate

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    for name in [name for name in sys.modules if name.partition(".")[0] == "my_handlers"]:
        monkeypatch.delitem(sys.modules, name)
    return tmp_path


async def test_first_handler_of_the_readme_loads_and_passes_its_test(folder: Path) -> None:
    handler, test = blocks(ROOT / "README.md", "python")
    (folder / "my_handlers").mkdir()
    (folder / "my_handlers" / "moved.py").write_text(handler)
    (section,) = blocks(ROOT / "README.md", "toml")
    named = tomllib.loads(section)["handlers"]["moved"]
    (loaded,) = load([HandlerSettings(name="moved", module=named["module"])], directory=folder)
    assert loaded.handler.id == "moved.moved"
    namespace: dict[str, Any] = {}
    exec(compile(test, "README.md", "exec"), namespace)  # noqa: S102 (our own page)
    tests = [value for name, value in namespace.items() if name.startswith("test_")]
    assert tests
    for one in tests:
        assert inspect.iscoroutinefunction(one)
        await one()


@pytest.mark.parametrize("text", blocks(ROOT / "docs" / "credentials.md", "toml"))
def test_each_credential_that_is_shown_is_sound(folder: Path, text: str) -> None:
    (folder / "secrets").mkdir()
    (folder / "secrets" / "root").write_bytes(new_root_secret())
    (folder / "secrets" / "app.pem").write_bytes(an_app_certificate().pem)
    (folder / "token").write_text("eyJh.eyJz.c2ln")
    (folder / "heliograph.toml").write_text(text)
    environ = {"CLIENT_SECRET": "s", "AZURE_FEDERATED_TOKEN_FILE": str(folder / "token")}
    settings = Settings.load(folder / "heliograph.toml", environ)
    assert set(settings.tenants) == {"contoso"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?://)([^)#]+)[^)]*\)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_exist(page: Path) -> None:
    pattern = r"`((?:heliograph|listener|workers|handlers|tests|infra|docs|requirements)/[\w/.-]+)`"
    for path in re.findall(pattern, page.read_text()):
        assert (ROOT / path).exists(), f"{page.name} names {path}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_make_targets_that_are_named_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for target in re.findall(r"`make ([a-z]+)`|^make ([a-z]+)", page.read_text(), re.MULTILINE):
        assert "".join(target) in targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_are_named_exist(page: Path) -> None:
    for command in re.findall(
        r"`heliograph ([a-z][a-z -]*)`|^heliograph ([a-z][a-z -]*)", page.read_text(), re.MULTILINE
    ):
        words = "".join(command).split()
        app.parse_commands([word for word in words if not word.startswith("-")])
        assert words[0] in app, f"{page.name} names heliograph {words[0]}"


def test_each_wish_that_is_shown_is_sound(folder: Path) -> None:
    (folder / "secrets").mkdir()
    (folder / "secrets" / "root").write_bytes(new_root_secret())
    (wishes,) = blocks(ROOT / "docs" / "subscriptions.md", "toml")
    tenant = (
        "[tenants.contoso]\n"
        'tenant_id = "11111111-2222-3333-4444-555555555555"\n'
        'client_id = "11111111-2222-3333-4444-555555555555"\n'
        'client_secret = { env = "CLIENT_SECRET" }\n'
        '[listener]\npublic_url = "https://example.com"\n'
    )
    (folder / "heliograph.toml").write_text(tenant + wishes)
    settings = Settings.load(folder / "heliograph.toml", {"CLIENT_SECRET": "s"})
    assert len(settings.subscriptions) == 6
