"""Ids that look drawn by lot and are counted: from a number to a GUID and back, without a table.

The mixing can be undone step by step, so a million ids cost no memory.
"""

import random

_BITS = 122
_MASK = (1 << _BITS) - 1
_HALF = _BITS // 2
_FACTORS = (0x2B5A6C9D1E8F3074B6D2A95C3E71F0D, 0x3C8E1F5A7D2B9046E1C7F3A85D09B6F)
_INVERSES = tuple(pow(factor, -1, 1 << _BITS) for factor in _FACTORS)


class Numbering:
    """The ids of one seed, for numbers from 0 on."""

    def __init__(self, seed: int | str) -> None:
        source = random.Random(f"{seed}/numbering")  # noqa: S311 (repeatable, guards nothing)
        self._start = source.getrandbits(_BITS)

    def mixed(self, number: int) -> int:
        """122 bits that stand for *number* alone."""
        value = ((number + self._start) * _FACTORS[0]) & _MASK
        value ^= value >> _HALF
        value = (value * _FACTORS[1]) & _MASK
        return value ^ (value >> _HALF)

    def id(self, number: int) -> str:
        """The GUID (version 4) of *number*."""
        return written(self.mixed(number))

    def number(self, id_: str) -> int:
        """The number whose GUID is *id_*; that of a stranger's GUID is large. -1 for no GUID."""
        value = _read(id_)
        if value < 0:
            return -1
        value ^= value >> _HALF
        value = (value * _INVERSES[1]) & _MASK
        value ^= value >> _HALF
        return ((value * _INVERSES[0]) - self._start) & _MASK


def written(value: int) -> str:
    """The GUID that 122 bits make."""
    head = f"{value >> 62:015x}"
    tail = f"{(value & ((1 << 62) - 1)) | 1 << 63:016x}"
    return f"{head[:8]}-{head[8:12]}-4{head[12:]}-{tail[:4]}-{tail[4:]}"


def _read(id_: str) -> int:
    digits = id_.replace("-", "")
    if len(id_) != 36 or len(digits) != 32 or digits[12] != "4":
        return -1
    try:
        head, tail = int(digits[:12] + digits[13:16], 16), int(digits[16:], 16)
    except ValueError:
        return -1
    return head << 62 | tail & ((1 << 62) - 1) if tail >> 62 == 2 else -1
