"""Reads one table of the configuration, environment first, and collects every fault on the way.

Nothing is raised while reading: a value that cannot be used becomes a fault and its default, so
that all faults are known at the end. Which keys exist is decided by who reads, in `sections`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from heliograph.settings.parse import Expected, Parser, in_words, shown
from heliograph.settings.parts import Effective
from heliograph.settings.report import PREFIX, Report, nearest
from heliograph.settings.secret import STARS, Secret

T = TypeVar("T")

_REFERENCE = 'a reference like { env = "NAME" } or { file = "path" }'


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """A raw value, and where it came from."""

    value: object
    origin: str


class Section:
    """One table. *path* is its place in the file: `("tenants", "contoso")`."""

    def __init__(self, report: Report, path: tuple[str, ...], table: Mapping[str, object]) -> None:
        self.report = report
        self._path = path
        self._table = table
        self._known: set[str] = set()

    def key(self, name: str) -> str:
        """The dotted name of a key of this table, as faults and `check` show it."""
        return ".".join((*self._path, name))

    def has(self, name: str) -> bool:
        """Whether *name* is set here or in the environment."""
        return self._given(name) is not None

    def value(self, name: str, parse: Parser[T], default: T, *, required: bool = False) -> T:
        """The value of *name*, or *default*. What *parse* refuses is a fault, and the default."""
        given = self._given(name)
        if given is None:
            return self._missing(name, parse, default) if required else self._default(name, default)
        try:
            value = parse(given.value)
        except Expected as error:
            got = f"{shown(given.value)} ({given.origin})"
            self.report.fault(self.key(name), str(error), got)
            return default
        self.note(name, _for_people(value), given.origin)
        return value

    def secret(
        self,
        name: str,
        default: str | None = None,
        *,
        plain: Callable[[str], bool] = lambda _: False,
        show: Callable[[str], str] = lambda _: STARS,
    ) -> Secret:
        """A secret by reference, or from the environment. What *plain* accepts may stand as it is.

        Without a *default* it must be given.
        """
        given = self._given_secret(name)
        if given is None and default is not None:
            self.note(name, show(default), "default")
            return Secret(default)
        if given is None:
            self.report.fault(self.key(name), _REFERENCE, "nothing")
            return Secret("")
        resolved = self._resolve(name, given, plain=plain)
        if resolved is None:
            return Secret("")
        self.note(name, show(str(resolved.value)), resolved.origin)
        return Secret(str(resolved.value))

    def references(self, name: str, default: object) -> list[Secret]:
        """One secret or a list of them, each by reference, as `resolve` takes them."""
        given = self._given_secret(name) or _Given(value=default, origin="default")
        many = _many(given.value)
        found = [self._resolve(name, replace(given, value=one)) for one in many]
        for number, resolved in enumerate(found):
            if resolved is not None:
                label = name if len(many) == 1 else f"{name}[{number}]"
                self.note(label, STARS, resolved.origin)
        return [Secret(str(resolved.value)) for resolved in found if resolved is not None]

    def free(self, name: str) -> dict[str, object]:
        """A table whose keys belong to somebody else; references in it become Secrets."""
        section = self.section(name)
        values: dict[str, object] = {}
        for key in section.names():
            given = section._given(key)
            if given is None:
                continue
            value = given.value
            if isinstance(value, Mapping) and set(value) in ({"env"}, {"file"}):
                values[key] = section.secret(key)
                continue
            if isinstance(value, str) and given.origin != self.report.file_name:
                value = _json_or_text(value)
            section.note(key, _for_people(value), given.origin)
            values[key] = value
        return values

    def section(self, name: str) -> "Section":
        """The table *name* below this one; empty where there is none."""
        self._known.add(name)
        table = self._table.get(name, {})
        if not isinstance(table, Mapping):
            self.report.fault(self.key(name), "a table", shown(table))
            table = {}
        return Section(self.report, (*self._path, name), table)

    def items(self, name: str) -> list["Section"]:
        """The tables of the list *name*; one variable may hold them all, as JSON."""
        self._known.add(name)
        given = self._given(name)
        tables = given.value if given else []
        if isinstance(tables, str):
            tables = _json_or_text(tables)
        if not isinstance(tables, list) or not all(isinstance(one, Mapping) for one in tables):
            self.report.fault(self.key(name), "a list of tables", shown(tables))
            return []
        return [
            Section(self.report, (*self._path, f"{name}[{number}]"), table)
            for number, table in enumerate(tables)
        ]

    def names(self) -> list[str]:
        """The keys of this table, those that only the environment brings in lower case."""
        found = dict.fromkeys(self._table)
        spelled = {_variable_part(name) for name in found}
        head = self._variable("") if self._path else PREFIX
        for variable in sorted(self.report.environ):
            part = variable.removeprefix(head).split("__")[0]
            if variable.startswith(head) and part and part not in spelled:
                spelled.add(part)
                found[part.lower()] = None
        return list(found)

    def close(self) -> None:
        """Note every key of the table that nobody asked for, with the nearest known name."""
        for name in self._table:
            if name not in self._known:
                expectation = "a known key" + nearest(name, self._known)
                self.report.fault(self.key(name), expectation, "an unknown one")

    def note(self, name: str, text: str, origin: str) -> None:
        """Keep what is in effect for `heliograph check`."""
        self.report.effective.append(Effective(key=self.key(name), shown=text, origin=origin))

    def _missing(self, name: str, parse: Parser[T], default: T) -> T:
        expectation = "a value"
        try:
            parse(None)
        except Expected as error:
            expectation = str(error)
        self.report.fault(self.key(name), expectation, "nothing")
        return default

    def _default(self, name: str, default: T) -> T:
        self.note(name, _for_people(default), "default")
        return default

    def _given(self, name: str) -> _Given | None:
        self._known.add(name)
        variable = self._variable(name)
        override = self.report.variable(variable)
        if override is not None:
            return _Given(value=override, origin=f"environment {variable}")
        if name in self._table:
            return _Given(value=self._table[name], origin=self.report.file_name)
        return None

    def _given_secret(self, name: str) -> _Given | None:
        variable = self._variable(name) + "_FILE"
        path = self.report.variable(variable)
        given = self._given(name)
        if path is None:
            return given
        if given is not None and given.origin != self.report.file_name:
            self.report.fault(variable, f"only one of it and {self._variable(name)}", "both")
        return _Given(value={"file": path}, origin=f"environment {variable}")

    def _resolve(
        self, name: str, given: _Given, *, plain: Callable[[str], bool] = lambda _: False
    ) -> _Given | None:
        """The text that a reference stands for; else a fault and None."""
        match given.value:
            case str(text) if given.origin != self.report.file_name or plain(text):
                return given
            case str():
                self.report.fault(self.key(name), _REFERENCE, f"a plain value, {STARS}")
            case {"env": str(variable), **rest} if not rest:
                value = self.report.variable(variable)
                if value is not None:
                    return _Given(value=value, origin=f"environment {variable}")
                self.report.fault(self.key(name), f"the environment variable {variable}", "nothing")
            case {"file": str(path), **rest} if not rest:
                return self._read(name, path)
            case _:
                self.report.fault(self.key(name), _REFERENCE, STARS)
        return None

    def _read(self, name: str, path: str) -> _Given | None:
        try:
            text = (self.report.directory / path).read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "not UTF-8"
            self.report.fault(self.key(name), "a readable file", f"{shown(path)} ({why})")
            return None
        if not text:
            self.report.fault(
                self.key(name), "a file with a secret in it", f"{shown(path)} (empty)"
            )
            return None
        return _Given(value=text, origin=f"file {path}")

    def _variable(self, name: str) -> str:
        parts = [_variable_part(part) for part in (*self._path, name)]
        return PREFIX + "__".join(parts)


def _variable_part(name: str) -> str:
    # `subscriptions[0]` is HELIOGRAPH_SUBSCRIPTIONS__0.
    return name.upper().replace("-", "_").replace("[", "__").replace("]", "")


def _many(value: object) -> list[object]:
    """The secrets that *value* names; in the environment they stand between commas."""
    if isinstance(value, str):
        return [*value.split(",")]
    return value if isinstance(value, list) else [value]


def _json_or_text(value: str) -> object:
    try:
        decoded: object = json.loads(value)
    except ValueError:
        return value
    return decoded


def _for_people(value: object) -> str:
    if isinstance(value, timedelta):
        return in_words(value)
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
