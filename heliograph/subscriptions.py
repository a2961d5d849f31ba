"""What Heliograph knows of its subscriptions, and the plan that makes Graph agree with the wishes.

Pure: what Graph has is an argument, and the plan is a value. The keeper carries it out.
"""

import msgspec


class Registration(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What Heliograph knows of one subscription of its own. Stored before Graph is asked.

    Times are milliseconds since 1970. *owner* is the user of a mailbox resource as the wish names
    him, an id or a UPN. A replaced registration stays valid for 5 hours, as Graph repeats for 4.
    """

    id: str
    tenant_id: str
    client_id: str
    resource: str
    kind: str
    owner: str | None = None
    change_types: tuple[str, ...] = ()
    rich: bool = False
    select: tuple[str, ...] = ()
    key_id: str | None = None
    subscription_id: str | None = None
    expires_at: int | None = None
    created_at: int = 0
    replaced_at: int | None = None
