"""What has become of work, as far as it is remembered: notes, and the runs that wait in a lane.

Notes are written by the scripts that end work, and bounded: the oldest are forgotten. What ended
well at once leaves none: its run was queued, and nothing is said against it.
"""

import msgspec

from heliograph.errors import SealBroken
from heliograph.queue.ends import note_place
from heliograph.queue.partition import Partition
from heliograph.queue.records import Ended, Note, RunRecord, Told, read_run
from heliograph.registrations import asking

_notes: "msgspec.msgpack.Decoder[Told | Ended]" = msgspec.msgpack.Decoder(Told | Ended)


async def read_note(partition: Partition, name: str) -> Note | None:
    """The note of that name, None where there is none (any more). Raises QueueUnavailable."""
    with asking():
        sealed = await partition.calls.redis.execute_command("HGET", partition.keys.recent, name)
    if sealed is None:
        return None
    try:
        return _notes.decode(partition.sealer.open(sealed, note_place(partition.keys, name)))
    except (SealBroken, msgspec.MsgspecError):
        return None


async def waiting_runs(partition: Partition, job_id: str) -> list[RunRecord]:
    """The runs in a lane, as far as they are ours, the first one first. Raises QueueUnavailable."""
    place = partition.keys.runs(job_id)
    with asking():
        sealed = await partition.calls.redis.execute_command("LRANGE", place, 0, -1)
    runs: list[RunRecord] = []
    for record in sealed:
        try:
            runs.append(read_run(partition.sealer.open(record, place)))
        except (SealBroken, msgspec.MsgspecError):
            continue
    return runs
