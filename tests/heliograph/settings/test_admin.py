"""The section `admin`: keys by their hash alone, tokens of a tenant that there is."""

from hashlib import sha256
from pathlib import Path

import pytest

from heliograph.errors import SettingsInvalid
from heliograph.settings import AdminKey, AdminSettings, Settings
from tests.heliograph.test_settings import GUID, TENANT, Place

HASH = sha256(b"key").hexdigest()
ENVIRON = {"CLIENT_SECRET": "x"}
OTHER = TENANT.replace("contoso", "fabrikam").replace(GUID, GUID.replace("1", "2"))


def read(folder: Path, text: str) -> AdminSettings:
    return Settings.load(Place(folder).write("heliograph.toml", text), ENVIRON).admin


def faults(folder: Path, text: str) -> str:
    with pytest.raises(SettingsInvalid) as invalid:
        read(folder, text)
    return str(invalid.value)


def test_nobody_comes_in_by_default(tmp_path: Path) -> None:
    admin = read(tmp_path, TENANT)
    assert (admin.host, admin.is_open_to_anybody) == ("127.0.0.1", False)


def test_key_stands_by_its_hash(tmp_path: Path) -> None:
    admin = read(tmp_path, f'{TENANT}\n[admin.keys.ci]\nsha256 = "{HASH}"\nrole = "write"')
    assert admin.keys == (AdminKey(name="ci", sha256=HASH, role="write"),)
    assert admin.is_open_to_anybody


def test_key_itself_is_refused_and_never_shown(tmp_path: Path) -> None:
    said = faults(tmp_path, f'{TENANT}\n[admin.keys.ci]\nsha256 = "hga_canary"')
    assert "admin.keys.ci.sha256" in said
    assert "canary" not in said


def test_tokens_are_those_of_the_only_tenant(tmp_path: Path) -> None:
    admin = read(tmp_path, f'{TENANT}\n[admin]\naudience = "api://heliograph"')
    assert (admin.audience, admin.tenant) == ("api://heliograph", "contoso")


def test_one_of_several_tenants_must_be_named(tmp_path: Path) -> None:
    said = faults(tmp_path, f'{TENANT}{OTHER}\n[admin]\naudience = "api://heliograph"')
    assert "admin.tenant" in said
    assert "contoso, fabrikam" in said
