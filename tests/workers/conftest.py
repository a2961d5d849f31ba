"""A partition on a real Redis, filled as the listener fills it."""

from tests.partitions import partition, take

__all__ = ["partition", "take"]
