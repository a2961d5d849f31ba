"""People with mailboxes."""

from typing import Any

import pytest

from tests.heliograph.simulator.graph.outlook.owners import Owner


@pytest.fixture
async def people(scene: Any) -> list[Owner]:
    return [Owner(scene=scene, user=user) for user in (await scene.users())[:5]]


@pytest.fixture
def lene(people: list[Owner]) -> Owner:
    return people[0]


@pytest.fixture
def amir(people: list[Owner]) -> Owner:
    return people[1]


@pytest.fixture
def nadia(people: list[Owner]) -> Owner:
    return people[2]
