"""The keys for rich notifications as they are kept: what names them, the next one, their end.

Each change of them is told to the workers, as a look at `encryption_keys.LANE`.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from heliograph.encryption_keys import BITS, LANE, EncryptionKey, EncryptionKeys, make_key
from heliograph.notifications import News
from heliograph.planning.key_life import UNUSED, State, Use, due, idle, state
from heliograph.queue.encrypted import key_ids_in_dead_letters, key_ids_in_lanes
from heliograph.queue.intake import Arrival, Intake
from heliograph.queue.partition import Partition
from heliograph.registrations import Registrations
from heliograph.subscriptions import milliseconds, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A key, what names it, and since when (ms since 1970) nothing has done so."""

    key: EncryptionKey
    state: State
    use: Use
    idle_since: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """Looks at the keys and changes them. All methods raise QueueUnavailable."""

    keys: EncryptionKeys
    registrations: Registrations
    partitions: Sequence[Partition]
    clock: Callable[[], datetime]

    async def add(self, *, bits: int = BITS, made_by: str) -> EncryptionKey:
        """A new key, which is the newest and so the one to encrypt for."""
        # Of two machines the clock of the second may be behind: its key is the newest all the same.
        before = [moment(key.created_at + 1) for key in await self.keys.all()]
        made_at = max([self.clock(), *before])
        key = await asyncio.to_thread(make_key, made_at, bits=bits, made_by=made_by)
        await self.keys.put(key)
        await self.tell()
        return key

    async def look(self) -> list[Held]:
        """Every key, oldest first. Takes down which of them nothing names by now."""
        keys = await self.keys.all()
        if not keys:
            return []
        newest, uses = keys[-1].id, await self._uses()
        now, was = milliseconds(self.clock()), await self.keys.idle()
        since = idle([key.id for key in keys], newest, uses, was, now)
        await self.keys.put_idle(since)
        return [
            Held(
                key=key,
                state=state(key.id, newest, use := uses.get(key.id, UNUSED)),
                use=use,
                idle_since=since.get(key.id),
            )
            for key in keys
        ]

    async def retire(self, wanted: Collection[str] | None = None) -> list[str]:
        """Removes the old keys that nothing has named for 5 hours, of those *wanted*; their ids."""
        if len(await self.keys.all()) < 2:
            return []
        since = {one.key.id: one.idle_since for one in await self.look()}
        found = due({id_: at for id_, at in since.items() if at is not None}, now=self.clock())
        retired = sorted(id_ for id_ in found if wanted is None or id_ in wanted)
        for id_ in retired:
            await self.keys.remove(id_)
        if retired:
            await self.tell()
        return retired

    async def tell(self) -> None:
        """Has the workers look at the keys; what is as they know it is not told again."""
        news = News(
            registration="",
            subscription_id="",
            received_at=milliseconds(self.clock()),
            source="heliograph",
        )
        intake = Intake(self.partitions)
        try:
            await intake.store([Arrival(lane=LANE, news=news)])
        finally:
            await intake.close()

    async def _uses(self) -> dict[str, Use]:
        registrations = await self.registrations.all()
        subscriptions = Counter(one.key_id for one in registrations if one.key_id)
        lanes = await key_ids_in_lanes(self.partitions)
        letters = await key_ids_in_dead_letters(self.partitions)
        return {
            id_: Use(subscriptions=subscriptions[id_], lanes=lanes[id_], dead_letters=letters[id_])
            for id_ in {*subscriptions, *lanes, *letters}
        }
