"""Handlers are found by the names that the configuration gives, and by nothing else."""

import sys
from pathlib import Path

import pytest

from heliograph.errors import SettingsInvalid
from heliograph.loading import load
from heliograph.settings import HandlerSettings

MODULE = '''
import msgspec
from heliograph import Router

class Greeting(msgspec.Struct, forbid_unknown_fields=True):
    sender: str

router = Router(settings=Greeting)

@router.on("users", "created")
async def greet(change, ctx):
    """Greets."""
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "my_handlers_of_test").mkdir()
    (tmp_path / "my_handlers_of_test" / "greeting.py").write_text(MODULE)
    return tmp_path


@pytest.fixture(autouse=True)
def _clean_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in [name for name in sys.modules if name.startswith("my_handlers_of_test")]:
        del sys.modules[name]


def section(
    name: str = "greeting", module: str = "my_handlers_of_test.greeting", **settings: object
) -> HandlerSettings:
    return HandlerSettings(name=name, module=module, settings=settings)


def test_module_beside_the_configuration_is_loaded_with_its_settings(folder: Path) -> None:
    (loaded,) = load([section(sender="hr@contoso.com")], directory=folder)
    assert loaded.handler.id == "greeting.greet"
    assert loaded.settings.sender == "hr@contoso.com"


def test_shipped_handlers_come_in_by_the_same_door(folder: Path) -> None:
    loaded = load([HandlerSettings(name="audit", module="handlers.audit")], directory=folder)
    assert {one.handler.id for one in loaded} == {"audit.changes", "audit.own_acts"}


def test_installed_package_announces_handlers_by_entry_point(folder: Path) -> None:
    info = folder / "announced-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: announced\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[heliograph.handlers]\ngreeter = my_handlers_of_test.greeting:router\n"
    )
    sys.path.insert(0, str(folder))
    (loaded,) = load([section(module="greeter", sender="hr@x")], directory=folder)
    assert loaded.handler.id == "greeting.greet"


def test_what_is_not_named_is_not_imported(folder: Path) -> None:
    """Threat S20: only what the configuration names may run."""
    load([], directory=folder)
    assert "my_handlers_of_test.greeting" not in sys.modules


def test_all_faults_are_told_at_once(folder: Path) -> None:
    with pytest.raises(SettingsInvalid) as told:
        load(
            [
                section("a", module="no.such.module"),
                section("b"),
                section("c", sender="x", color=1),
            ],
            directory=folder,
        )
    assert len(told.value.faults) == 3
    assert "no.such.module" in told.value.faults[0] or "no module" in told.value.faults[0].lower()
    assert "sender" in told.value.faults[1]
    assert "color" in told.value.faults[2]


def test_settings_for_a_handler_that_takes_none_are_a_fault(folder: Path) -> None:
    with pytest.raises(SettingsInvalid, match="expected no settings, got level"):
        load(
            [HandlerSettings(name="audit", module="handlers.audit", settings={"level": 1})],
            directory=folder,
        )
