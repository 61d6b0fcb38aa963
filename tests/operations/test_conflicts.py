"""The error of an operation that conflicts at every try."""

from typing import Any

import pytest
from support.refusals import refused
from support.served_pools import PoolForTest

from poolhouse.operations.registry import TABLE
from poolhouse.store.interface import VersionConflict

pytestmark = pytest.mark.both_stores


@pytest.mark.parametrize(
    ("operation", "members", "code", "sentence"),
    [
        # dg:quotas; amplify-js#3554.
        ("AdminConfirmSignUp", {}, "TooManyRequestsException", "Rate exceeded"),
        (
            "UpdateUserPool",
            {"PoolName": "another"},
            "ConcurrentModificationException",
            # UNVERIFIED: the text?
            "The user pool was changed by another request. Try again.",
        ),
    ],
)
def test_call_that_loses_every_race_gets_conflict_error(
    pool: PoolForTest,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
    members: dict[str, str],
    code: str,
    sentence: str,
) -> None:
    """The operation finds its conditions broken however often it is run."""

    async def be_late(_call: Any, _req: Any) -> Any:
        raise VersionConflict

    calls = {
        "AdminConfirmSignUp": pool.admin_confirm,
        "UpdateUserPool": lambda: pool.cognito.update_user_pool(UserPoolId=pool.id, **members),
    }
    pool.sign_up()
    monkeypatch.setitem(TABLE.entries, operation, TABLE[operation]._replace(handle=be_late))
    with refused(code, sentence):
        calls[operation]()
    assert pool.user()["UserStatus"] == "UNCONFIRMED"
