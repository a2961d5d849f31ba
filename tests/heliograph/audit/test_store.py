import asyncio
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from heliograph.audit import AuditEntry, AuditStore, Proof, Selection
from heliograph.errors import AuditChainBroken, AuditUnavailable

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)

TAMPERED = [
    ("change_id", "'other'"),
    ("tenant", "'other'"),
    ("kind", "'other'"),
    ("what", "'other'"),
    ("subject", "'other'"),
    ("actor", "'somebody else'"),
    ("observed_at", "'2020-01-01T00:00:00.000Z'"),
    ("recorded_at", "'2020-01-01T00:00:00.000Z'"),
    ("record", "replace(record, 'Sales', 'Salts')"),
    ("previous", "'" + "f" * 64 + "'"),
    ("hash", "'" + "f" * 64 + "'"),
    ("sequence", "900"),
]


def an_entry(number: int, **facts: Any) -> AuditEntry:
    values: dict[str, Any] = {
        "change_id": f"change-{number}",
        "tenant": "t",
        "kind": "users",
        "what": "updated",
        "subject": f"users/{number}",
        "observed_at": NOON + timedelta(seconds=number),
        "recorded_at": NOON + timedelta(seconds=number + 1),
        "actor": "ada",
        "changed": {"department": ("Sales", "Märketing \u2028 \x00")},
        "notifications": ({"source": "webhook", "notification_id": "n1"},),
    }
    return AuditEntry(**(values | facts))


async def filled(url: str, count: int) -> Proof:
    async with AuditStore.open(url) as store:
        await store.append([an_entry(number) for number in range(1, count + 1)])
        return await store.verify()


def execute(url: str, *statements: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


async def verified(url: str, anchor: Proof | None = None) -> Proof:
    async with AuditStore.open(url) as store:
        return await store.verify(anchor=anchor)


async def test_an_entry_comes_back_as_it_was_written(url: str) -> None:
    async with AuditStore.open(url) as store:
        assert await store.append([an_entry(1)]) == 1
        assert [entry async for entry in store.entries()] == [an_entry(1)]


async def test_a_change_that_is_written_already_is_not_written_again(url: str) -> None:
    async with AuditStore.open(url) as store:
        assert await store.append([an_entry(1), an_entry(1), an_entry(2)]) == 2
        assert await store.append([an_entry(2, actor="eve"), an_entry(3)]) == 1
        assert (await store.verify()).count == 3
        assert [one.actor async for one in store.entries(Selection(subject="users/2"))] == ["ada"]


async def test_an_empty_log_is_sound(url: str) -> None:
    assert await verified(url) == Proof(count=0, head="0" * 64)


async def test_appends_at_once_keep_one_chain(url: str) -> None:
    async with AuditStore.open(url) as store:
        counts = await asyncio.gather(*(store.append([an_entry(n)]) for n in range(200)))
        assert sum(counts) == 200
        assert (await store.verify()).count == 200


async def test_each_of_several_appends_is_told_its_own_count(url: str) -> None:
    async with AuditStore.open(url) as store:
        some = [[an_entry(1)], [an_entry(1), an_entry(2)], [], [an_entry(2)]]
        assert await asyncio.gather(*(store.append(one) for one in some)) == [1, 1, 0, 0]


async def test_a_cancelled_append_does_not_hold_up_others(url: str) -> None:
    async with AuditStore.open(url) as store:
        given_up = asyncio.create_task(store.append([an_entry(1)]))
        await asyncio.sleep(0)
        given_up.cancel()
        assert await store.append([an_entry(2)]) == 1


WRITER = """
import asyncio, sys
from tests.heliograph.audit.test_store import an_entry
from heliograph.audit import AuditStore

async def write(url, number):
    async with AuditStore.open(url) as store:
        for start in range(0, 60, 3):
            # Every second entry is written by two processes.
            await store.append([an_entry(n if n % 2 else 1000 * number + n) for n in range(start, start + 3)])

asyncio.run(write(sys.argv[1], int(sys.argv[2])))
"""


def test_several_processes_keep_one_chain(url: str) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", WRITER, url, str(number)]) for number in (1, 2, 3)
    ]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert asyncio.run(verified(url)).count == 30 + 3 * 30


@pytest.mark.parametrize(("column", "value"), TAMPERED, ids=[column for column, _ in TAMPERED])
async def test_a_changed_column_is_found(url: str, column: str, value: str) -> None:
    await filled(url, 5)
    execute(url, f"UPDATE audit_entries SET {column} = {value} WHERE sequence = 3")  # noqa: S608 (from the table above)
    with pytest.raises(AuditChainBroken) as broken:
        await verified(url)
    assert broken.value.sequence == 3


@pytest.mark.parametrize("removed", [1, 3, 5])
async def test_a_removed_entry_is_found(url: str, removed: int) -> None:
    await filled(url, 5)
    execute(url, f"DELETE FROM audit_entries WHERE sequence = {removed}")  # noqa: S608 (a number)
    with pytest.raises(AuditChainBroken, match="is missing") as broken:
        await verified(url)
    assert broken.value.sequence == removed


