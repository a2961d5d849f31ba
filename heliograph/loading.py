"""Finds the handlers that the configuration names, and nothing else.

A handler module holds a `Router` named `router`. It is named by its import path (also one beside
`heliograph.toml`), or by the name that an installed package announces under the entry point group
`heliograph.handlers`. What is installed but not named is never imported.
"""

import importlib
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import msgspec
from arq.worker import Function, func

from heliograph.errors import SettingsInvalid
from heliograph.routing import Handler, Router, join
from heliograph.settings import HandlerSettings

GROUP = "heliograph.handlers"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedHandler:
    """A handler, and the settings of its section as the type that its router names."""

    handler: Handler
    settings: Any


def load(sections: Iterable[HandlerSettings], *, directory: Path) -> list[LoadedHandler]:
    """The handlers that *sections* name, with their settings.

    *directory*, that of `heliograph.toml`, is where modules of the user's own are found. Raises
    SettingsInvalid with every fault at once.
    """
    _make_importable(directory)
    faults: list[str] = []
    loaded: list[LoadedHandler] = []
    for section in sections:
        try:
            router = _router(section)
            settings = _settings(section, router)
            handlers = join([(section.name, router)])
        except _Fault as fault:
            faults.append(f"handlers.{section.name}{fault}")
        except ValueError as error:  # from `join`
            faults.append(f"handlers.{section.name}: {error}")
        else:
            loaded += [LoadedHandler(handler=one, settings=settings) for one in handlers]
    if faults:
        raise SettingsInvalid(faults)
    return loaded


def load_functions(names: Iterable[str], *, directory: Path) -> list[Function]:
    """The plain arq functions that *names* (`module:function`) stand for, as arq's worker has them.

    What `arq.worker.func` returns is taken as it is. Raises SettingsInvalid with every fault.
    """
    _make_importable(directory)
    faults: list[str] = []
    functions: list[Function] = []
    for name in names:
        module, _, attribute = name.partition(":")
        try:
            found = getattr(importlib.import_module(module), attribute)
            functions.append(func(found))
        except (ImportError, AttributeError, RuntimeError, TypeError) as error:
            faults.append(f"workers.functions: expected a coroutine function {name}, got {error}")
    if faults:
        raise SettingsInvalid(faults)
    return functions


def _make_importable(directory: Path) -> None:
    if str(directory) not in sys.path:
        sys.path.insert(0, str(directory))


class _Fault(Exception):
    """The rest of a line about one section."""


def _router(section: HandlerSettings) -> Router:
    try:
        module = _module(section.module)
    except ImportError as error:
        raise _Fault(f".module: expected a module or entry point, got {error}") from error
    except ValueError as error:  # a word in `router.on` that no change bears
        raise _Fault(f".module: {error}") from error
    router = getattr(module, "router", module)
    if not isinstance(router, Router):
        raise _Fault(f".module: expected a Router named 'router' in {section.module!r}, got none")
    return router


def _module(name: str) -> object:
    announced = entry_points(group=GROUP, name=name)
    for entry_point in announced:
        return entry_point.load()
    return importlib.import_module(name)


def _settings(section: HandlerSettings, router: Router) -> object:
    given: Mapping[str, object] = section.settings
    if router.settings is None:
        if given:
            raise _Fault(f": expected no settings, got {', '.join(sorted(given))}")
        return given
    try:
        return msgspec.convert(dict(given), router.settings, dec_hook=_as_it_is)
    except msgspec.ValidationError as error:
        raise _Fault(f": {error}") from error


def _as_it_is(type_: type, value: object) -> object:
    """Types that msgspec does not know, such as Secret, are made by `Settings.load` already."""
    if not isinstance(value, type_):
        raise TypeError(f"expected {type_.__name__}, got {type(value).__name__}")
    return value
