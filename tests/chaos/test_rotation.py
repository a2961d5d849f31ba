"""FT-34: 1,000 rich notifications, while keys rotate in the middle of the stream."""

from pathlib import Path

import pytest

from heliograph.simulator.server import Options, running
from tests.listener.rotation import rotate_while_mail_comes


@pytest.mark.chaos
async def test_ft34_no_notification_is_unread_while_keys_rotate(
    redis_url: str, tmp_path: Path
) -> None:
    async with running(Options(users=10, allow_http=True)) as simulator:
        told = await rotate_while_mail_comes(
            simulator, redis_url, tmp_path, mails=1_000, rotations=4
        )
    print(f"FT-34: {len(told.sent)} sent, {len(told.reader.failures)} decrypt failures")
    assert len(told.sent) == 1_000
    assert told.reader.failures == []
    assert told.sent <= told.reader.subjects
    assert len(told.reader.key_ids) == 5
