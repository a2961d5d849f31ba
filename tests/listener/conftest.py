from collections.abc import Iterator

import pytest

from tests.listener.process import Process, running


@pytest.fixture(scope="session")
def server() -> Iterator[Process]:
    """One listener process for all tests that leave it as they found it."""
    with running() as process:
        yield process
