"""Keys rotate in the middle of a stream (S7, and FT-34 on a small scale)."""

from pathlib import Path

from heliograph.simulator.server import Options, running
from tests.listener.rotation import rotate_while_mail_comes


async def test_nothing_is_lost_or_unread_while_keys_rotate(redis_url: str, tmp_path: Path) -> None:
    async with running(Options(users=4, allow_http=True)) as simulator:
        told = await rotate_while_mail_comes(simulator, redis_url, tmp_path, mails=60, rotations=2)
    assert told.reader.failures == []
    assert told.sent <= told.reader.subjects
    assert len(told.reader.key_ids) > 1
    assert told.reader.key_ids <= set(told.keys)


async def test_nothing_is_unread_where_graph_keeps_certificates(
    redis_url: str, tmp_path: Path
) -> None:
    """Subscriptions are deleted and made anew; a look over everything finds what was in between."""
    async with running(Options(users=4, allow_http=True)) as simulator:
        simulator.world.switches.renew_certificate = False
        told = await rotate_while_mail_comes(simulator, redis_url, tmp_path, mails=60, rotations=1)
    assert told.reader.failures == []
    assert len(told.reader.key_ids) == 2
