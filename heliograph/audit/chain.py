"""The chain of hashes: how an entry is bound to the one before, and how that is proven. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec

from heliograph.audit.entry import columns, decode
from heliograph.errors import AuditChainBroken

GENESIS = "0" * 64
"""What the first entry holds in place of the hash of one before."""

_encode = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The chain holds: *count* entries, the last of which has the hash *head*."""

    count: int
    head: str


def link(row: Mapping[str, Any], head: Proof) -> dict[str, Any]:
    """The columns of an entry, bound to the chain that ends at *head*."""
    bound = {**row, "sequence": head.count + 1, "previous": head.head}
    return {**bound, "hash": digest(bound)}


def digest(bound: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON of all columns but the hash itself."""
    return sha256(_encode(dict(bound))).hexdigest()


def prove(rows: Iterable[Mapping[str, Any]], *, since: Proof | None = None) -> Proof:
    """The proof that *rows*, in order, are the chain after *since*.

    Raises AuditChainBroken, which names the first entry that does not fit.
    """
    head = since or Proof(count=0, head=GENESIS)
    for row in rows:
        head = _extend(head, row)
    return head


def _extend(head: Proof, row: Mapping[str, Any]) -> Proof:
    sequence = row["sequence"]
    if sequence != head.count + 1:
        raise AuditChainBroken(head.count + 1, f"is missing, the next one is {sequence}")
    if row["previous"] != head.head:
        raise AuditChainBroken(sequence, "does not hold the hash of the one before")
    bound = {name: value for name, value in row.items() if name != "hash"}
    if digest(bound) != row["hash"]:
        raise AuditChainBroken(sequence, "was changed after it was written")
    if not _agrees(bound):
        raise AuditChainBroken(sequence, "its columns differ from its record")
    return Proof(count=sequence, head=row["hash"])


def _agrees(row: Mapping[str, Any]) -> bool:
    """Whether the columns that one searches by say what the record says."""
    try:
        told = columns(decode(row["record"]))
    except (msgspec.DecodeError, msgspec.ValidationError, OverflowError):
        return False
    return all(row[name] == value for name, value in told.items() if name != "record")


def compare(found: Proof, kept: Proof | None) -> None:
    """Hold a proven chain against its end as the log itself *kept* it.

    A chain that was cut at its end is sound in itself. Raises AuditChainBroken where they differ.
    """
    known = kept or Proof(count=0, head=GENESIS)
    if found.count < known.count:
        raise AuditChainBroken(found.count + 1, f"is missing, there were {known.count}")
    if found.count > known.count:
        raise AuditChainBroken(
            known.count + 1, f"was not written by the log, which has {known.count}"
        )
    if found.head != known.head:
        raise AuditChainBroken(found.count, "was written anew: the log kept another hash of it")


def hold(anchor: Proof, hash_there: str | None) -> None:
    """Check that the chain still runs through *anchor*, an earlier proof kept elsewhere."""
    if hash_there is None:
        raise AuditChainBroken(anchor.count, "is missing, an earlier proof has seen it")
    if hash_there != anchor.head:
        raise AuditChainBroken(anchor.count, "was written anew: an earlier proof saw another hash")
