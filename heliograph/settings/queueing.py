"""The sections about the queue: `redis`, `back_pressure` and `dead_letters`."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from heliograph.settings import parse
from heliograph.settings.parse import Expected, Parser
from heliograph.settings.parts import BackPressure, DeadLetterSettings, RedisSettings
from heliograph.settings.reader import Section
from heliograph.settings.secret import STARS, Secret, has_password, without_password

SCHEMES = ("redis://", "rediss://", "unix://")
DURABILITIES = ("standard", "strict", "replicated")
IDENTITIES = ("url", "entra")
CHECKS = (
    *("version", "primary", "appendonly", "appendfsync", "eviction", "replicas"),
    *("clock", "lease"),
)
"""What is checked at start (`heliograph.queue.self_check`), each to be accepted by its name."""

_URL_OPTIONS = {"db", "client_name", "username", "password"}
"""Others would weaken what we set: whether certificates are verified, how long we wait."""


def read_redis(root: Section) -> RedisSettings:
    """The section `redis`. A URL with a password in it must be a reference."""
    section = root.section("redis")
    redis = RedisSettings(
        url=_url(section, "url"),
        keeper_url=_url(section, "keeper_url"),
        ca_file=section.value("ca_file", parse.file_in(section.report.directory), None),
        identity=section.value("identity", parse.choice(*IDENTITIES), "url"),
        partitions=section.value("partitions", parse.whole(1, 1024), 1),
        durability=section.value("durability", parse.choice(*DURABILITIES), "standard"),
        replicas=section.value("replicas", parse.whole(1, 5), 1),
        accept=section.value("accept", _checks, ()),
    )
    if redis.identity == "entra" and not redis.url.reveal().startswith("rediss://"):
        section.report.fault(section.key("url"), "rediss:// for an Entra identity", STARS)
    section.close()
    return redis


def _url(section: Section, name: str) -> Secret:
    url = section.secret(name, "", plain=lambda url: not has_password(url), show=without_password)
    text = url.reveal()
    if text and not text.startswith(SCHEMES):
        section.report.fault(section.key(name), ", ".join(SCHEMES), STARS)
    elif foreign := set(parse_qs(urlsplit(text).query)) - _URL_OPTIONS:
        expectation = f"no options but {', '.join(sorted(_URL_OPTIONS))} in the URL"
        section.report.fault(section.key(name), expectation, ", ".join(sorted(foreign)))
    return url


def _checks(value: object) -> tuple[str, ...]:
    names = parse.texts(value)
    if unknown := set(names) - set(CHECKS):
        raise Expected(f"names of checks ({', '.join(CHECKS)}), not {', '.join(sorted(unknown))}")
    return names


def read_back_pressure(root: Section) -> BackPressure:
    """The section `back_pressure`."""
    section = root.section("back_pressure")
    default = BackPressure()
    age = parse.duration(timedelta(seconds=1), timedelta(days=30))
    pressure = BackPressure(
        memory_percent=section.value("memory_percent", parse.whole(1, 100), default.memory_percent),
        depth=section.value("depth", parse.whole(1, 10**9), default.depth),
        age=section.value("age", age, default.age),
        looks_per_second=section.value(
            "looks_per_second", parse.whole(1, 10**6), default.looks_per_second
        ),
        looks_burst=section.value("looks_burst", parse.whole(1, 10**6), default.looks_burst),
    )
    section.close()
    return pressure


def read_dead_letters(root: Section) -> DeadLetterSettings:
    """The section `dead_letters`."""
    section = root.section("dead_letters")
    keep: Parser[timedelta | None] = parse.duration(timedelta(days=1), timedelta(days=3_650))
    letters = DeadLetterSettings(keep=section.value("keep", keep, None))
    section.close()
    return letters


def functions(value: object) -> tuple[str, ...]:
    """Plain arq functions, each as `module:function`."""
    names = parse.texts(value)
    if not all(re.fullmatch(r"[A-Za-z_][\w-]*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", n) for n in names):
        raise Expected("a list of functions like my_module:my_function")
    return names
