"""The kinds of resources that administrators configure of a pool."""

from datetime import UTC, datetime

import pytest

from poolhouse.entities.pool_resources import PoolResource


def test_pool_resource_of_no_kind_cannot_be_made() -> None:
    """Each kind says what its id is."""
    now = datetime.now(UTC)
    with pytest.raises(TypeError, match="abstract"):
        PoolResource(pool_id="us-east-1_A", created_at=now, modified_at=now)  # type: ignore[abstract]
