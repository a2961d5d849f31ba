"""`heliograph init`: the settings to begin with, commented, and a root secret of one's own."""

from importlib.resources import files
from pathlib import Path

from heliograph.cli.stack import new_root_secret, write_private
from heliograph.errors import HeliographError
from heliograph.settings import FILE_NAME


class AlreadyThere(HeliographError):
    """A file that would be written exists."""


def write_files(directory: Path) -> list[Path]:
    """Writes the settings and the root secret into *directory*; what was written.

    Raises AlreadyThere, and writes nothing, where one of them exists.
    """
    config, root = directory / FILE_NAME, directory / "secrets" / "root"
    for path in (config, root):
        if path.exists():
            raise AlreadyThere(f"expected no {path}, found one: nothing was written")
    write_private(root, new_root_secret())
    config.write_bytes(files("heliograph.cli").joinpath("template.toml").read_bytes())
    return [config, root]
