"""What the queue writes into Redis, and reads back: msgpack by schema, never pickle.

Jobs are arq's own records (`t`, `f`, `a`, `k`, `et`), so that arq's tools can read them. News,
runs, notes and dead letters are sealed for the key they lie under. Times are ms since 1970.
"""

from typing import Annotated, Any, Literal, TypeVar

import msgspec

from heliograph.changes import Change
from heliograph.errors import RecordUnknown
from heliograph.notifications import News

JOB_LIMIT = 512 * 1024
"""Bytes: our own jobs hold a lane's name, but arguments of plain arq functions may be larger."""

VERSION = 1
"""Of news and runs. A newer one is left to a newer worker."""


class Attempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one attempt ended; *error* is cut and cleaned. *number* counts those that failed.

    *parked*: the worker could not run it. *manual*: not an attempt, but a person's wish for one.
    """

    at: int
    error: str
    worker: str = ""
    number: int = 0
    what: Literal["failed", "parked", "manual"] = "failed"


class RunRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One handler's work on one change, as it waits in its lane.

    *order* is its place among the runs of its lane. A replay has *replayed_from* and the
    *idempotency* root of the first run; a retried one has its *history* and *journal*.
    """

    run_id: str
    handler: str
    change: Change
    queued_at: int
    order: int = 0
    idempotency: str = ""
    replayed_from: str = ""
    history: tuple[Attempt, ...] = ()
    journal: dict[str, bytes] = {}
    version: int = VERSION

    @property
    def root(self) -> str:
        """What idempotency keys are derived from: the same for a run and all its replays."""
        return self.idempotency or self.run_id


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Work that was given up, with all that is needed to look at it and to do it again.

    *record* is its job. A look has its *news* as it lay in the lane (sealed, by field), a run its
    *run* and the *journal* of what it did; what could not be opened is kept *raw*.
    """

    queue: str
    job_id: str
    record: bytes
    reason: str
    died_at: int
    lane: str = ""
    attempts: tuple[Attempt, ...] = ()
    crashes: int = 0
    news: dict[bytes, bytes] = {}
    run: RunRecord | None = None
    journal: dict[str, bytes] = {}
    raw: bytes = b""


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="told"):
    """A note on one change: the runs that were queued, and which filter kept other handlers out."""

    lane: str
    what: str
    at: int
    queued: tuple[str, ...] = ()
    skipped: dict[str, str] = {}


class Ended(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="ended"):
    """A note on one run that did not just end well at once."""

    outcome: str
    at: int
    reason: str = ""
    attempts: int = 1
    run_id: str = ""


Note = Told | Ended


def note_of_change(change_id: str) -> str:
    """The name under which the note on a change is found."""
    return f"change:{change_id}"


def note_of_run(run_id: str) -> str:
    """The name under which the note on a run, or on the replay of one, is found."""
    return f"run:{run_id}"


class Job(msgspec.Struct, frozen=True):
    """arq's record of a job: try, function, arguments, keyword arguments, enqueue time (ms)."""

    t: int | None
    f: str
    a: Annotated[tuple[Any, ...], msgspec.Meta(max_length=64)]
    k: dict[str, Any]
    et: int


class _Versioned(msgspec.Struct, frozen=True):
    version: int = VERSION


serialize = msgspec.msgpack.Encoder().encode
"""arq's `job_serializer`."""

_jobs = msgspec.msgpack.Decoder(Job)
_runs = msgspec.msgpack.Decoder(RunRecord)
_news = msgspec.msgpack.Decoder(News)
_versions = msgspec.msgpack.Decoder(_Versioned)


def deserialize(raw: bytes) -> dict[str, Any]:
    """arq's `job_deserializer`, of jobs and results.

    Strict about jobs, so that foreign bytes (pickle among them) are an error.
    """
    decoded: dict[str, Any] = msgspec.msgpack.decode(_bounded(raw), type=dict[str, Any])
    is_result = "s" in decoded
    return decoded if is_result else msgspec.structs.asdict(msgspec.convert(decoded, Job))


def read_job(raw: bytes) -> Job:
    """A job's record. Raises msgspec.MsgspecError for anything else."""
    return _jobs.decode(_bounded(raw))


def _bounded(raw: bytes) -> bytes:
    if len(raw) > JOB_LIMIT:
        raise msgspec.ValidationError(f"expected at most {JOB_LIMIT} bytes, got {len(raw)}")
    return raw


def job(function: str, *args: str, at: int = 0) -> bytes:
    """The record of a job for one of our *function*s."""
    return serialize(Job(None, function, args, {}, at))


def read_run(plain: bytes) -> RunRecord:
    """Raises RecordUnknown for a newer one, msgspec.MsgspecError for what is none."""
    return _read(plain, _runs)


def read_news(plain: bytes) -> News:
    """Raises RecordUnknown for newer news, msgspec.MsgspecError for what is none."""
    return _read(plain, _news)


_Record = TypeVar("_Record", RunRecord, News)


def _read(plain: bytes, decoder: "msgspec.msgpack.Decoder[_Record]") -> _Record:
    try:
        record = decoder.decode(plain)
    except msgspec.ValidationError:
        _refuse_newer(_versions.decode(plain).version)
        raise
    _refuse_newer(record.version)
    return record


def _refuse_newer(version: int) -> None:
    if version > VERSION:
        raise RecordUnknown(f"expected a record of version {VERSION}, got {version}")
