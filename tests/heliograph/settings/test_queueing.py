"""The sections about the queue."""

from datetime import timedelta
from pathlib import Path

import pytest

from heliograph.errors import SettingsInvalid
from heliograph.settings import BackPressure, Settings

ROOT = "cm9vdHJvb3Ryb290cm9vdHJvb3Ryb290cm9vdHJvb3Q="


def load(folder: Path, text: str, **environ: str) -> Settings:
    (folder / "root").write_text(ROOT, "ascii")
    path = folder / "heliograph.toml"
    path.write_text('[secrets]\nroot = { file = "root" }\n' + text, "utf-8")
    return Settings.load(path, environ)


def faults(folder: Path, text: str, **environ: str) -> tuple[str, ...]:
    with pytest.raises(SettingsInvalid) as invalid:
        load(folder, text, **environ)
    return invalid.value.faults


def test_defaults_are_safe(tmp_path: Path) -> None:
    settings = load(tmp_path, "")
    assert (settings.redis.durability, settings.redis.accept) == ("standard", ())
    assert settings.back_pressure == BackPressure()
    assert settings.dead_letters.keep is None
    assert settings.listener.forwarded_allow_ips == ()


def test_everything_about_the_queue_can_be_set(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        """
        [redis]
        url = "rediss://cache.example:10000/0"
        durability = "replicated"
        replicas = 2
        accept = ["appendfsync", "replicas"]
        identity = "entra"
        [back_pressure]
        memory_percent = 60
        depth = 1000
        age = "15m"
        looks_per_second = 10
        looks_burst = 20
        [dead_letters]
        keep = "90d"
        [workers]
        functions = ["my_module.inner:go"]
        [listener]
        forwarded_allow_ips = ["10.1.2.3", "10.0.0.0/8"]
        """,
    )
    assert (settings.redis.durability, settings.redis.replicas) == ("replicated", 2)
    assert settings.redis.accept == ("appendfsync", "replicas")
    assert settings.back_pressure.age == timedelta(minutes=15)
    assert settings.dead_letters.keep == timedelta(days=90)
    assert settings.workers.functions == ("my_module.inner:go",)
    assert settings.listener.forwarded_allow_ips == ("10.1.2.3/32", "10.0.0.0/8")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            '[redis]\nurl = "rediss://h/0"\ndurability = "eventual"',
            "redis.durability: expected one of standard, strict, replicated",
        ),
        ('[redis]\naccept = ["evicton"]', "redis.accept: expected names of checks ("),
        ('[redis]\nidentity = "entra"\nurl = "redis://h/0"', "redis.url: expected rediss:// for"),
        ("[back_pressure]\nmemory_percent = 101", "back_pressure.memory_percent: expected a whole"),
        ('[dead_letters]\nkeep = "1h"', "dead_letters.keep: expected a duration like"),
        ('[workers]\nfunctions = ["my_module"]', "workers.functions: expected a list of functions"),
        (
            '[listener]\nforwarded_allow_ips = ["*"]',
            "listener.forwarded_allow_ips: expected addresses or networks like 10.0.0.0/8, never *",
        ),
    ],
)
def test_mistakes_are_told_with_what_was_expected(tmp_path: Path, text: str, fault: str) -> None:
    (told,) = faults(tmp_path, text)
    assert told.startswith(fault)


@pytest.mark.parametrize(
    "option", ["ssl_cert_reqs=none", "ssl_check_hostname=false", "socket_timeout=9999"]
)
def test_s18_url_cannot_weaken_what_we_set(tmp_path: Path, option: str) -> None:
    """redis-py lets a URL's options go before everything else."""
    (told,) = faults(tmp_path, "", HELIOGRAPH_REDIS__URL=f"rediss://u:p@h/0?{option}")
    name = option.partition("=")[0]
    assert told == (
        "redis.url: expected no options but client_name, db, password, username in the URL, "
        f"got {name}"
    )
