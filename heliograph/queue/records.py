"""What the queue writes into Redis, and reads back: msgpack by schema, never pickle.

Jobs are arq's own records (`t`, `f`, `a`, `k`, `et`), so that arq's tools can read them. News and
runs are sealed for the key they lie under.
"""

from typing import Annotated, Any

import msgspec

from heliograph.changes import Change
from heliograph.notifications import News

JOB_LIMIT = 64 * 1024
"""Bytes: a job holds a lane's name or a handler's id, nothing large."""


class RunRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One handler's work on one change, as it waits in its lane. *queued_at* in ms since 1970."""

    run_id: str
    handler: str
    change: Change
    queued_at: int
    version: int = 1


class Attempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one attempt failed. *at* in ms since 1970; *error* is cut and cleaned."""

    at: int
    error: str
    worker: str = ""


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Work that was given up, with all that is needed to look at it and to do it again."""

    lane: str
    reason: str
    died_at: int
    attempts: tuple[Attempt, ...] = ()
    run: RunRecord | None = None
    news: tuple[News, ...] = ()


class _Job(msgspec.Struct, frozen=True):
    """arq's record of a job: try, function, arguments, keyword arguments, enqueue time (ms)."""

    t: int | None
    f: str
    a: Annotated[tuple[Any, ...], msgspec.Meta(max_length=16)]
    k: dict[str, Any]
    et: int


serialize = msgspec.msgpack.Encoder().encode
"""arq's `job_serializer`."""

_jobs = msgspec.msgpack.Decoder(_Job)


def deserialize(raw: bytes) -> dict[str, Any]:
    """arq's `job_deserializer`: strict, so that foreign bytes (pickle among them) are an error."""
    if len(raw) > JOB_LIMIT:
        raise msgspec.ValidationError(f"expected at most {JOB_LIMIT} bytes, got {len(raw)}")
    return msgspec.structs.asdict(_jobs.decode(raw))


def job(function: str, *args: str, at: int = 0) -> bytes:
    """The record of a job for one of our *function*s."""
    return serialize(_Job(None, function, args, {}, at))
