"""Secrets by reference: `{ env = "NAME" }`, `{ file = "path" }`, `{ file = { env = "NAME" } }`.

What a reference leads to is fetched here; what cannot be had becomes a fault that never shows it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from heliograph.settings.parse import shown
from heliograph.settings.report import Report
from heliograph.settings.secret import STARS, Secret, SecretFile

REFERENCE = 'a reference like { env = "NAME" } or { file = "path" }'


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A raw value, and where it came from."""

    value: object
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A secret that can be read again, and where it came from."""

    value: Secret | SecretFile
    origin: str


def resolve(
    report: Report, key: str, given: Given, *, plain: Callable[[str], bool] = lambda _: False
) -> Given | None:
    """The text that a reference stands for; else a fault and None. *plain* texts stand as is."""
    match given.value:
        case str(text) if given.origin != report.file_name or plain(text):
            return given
        case str():
            report.fault(key, REFERENCE, f"a plain value, {STARS}")
        case {"env": str(variable), **rest} if not rest:
            value = report.variable(variable)
            if value is not None:
                return Given(value=value, origin=f"environment {variable}")
            report.fault(key, f"the environment variable {variable}", "nothing")
        case {"file": place, **rest} if not rest:
            path = _path(report, key, place)
            return None if path is None else _read(report, key, path)
        case _:
            report.fault(key, REFERENCE, STARS)
    return None


def keep(report: Report, key: str, given: Given) -> Kept | None:
    """The secret that a reference stands for, and a file as that file; else a fault and None."""
    if isinstance(given.value, Mapping) and set(given.value) == {"file"}:
        path = _path(report, key, given.value["file"])
        if path is None:
            return None
        return Kept(value=SecretFile(report.directory / path), origin=f"file {path}")
    resolved = resolve(report, key, given)
    if resolved is None:
        return None
    return Kept(value=Secret(str(resolved.value)), origin=resolved.origin)


def _path(report: Report, key: str, place: object) -> str | None:
    """A path, or what the variable holds that *place* names; else a fault and None."""
    match place:
        case str(path):
            return path
        case {"env": str(variable), **rest} if not rest:
            named = report.variable(variable)
            if named is None:
                report.fault(key, f"a path in the environment variable {variable}", "nothing")
            return named
        case _:
            report.fault(key, REFERENCE, STARS)
            return None


def _read(report: Report, key: str, path: str) -> Given | None:
    try:
        text = (report.directory / path).read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8"
        report.fault(key, "a readable file", f"{shown(path)} ({why})")
        return None
    if not text:
        report.fault(key, "a file with a secret in it", f"{shown(path)} (empty)")
        return None
    return Given(value=text, origin=f"file {path}")
