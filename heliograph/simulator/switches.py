"""How the simulated Graph behaves where the real one varies, and what goes wrong how often.

All can be turned while a simulator runs.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

import msgspec

Forgery = Literal[
    "client_state",
    "subscription_id",
    "tenant",
    "signature",
    "data",
    "certificate_id",
    "expired",
    "audience",
    "publisher",
    "token_tenant",
    "issuer",
    "unsigned",
    "foreign_key",
    "no_tokens",
]
FORGERIES: tuple[str, ...] = get_args(Forgery)
"""What a forged notification may lie about; all but the first three only in rich ones."""

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Seconds = Annotated[float, msgspec.Meta(ge=0)]


class Switches(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The state of all switches. Shares are between 0 (never) and 1 (always)."""

    duplicated: Share = 0.0
    """Share of notifications that are sent twice."""
    repeated: Share = 0.25
    """Share of changes to a user that are told a second time a moment later, as Graph does."""
    lost: Share = 0.0
    """Share of notifications that are never sent."""
    late: Share = 0.0
    """Share of notifications that wait for up to `late_by` before they go out."""
    late_by: Seconds | None = None
    """None: as long as the longest delay that is published for the resource."""
    disordered: bool = False
    """Send what goes out together in another order."""
    forged: tuple[Forgery, ...] = ()
    """Send with each notification forged ones of the kinds in `FORGERIES`."""
    validation_tokens: Literal["both", "1.0", "2.0"] = "both"
    """The version of validation tokens; both in turn."""
    null_validation_tokens: bool = False
    """Send `validationTokens: null`, as Graph does where the app is not set up for tokens."""
    handshake_spaces: Literal["both", "%20", "+"] = "both"
    """How the spaces of the sentence that is to be echoed are written; both in turn."""
    handshake_on_renewal: bool = False
    """Ask the receiver again when a subscription is renewed without a new URL."""
    refuse_duplicates: bool = True
    """409 for a second subscription of the same change types to the same resource."""
    todo_for_users_only: bool = False
    """Refuse an app alone in To Do, as some pages of Microsoft's say."""
    refuse_created: bool = False
    """Refuse `created` for users and groups in any list, not only alone."""
    renew_certificate: bool = True
    """Let PATCH change the certificate of a rich subscription."""
    delta_empty_pages: bool = False
    """Begin each delta round with an empty page."""
    delta_replays: bool = False
    """Tell the last change of a delta round again in the next."""
    oldest_delta: Seconds = 0.0
    """Delta tokens made before this time (seconds since 1970) have run out."""
    devices_wait: bool = False
    """Let no device in by its second poll: somebody must enter its code."""

    audits_after: Seconds = 0.0
    """So long after a change of the directory its entry in the audit log is shown."""
    audits_late: Share = 0.0
    """Share of entries shown up to `audits_late_by` later, after those of later changes."""
    audits_late_by: Seconds = 600.0
    insights: Literal["full", "empty", "gone", "missing"] = "full"
    """How far insights, recent and shared documents are retired: `empty` answers nothing, `gone`
    410, `missing` 404.
    """

    def turn(self, wish: Mapping[str, Any]) -> None:
        """Set what *wish* names. Raises ValueError, and sets nothing, where one is impossible."""
        wanted = msgspec.convert({**msgspec.to_builtins(self), **wish}, Switches)
        for name in self.__struct_fields__:
            setattr(self, name, getattr(wanted, name))
