"""What reading the configuration has found so far, faults and effective settings alike."""

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path

from heliograph.settings.parts import Effective

PREFIX = "HELIOGRAPH_"


class Report:
    """What was found so far: faults, effective settings, and the names that were asked for."""

    def __init__(self, directory: Path, file_name: str, environ: Mapping[str, str]) -> None:
        self.directory = directory
        self.file_name = file_name
        self.environ = environ
        self.faults: list[str] = []
        self.effective: list[Effective] = []
        self._asked: set[str] = set()

    def fault(self, key: str, expectation: str, got: str) -> None:
        """Note that *key* cannot be used."""
        self.faults.append(f"{key}: expected {expectation}, got {got}")

    def variable(self, name: str) -> str | None:
        """The value of an environment variable, which is then known to exist for a reason."""
        self._asked.add(name)
        return self.environ.get(name)

    def unknown_variables(self) -> None:
        """Note every variable that looks like a setting of ours and is none."""
        # Kubernetes sets HELIOGRAPH_LISTENER_PORT and its like by itself: one underscore passes.
        for name in sorted(self.environ):
            if name.startswith(PREFIX) and "__" in name and name not in self._asked:
                self.fault(
                    name, "the name of a setting" + nearest(name, self._asked), "an unknown one"
                )


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint at the known name that *name* may have been meant for, or nothing."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""
