"""The guard: what our worker overrides of arq, or relies on, is what it was written for."""

import hashlib
import inspect
import tomllib
from pathlib import Path
from typing import Any

import arq
import pytest
from arq import constants, jobs
from arq.connections import ArqRedis
from arq.jobs import Job
from arq.worker import Function, Retry, Worker, func

ROOT = Path(__file__).parents[3]

DIGESTS: list[tuple[Any, str]] = [
    # Overridden by LeaseWorker.
    (Worker.main, "45ca1591c9717466"),
    (Worker.handle_sig, "985ff7ba01aa8f04"),
    # Called by it.
    (Worker.__init__, "edfb0cd7e05e77cf"),
    (Worker.async_run, "f3434c3dd359b31b"),
    # How arq's client writes and reads what we read and write.
    (ArqRedis.__init__, "2e8bd7e180d895c8"),
    (ArqRedis.enqueue_job, "7da8706a747c1171"),
    (ArqRedis.queued_jobs, "667de9b45ab0f25a"),
    (ArqRedis._get_job_def, "ae155cbe7d8103a2"),
    (ArqRedis.all_job_results, "50a09de6dfd22752"),
    (Job.info, "b8892cec97a71606"),
    (Job.status, "b7b8d9da80a12c10"),
    (Job.result, "004dc5100e554432"),
    (Job.result_info, "befb175894204ee6"),
    (jobs.serialize_job, "1fc854cc50e16e5c"),
    (jobs.serialize_result, "709b9d4709d5aa08"),
    (jobs.deserialize_job, "b7b9f8342da03106"),
    (jobs.deserialize_result, "500bdf28141b60f8"),
    # What users hand in and raise.
    (func, "f44ddaf9b8a2bdbb"),
    (Function, "98fad4a733bbb7d9"),
    (Retry, "d0bab8b0018e9431"),
]


def test_arq_is_pinned_exactly() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert "arq==0.28.0" in project["dependencies"]
    assert arq.version.VERSION == "0.28.0"


@pytest.mark.parametrize(("part", "digest"), DIGESTS, ids=lambda x: getattr(x, "__qualname__", ""))
def test_arq_is_the_one_that_our_worker_was_written_for(part: Any, digest: str) -> None:
    """An upgrade of arq must not pass unseen: read what changed, then write the new digest here."""
    source = inspect.getsource(part)
    assert hashlib.sha256(source.encode()).hexdigest()[:16] == digest


def test_keys_of_arq_are_where_ours_build_on_them() -> None:
    assert (constants.job_key_prefix, constants.in_progress_key_prefix) == (
        "arq:job:",
        "arq:in-progress:",
    )
    assert (constants.result_key_prefix, constants.retry_key_prefix) == (
        "arq:result:",
        "arq:retry:",
    )


def test_nothing_of_ours_unpickles() -> None:
    """arq falls back to pickle where it is given no deserializer; ours are always given."""
    for folder in ("heliograph", "listener", "workers", "handlers"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text("utf-8")
            assert "import pickle" not in text, path
            assert "create_pool(" not in text, path
