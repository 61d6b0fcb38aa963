"""A world for each test."""

from collections.abc import AsyncIterator

import pytest
from support.delivery_world import World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = await World.over()
    yield world
    await world.store.close()
