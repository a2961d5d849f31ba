"""Reads one table of the configuration, environment first, and collects every fault on the way.

Nothing is raised while reading: a value that cannot be used becomes a fault and its default, so
that all faults are known at the end. Which keys exist is decided by who reads, in `sections`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from heliograph.settings.parse import Expected, Parser, in_words, shown
from heliograph.settings.parts import Effective
from heliograph.settings.references import REFERENCE, Given, keep, resolve
from heliograph.settings.report import PREFIX, Report, nearest
from heliograph.settings.secret import STARS, Secret, SecretFile

T = TypeVar("T")


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

    def secrets(self, *names: str) -> list[str]:
        """Which of *names* are set; where the environment sets one, those of the file do not count.

        So a secret of another kind can take the place of the one in the file.
        """
        variables = {name: self._variable(name) for name in names}
        set_there = [
            name
            for name, variable in variables.items()
            if {self.report.variable(variable), self.report.variable(f"{variable}_FILE")} != {None}
        ]
        return [name for name in names if self.has(name) and not set_there] or set_there

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
            self.report.fault(self.key(name), REFERENCE, "nothing")
            return Secret("")
        resolved = resolve(self.report, self.key(name), given, plain=plain)
        if resolved is None:
            return Secret("")
        self.note(name, show(str(resolved.value)), resolved.origin)
        return Secret(str(resolved.value))

    def kept_secret(self, name: str, look: Callable[[bytes], str]) -> Secret | SecretFile:
        """A secret by reference that must be given; one in a file stays there.

        *look* checks what is there now, and says what people may see of it.
        """
        given = self._given_secret(name)
        kept = None if given is None else keep(self.report, self.key(name), given)
        if kept is None:
            return Secret("")
        try:
            self.note(name, look(kept.value.read()), kept.origin)
        except OSError as error:
            self.report.fault(
                self.key(name), "a readable file", f"{kept.origin} ({error.strerror})"
            )
        except Expected as error:
            self.report.fault(self.key(name), str(error), f"something else ({kept.origin})")
        return kept.value

    def references(self, name: str, default: object) -> list[Secret]:
        """One secret or a list of them, each by reference, as `resolve` takes them."""
        given = self._given_secret(name) or Given(value=default, origin="default")
        many = _many(given.value)
        key = self.key(name)
        found = [resolve(self.report, key, replace(given, value=one)) for one in many]
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

    def _given(self, name: str) -> Given | None:
        self._known.add(name)
        variable = self._variable(name)
        override = self.report.variable(variable)
        if override is not None:
            return Given(value=override, origin=f"environment {variable}")
        if name in self._table:
            return Given(value=self._table[name], origin=self.report.file_name)
        return None

    def _given_secret(self, name: str) -> Given | None:
        variable = self._variable(name) + "_FILE"
        path = self.report.variable(variable)
        given = self._given(name)
        if path is None:
            return given
        if given is not None and given.origin != self.report.file_name:
            self.report.fault(variable, f"only one of it and {self._variable(name)}", "both")
        return Given(value={"file": path}, origin=f"environment {variable}")

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
