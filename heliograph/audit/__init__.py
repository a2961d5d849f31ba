"""The audit log: what changed and what Heliograph did, in a chain of hashes.

SQLite by default, PostgreSQL by URL. Entries are appended under a lock of the database, so that
several workers keep one chain, and are unique by the id of their change. Nothing is ever updated.
"""

from heliograph.audit.chain import GENESIS, Proof
from heliograph.audit.entry import AuditEntry
from heliograph.audit.store import AuditStore
from heliograph.audit.tables import Selection

__all__ = ["GENESIS", "AuditEntry", "AuditStore", "Proof", "Selection"]
