"""Confirmations that meet: one of them counts, and the function runs once."""

import threading
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.functions_server import FunctionsServer, arn
from support.running_server import RunningServer
from support.sent_codes import code_of
from support.served_pools import NewPool

pytestmark = pytest.mark.both_stores

TRIGGER = {"LambdaConfig": {"PostConfirmation": arn("confirmed")}}
USERNAMES = [f"user{n}" for n in range(20)]
NO_CODE = "Invalid code provided, please request a code again."
CONFIRMED = "User cannot be confirmed. Current status is CONFIRMED"


def at_once(*calls: Callable[[], Any]) -> Counter[str]:
    """Make the calls at the same moment; count successes and sentences of refusal."""
    outcomes, barrier = Counter[str](), threading.Barrier(len(calls))

    def make(call: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            call()
            outcome = "done"
        except ClientError as error:
            outcome = error.response["Error"]["Message"]
        outcomes[outcome] += 1

    threads = [threading.Thread(target=make, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_concurrent_admin_confirmations_succeed_once(
    server: RunningServer, functions: FunctionsServer, new_pool: NewPool
) -> None:
    pool = new_pool(**TRIGGER)
    clients = [server.client(), server.client()]
    for username in USERNAMES:
        pool.sign_up(username)
        named = {"UserPoolId": pool.id, "Username": username}
        outcomes = at_once(*(partial(each.admin_confirm_sign_up, **named) for each in clients))
        assert outcomes == {"done": 1, CONFIRMED: 1}
    confirmed = Counter(event["userName"] for event in functions.events)
    assert confirmed == dict.fromkeys(USERNAMES, 1)


def test_concurrent_user_and_admin_confirmation_succeeds_once(
    server: RunningServer, functions: FunctionsServer, new_pool: NewPool
) -> None:
    pool = new_pool(**TRIGGER, AutoVerifiedAttributes=["email"])
    other = server.client()
    for username in USERNAMES:
        pool.sign_up(username, attributes={"email": "alice@home.example"})
        by_code = partial(
            other.confirm_sign_up,
            ClientId=pool.client_id,
            Username=username,
            ConfirmationCode=code_of(server, pool, username),
        )
        outcomes = at_once(partial(pool.admin_confirm, username), by_code)
        # The code may vanish after the status was read: it is looked at after the status.
        assert outcomes in ({"done": 1, CONFIRMED: 1}, {"done": 1, NO_CODE: 1})
    assert len(functions.events) == len(USERNAMES)
    for event in functions.events:
        was_by_code = event["callerContext"]["clientId"] == pool.client_id
        verified = pool.user(event["userName"])["attributes"]["email_verified"]
        assert verified == ("true" if was_by_code else "false")


def test_concurrent_deletion_is_not_undone(server: RunningServer, new_pool: NewPool) -> None:
    pool = new_pool()
    delete = partial(server.client().admin_delete_user, UserPoolId=pool.id, Username="alice")
    for _ in USERNAMES:
        pool.sign_up()
        outcomes = at_once(pool.admin_confirm, delete)
        assert outcomes in ({"done": 2}, {"done": 1, "User does not exist.": 1})
        assert at_once(pool.user) == {"User does not exist.": 1}


def test_concurrent_disabling_and_confirming_are_both_applied(
    server: RunningServer, new_pool: NewPool
) -> None:
    pool = new_pool()
    other = server.client()
    for username in USERNAMES:
        pool.sign_up(username)
        disable = partial(other.admin_disable_user, UserPoolId=pool.id, Username=username)
        assert at_once(partial(pool.admin_confirm, username), disable) == {"done": 2}
        user = pool.user(username)
        assert (user["UserStatus"], user["Enabled"]) == ("CONFIRMED", False)