async def test_exchanged_entries_are_found(url: str) -> None:
    await filled(url, 5)
    swap = "UPDATE audit_entries SET sequence = {} WHERE sequence = {}"
    execute(url, swap.format(99, 2), swap.format(2, 4), swap.format(4, 99))
    with pytest.raises(AuditChainBroken) as broken:
        await verified(url)
    assert broken.value.sequence == 2


async def test_a_log_that_was_emptied_is_found(url: str) -> None:
    await filled(url, 5)
    execute(url, "DELETE FROM audit_entries")
    with pytest.raises(AuditChainBroken, match="entry 1: is missing, there were 5"):
        await verified(url)


async def test_a_log_whose_end_record_is_gone_is_found(url: str) -> None:
    await filled(url, 5)
    execute(url, "DELETE FROM audit_head")
    with pytest.raises(AuditChainBroken) as broken:
        await verified(url)
    assert broken.value.sequence == 1


async def test_entries_added_past_the_log_are_found(url: str) -> None:
    await filled(url, 4)
    execute(url, "CREATE TABLE kept AS SELECT * FROM audit_head")
    await filled(url, 5)
    execute(url, "DELETE FROM audit_head", "INSERT INTO audit_head SELECT * FROM kept")
    with pytest.raises(AuditChainBroken) as broken:
        await verified(url)
    assert broken.value.sequence == 5


async def test_a_chain_written_anew_is_found_by_an_earlier_proof(url: str) -> None:
    proof = await filled(url, 5)
    execute(url, "DELETE FROM audit_entries", "DELETE FROM audit_head")
    async with AuditStore.open(url) as store:
        await store.append([an_entry(number, actor="eve") for number in range(1, 8)])
    assert (await verified(url)).count == 7
    with pytest.raises(AuditChainBroken, match="entry 5: was written anew"):
        await verified(url, proof)


async def test_an_earlier_proof_holds_for_a_log_that_grew(url: str) -> None:
    early = await filled(url, 5)
    later = await filled(url, 8)
    assert await verified(url, early) == later
    assert await verified(url, Proof(count=0, head="0" * 64)) == later


async def test_a_log_shorter_than_an_earlier_proof_is_found(url: str) -> None:
    await filled(url, 2)
    with pytest.raises(AuditChainBroken, match="entry 9: is missing"):
        await verified(url, Proof(count=9, head="f" * 64))


@pytest.mark.parametrize(
    ("selection", "numbers"),
    [
        (Selection(), [4, 3, 2, 1]),
        (Selection(limit=2), [4, 3]),
        (Selection(limit=0), []),
        (Selection(kind="groups"), [3]),
        (Selection(tenant="other"), [4]),
        (Selection(what="deleted"), [2]),
        (Selection(actor="eve"), [1]),
        (Selection(since=NOON + timedelta(seconds=3)), [4, 3]),
        (Selection(until=NOON + timedelta(seconds=3)), [2, 1]),
        (Selection(subject="users/1", what="updated"), [1]),
    ],
)
async def test_entries_are_selected(url: str, selection: Selection, numbers: list[int]) -> None:
    async with AuditStore.open(url) as store:
        await store.append(
            [
                an_entry(1, actor="eve"),
                an_entry(2, what="deleted"),
                an_entry(3, kind="groups"),
                an_entry(4, tenant="other"),
            ]
        )
        found = [entry.change_id async for entry in store.entries(selection)]
    assert found == [f"change-{number}" for number in numbers]


async def test_entries_come_page_by_page(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heliograph.audit.store._PAGE", 3)
    proof = await filled(url, 8)
    async with AuditStore.open(url) as store:
        assert len([entry async for entry in store.entries()]) == 8
        assert len([entry async for entry in store.entries(Selection(limit=7))]) == 7
        assert await store.verify() == proof


async def test_a_database_that_is_away_is_an_error_of_ours() -> None:
    with pytest.raises(AuditUnavailable, match=r"^audit log: "):
        async with AuditStore.open("postgresql://nobody:secret-word@127.0.0.1:1/none"):
            pass


async def test_a_failed_append_tells_no_contents(url: str) -> None:
    async with AuditStore.open(url) as store:
        execute(url, "DROP TABLE audit_entries")
        with pytest.raises(AuditUnavailable) as error:
            await store.append([an_entry(1)])
    assert "Sales" not in str(error.value)


async def test_a_log_that_is_to_be_there_and_is_not_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "audit.db"
    with pytest.raises(AuditUnavailable, match=r"expected .*audit\.db"):
        async with AuditStore.open(f"sqlite:///{path}", create=False):
            pass
    assert not path.exists()


async def test_a_database_without_a_log_is_told_apart(postgres_url: str) -> None:
    with pytest.raises(AuditUnavailable, match="expected its tables"):
        async with AuditStore.open(postgres_url, create=False):
            pass


async def test_an_sqlite_log_is_for_the_owners_eyes(tmp_path: Path) -> None:
    await filled(f"sqlite:///{tmp_path / 'audit.db'}", 1)
    assert stat.S_IMODE((tmp_path / "audit.db").stat().st_mode) == 0o600
