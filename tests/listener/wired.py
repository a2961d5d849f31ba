"""`python -m listener` as a process, wired from a configuration of the test's own."""

import base64
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from heliograph.client_state import PURPOSE, ClientStates
from heliograph.sealing import derive
from tests.heliograph.entra import CLIENT, TENANT
from tests.listener.process import Process, running

SECRET = b"s" * 32
STATES = ClientStates([derive(SECRET, PURPOSE)])


def configured(
    folder: Path, redis_url: str, *, secret: bytes = SECRET, more: str = "", listener: str = ""
) -> Path:
    """The settings in *folder* of a deployment on the Redis at *redis_url*.

    *listener* are further lines of that section, *more* of `redis` and whatever follows it.
    """
    (folder / "root").write_text(base64.b64encode(secret).decode(), "ascii")
    (folder / "redis").write_text(redis_url, "ascii")
    (folder / "secret").write_text("canary-client-secret", "ascii")
    config = folder / "heliograph.toml"
    config.write_text(
        f"""
        [secrets]
        root = {{ file = "root" }}
        [tenants.contoso]
        tenant_id = "{TENANT}"
        client_id = "{CLIENT}"
        client_secret = {{ file = "secret" }}
        authority = "https://127.0.0.1:1"
        graph = "https://127.0.0.1:1"
        [listener]
        port = 0
        public_url = "https://example.com/hooks"
        {listener}
        [redis]
        url = {{ file = "redis" }}
        {more}
        """,
        "utf-8",
    )
    return config


@contextmanager
def listening(
    folder: Path,
    redis_url: str,
    *arguments: str,
    secret: bytes = SECRET,
    more: str = "",
    listener: str = "",
) -> Iterator[Process]:
    config = configured(folder, redis_url, secret=secret, more=more, listener=listener)
    command = [sys.executable, "-m", "listener", "--config", str(config), *arguments]
    with running(command) as process:
        yield process
