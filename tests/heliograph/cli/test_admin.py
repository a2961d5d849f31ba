"""`heliograph admin key`: what it prints is taken as it stands."""

import re
import tomllib
from hashlib import sha256

import pytest

from heliograph.cli.main import main


def test_key_is_shown_once_with_the_settings_that_take_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["admin", "key", "ci", "--role", "write"]) == 0
    out = capsys.readouterr().out
    (key,) = re.findall(r"this once: (\S+)", out)
    found = tomllib.loads(out)["admin"]["keys"]["ci"]
    assert found == {"sha256": sha256(key.encode()).hexdigest(), "role": "write"}
    assert len(key) >= 43
