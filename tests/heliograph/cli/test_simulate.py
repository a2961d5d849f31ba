"""The options of `heliograph simulate`: each reaches the simulator, and a wrong one is one line."""

from collections.abc import Callable
from typing import Any

import pytest

from heliograph.cli import main, simulate
from heliograph.simulator.faults import Fault
from heliograph.simulator.options import Options
from heliograph.simulator.switches import Switches

Started = Callable[..., tuple[Options, dict[str, Any]]]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """What a simulator would be started with."""

    def start(*arguments: str) -> tuple[Options, dict[str, Any]]:
        seen: list[tuple[Options, dict[str, Any]]] = []
        monkeypatch.setattr(simulate, "run", lambda options, **more: seen.append((options, more)))
        assert main(["simulate", *arguments]) == 0
        (found,) = seen
        return found

    return start


def test_without_options_it_starts_with_the_defaults(started: Started) -> None:
    options, more = started()
    assert options == Options()
    assert more == {"switches": Switches(), "faults": ()}


def test_every_option_is_one_of_the_command(started: Started) -> None:
    options, _ = started(
        *("--port", "8443", "--host", "::1", "--seed", "7", "--users", "500", "--no-tls"),
        *("--tenants", "2"),
        *("--speed", "60", "--limits", "0.5", "--authorized-for", "600", "--no-allow-http"),
        *("--permissions", "Mail.Read", "--permissions", "User.Read.All"),
        *("--first-timeout", "1", "--retry-timeout", "2", "--handshake-timeout", "3"),
        *("--directory-quota", "4", "--tenant-quota", "5", "--app-quota", "6"),
        *("--mailbox-quota", "7", "--endpoint-judged-after", "8", "--flush-after", "0"),
    )
    assert options == Options(
        port=8443,
        host="::1",
        seed=7,
        users=500,
        tenants=2,
        tls=False,
        speed=60,
        limits=0.5,
        authorized_for=600,
        allow_http=False,
        permissions=("Mail.Read", "User.Read.All"),
        first_timeout=1,
        retry_timeout=2,
        handshake_timeout=3,
        directory_quota=4,
        tenant_quota=5,
        app_quota=6,
        mailbox_quota=7,
        endpoint_judged_after=8,
        flush_after=0,
    )


def test_no_permission_at_all_can_be_granted(started: Started) -> None:
    options, _ = started("--empty-permissions")
    assert options.permissions == ()


def test_switches_and_faults_stand_from_the_start(started: Started) -> None:
    _, more = started(
        *("--switch", "duplicated=0.1", "--switch", "late-by=60", "--switch", "disordered=true"),
        *("--switch", 'forged:=["expired"]', "--switch", "handshakeSpaces=%20"),
        *("--fault", "status=429,times=3,path=/users,retryAfter=2"),
        *("--fault", "status=200,delay=0.5"),
    )
    assert more["switches"] == Switches(
        duplicated=0.1,
        late_by=60,
        disordered=True,
        forged=("expired",),
        handshake_spaces="%20",
    )
    assert more["faults"] == (
        Fault(status=429, times=3, path="/users", retry_after="2"),
        Fault(status=200, delay=0.5),
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "99999"], "port: expected 65535 or less, got 99999"),
        (["--users", "0", "--speed", "0"], "users: expected more than 0, got 0; speed: expected"),
        (["--mailbox-quota", "-1"], "mailbox_quota: expected 0 or more, got -1"),
        (["--ca-key", "x.pem"], "ca_certificate and ca_key: expected both or none"),
        (["--fault", "status=x"], "Expected `int`, got `str`"),
        (["--fault", "status=200"], "expected 400 to 599"),
        (["--fault", "429"], "expected NAME=VALUE or NAME:=JSON, got '429'"),
        (["--switch", "lost=2"], "<= 1.0 - at `$.lost`"),
        (["--switch", "losst=1"], "unknown field `losst`"),
        (["--users", "many"], "many"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_wrong_option_is_one_line_and_exit_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", *arguments]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert len(said.splitlines()) == 1


def test_address_that_is_taken_is_one_line_and_exit_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--host", "192.0.2.1"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("expected a free address, got 192.0.2.1, port 0: ")
    assert len(said.splitlines()) == 1
