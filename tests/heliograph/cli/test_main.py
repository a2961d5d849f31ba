"""The commands, as a user types them: what they print, and how they end."""

import json
import os
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.certificates import an_app_certificate

ROOT = Path(__file__).parents[3]


def heliograph(
    *arguments: str, cwd: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("HELIOGRAPH_")}
    return subprocess.run(
        [sys.executable, "-m", "heliograph", *arguments],
        cwd=cwd,
        env={**clean, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def initiated(tmp_path: Path) -> Path:
    assert heliograph("init", cwd=tmp_path).returncode == 0
    return tmp_path


def test_init_writes_settings_that_only_lack_the_secret(initiated: Path) -> None:
    checked = heliograph("check", cwd=initiated)
    assert checked.returncode == 1
    assert checked.stderr.strip() == (
        "tenants.main.client_secret: expected the environment variable CLIENT_SECRET, got nothing"
    )
    checked = heliograph("check", cwd=initiated, CLIENT_SECRET="hush")
    assert checked.returncode == 0
    assert "hush" not in checked.stdout + checked.stderr
    assert checked.stdout.endswith("heliograph.toml: ok\n")


def test_root_secret_is_for_the_owners_eyes_only(initiated: Path) -> None:
    mode = (initiated / "secrets" / "root").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_init_overwrites_nothing(initiated: Path) -> None:
    before = (initiated / "secrets" / "root").read_bytes()
    again = heliograph("init", cwd=initiated)
    assert (again.returncode, again.stderr) == (
        1,
        "expected no heliograph.toml, found one: nothing was written\n",
    )
    assert (initiated / "secrets" / "root").read_bytes() == before


def test_check_reports_all_faults_at_once(tmp_path: Path) -> None:
    (tmp_path / "heliograph.toml").write_text(
        '[tenants.main]\ntenant_id = "x"\nclient_secrt = "y"\n[workers]\nlease = "soon"\n'
    )
    checked = heliograph("check", "--json", cwd=tmp_path)
    faults = json.loads(checked.stdout)["faults"]
    assert checked.returncode == 1
    for part in ("tenants.main.tenant_id", "client_secrt", "workers.lease", "secrets.root"):
        assert any(part in fault for fault in faults), part


def test_check_tells_where_a_value_comes_from(initiated: Path) -> None:
    checked = heliograph(
        "check", "--json", cwd=initiated, CLIENT_SECRET="s", HELIOGRAPH_WORKERS__LEASE="30s"
    )
    settings = {one["key"]: one for one in json.loads(checked.stdout)["settings"]}
    assert settings["workers.lease"]["origin"] == "environment HELIOGRAPH_WORKERS__LEASE"
    assert settings["listener.port"]["origin"] == "default"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["nix"], 2), (["check", "--nix"], 2), (["check"], 1), (["--help"], 0), (["--version"], 0)],
)
def test_exit_status_tells_how_it_ended(arguments: list[str], status: int, tmp_path: Path) -> None:
    ended = heliograph(*arguments, cwd=tmp_path)
    assert ended.returncode == status
    assert "Traceback" not in ended.stderr


def test_up_beside_no_applications_says_so_in_one_line(initiated: Path) -> None:
    ended = heliograph("up", cwd=initiated, CLIENT_SECRET="s")
    assert ended.returncode == 1
    assert ended.stderr.startswith("expected the applications beside heliograph.toml, found no")


def test_audit_log_is_looked_at_without_the_secrets_of_a_tenant(initiated: Path) -> None:
    ended = heliograph("audit", "verify", cwd=initiated)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("audit: ok, 0 entries")


def test_audit_log_that_cannot_be_opened_is_told_in_one_line(initiated: Path) -> None:
    ended = heliograph(
        "audit", "list", cwd=initiated, HELIOGRAPH_AUDIT__URL="sqlite:////nowhere/audit.db"
    )
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1


def test_simulate_says_in_one_line_when_it_is_ready() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "heliograph", "simulate"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    names = ("graph", "authority", "tenant_id", "client_id", "client_secret", "token", "ca_file")
    assert tuple(ready) == names


def test_check_tells_of_a_certificate_that_has_ended(initiated: Path) -> None:
    ended = an_app_certificate(ends=datetime(2026, 1, 31, tzinfo=UTC))
    (initiated / "app.pem").write_bytes(ended.pem)
    environment = {"HELIOGRAPH_TENANTS__MAIN__CERTIFICATE_FILE": "app.pem"}
    checked = heliograph("check", cwd=initiated, **environment)
    assert checked.returncode == 1
    assert checked.stderr == (
        "tenants.main.certificate: expected a certificate that is valid now, "
        "got one from 2024-02-01 to 2026-01-31\n"
    )
    (initiated / "app.pem").write_bytes(an_app_certificate().pem)
    checked = heliograph("check", cwd=initiated, **environment)
    assert checked.returncode == 0
    assert "SHA-256 " in checked.stdout
    assert "PRIVATE" not in checked.stdout
