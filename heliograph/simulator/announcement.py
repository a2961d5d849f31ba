"""Where running simulators say that they run, for commands that look for one.

One file a simulator, for the eyes of the user who started it; it holds the ready line.
"""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

Ready = Mapping[str, str | None]


def folder(environ: Mapping[str, str]) -> Path:
    """The directory of the announcements of this user."""
    runtime = environ.get("XDG_RUNTIME_DIR")
    base = Path(runtime) if runtime else Path(tempfile.gettempdir())
    return base / f"heliograph-{os.getuid()}" / "simulators"


@contextmanager
def announced(ready: Ready, place: Path) -> Iterator[None]:
    """While inside, a file in *place* tells of this process's simulator."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = place / f"{os.getpid()}.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(ready))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def running(place: Path) -> list[Ready]:
    """What simulators that live have announced in *place*, the newest first; others are removed."""
    found: list[tuple[float, Ready]] = []
    for file in place.glob("*.json"):
        if not _is_ours(file):
            continue
        if _lives(int(file.stem)):
            found.append((file.stat().st_mtime, json.loads(file.read_text())))
        else:
            file.unlink(missing_ok=True)
    return [ready for _, ready in sorted(found, key=lambda one: one[0], reverse=True)]


def _is_ours(file: Path) -> bool:
    """Whether this user wrote it: in a temporary directory others could, and point elsewhere."""
    return file.stem.isdigit() and file.stat().st_uid == os.getuid()


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
