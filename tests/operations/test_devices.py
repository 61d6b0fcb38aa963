"""Devices over the wire: confirmed, shown, remembered and forgotten (ev:auth-12)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace
from support.refusals import refused
from support.remembered_device import KeptDevice
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, AuthApi, result_of

from poolhouse.app import App

UNKNOWN = "us-east-1_11111111-2222-4333-8444-555555555555"
GONE = "Device does not exist."
INVALID = "Invalid device key given."  # amplify-js#2087


@pytest.fixture
def pool(new_pool: NewPool) -> PoolForTest:
    """A pool that tracks devices, with alice."""
    pool = new_pool(
        client={"ExplicitAuthFlows": FLOWS},
        DeviceConfiguration={"ChallengeRequiredOnNewDevice": True},
    )
    pool.sign_up()
    pool.admin_confirm()
    return pool


def sign_in(pool: PoolForTest, username: str = "alice") -> dict[str, Any]:
    return result_of(AuthApi(pool, by_admin=False).by_password(username))


class Owner:
    """The user's operations, and the administrator's, by one name each."""

    def __init__(self, pool: PoolForTest, token: str, *, is_admin: bool) -> None:
        self._cognito = pool.cognito
        self._prefix = "admin_" if is_admin else ""
        self._who = (
            {"UserPoolId": pool.id, "Username": "alice"} if is_admin else {"AccessToken": token}
        )

    def get(self, key: str) -> Any:
        return self._call("get_device", DeviceKey=key)["Device"]

    def forget(self, key: str) -> Any:
        return self._call("forget_device", DeviceKey=key)

    def page(self, **page: Any) -> Any:
        return self._call("list_devices", **page)

    def keys(self) -> list[str]:
        return [device["DeviceKey"] for device in self.page()["Devices"]]

    def update(self, key: str, status: str) -> Any:
        return self._call("update_device_status", DeviceKey=key, DeviceRememberedStatus=status)

    def _call(self, operation: str, **members: Any) -> Any:
        return getattr(self._cognito, self._prefix + operation)(**self._who, **members)


@pytest.fixture(params=["user", "admin"])
def owner(request: pytest.FixtureRequest, pool: PoolForTest) -> Owner:
    token = sign_in(pool)["AccessToken"]
    return Owner(pool, token, is_admin=request.param == "admin")


def a_device(pool: PoolForTest, username: str = "alice", **members: Any) -> KeptDevice:
    device = KeptDevice(sign_in(pool, username))
    device.confirm(pool.cognito, **members)
    return device


def attributes(device: Any) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in device["DeviceAttributes"]}


def test_users_and_administrators_see_a_confirmed_device(pool: PoolForTest) -> None:
    """The AWS CLI's examples of list-devices and admin-get-device."""
    result = sign_in(pool)
    device = KeptDevice(result)
    device.confirm(pool.cognito, DeviceName="MyDevice")
    of_user = Owner(pool, result["AccessToken"], is_admin=False)
    of_admin = Owner(pool, "", is_admin=True)
    seen = {"device_status": "valid", "device_name": "MyDevice", "last_ip_used": "127.0.0.1"}
    shown = of_user.get(device.key)
    assert shown["DeviceKey"] == device.key
    assert attributes(shown) == seen
    assert of_user.page()["Devices"] == [shown]
    administered = of_admin.get(device.key)
    owner = f"alice.{pool.id}"
    more = attributes(administered)
    assert more.pop("dev:device_arn").endswith(f":owner/{owner}/device/{device.key}")
    assert more == {
        **seen,
        "dev:device_owner": owner,
        "dev:device_remembered_status": "remembered",
        "dev:device_sdk": "aws-sdk",
    }
    assert of_admin.page()["Devices"] == [administered]
    dates = [shown[f"Device{which}Date"] for which in ("Create", "LastModified")]
    assert dates[0] == dates[1] == administered["DeviceCreateDate"]
    assert shown["DeviceLastAuthenticatedDate"].microsecond == 0


def test_sign_in_with_device_updates_last_authenticated_date(
    server: RunningServer, pool: PoolForTest, owner: Owner
) -> None:
    device = a_device(pool)
    sub = pool.user()["attributes"]["sub"]
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)

    async def age(app: App) -> None:
        store = app.services.store
        user = await store.users.by_sub(pool.id, sub)
        assert user is not None
        kept = await store.devices.find(user, device.key)
        assert kept is not None
        aged = replace(kept, created_at=long_ago, modified_at=long_ago, authenticated_at=long_ago)
        await store.commit(store.devices.save(aged))

    server.run(age)
    result_of(AuthApi(pool, by_admin=False).by_password(DEVICE_KEY=device.key))
    shown = owner.get(device.key)
    assert shown["DeviceCreateDate"] == long_ago
    assert shown["DeviceLastModifiedDate"] > long_ago
    assert shown["DeviceLastAuthenticatedDate"] > long_ago


def test_unconfirmed_device_is_not_listed(pool: PoolForTest, owner: Owner) -> None:
    key = KeptDevice(sign_in(pool)).key
    assert owner.keys() == []
    with refused("ResourceNotFoundException", GONE):
        owner.get(key)


def test_device_is_confirmed_once(pool: PoolForTest) -> None:
    device = a_device(pool)
    with refused("DeviceKeyExistsException"):
        device.confirm(pool.cognito)


def test_device_key_of_another_sign_in_is_refused(pool: PoolForTest, owner: Owner) -> None:
    """Or an access token of any sign-in could make a device trusted."""
    mine, another = KeptDevice(sign_in(pool)), KeptDevice(sign_in(pool))
    for key in (another.key, UNKNOWN):
        with refused("InvalidParameterException", INVALID):
            mine.confirm(pool.cognito, DeviceKey=key)
    assert owner.keys() == []


def test_pool_without_device_tracking_confirms_no_device(new_pool: NewPool) -> None:
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS})
    pool.sign_up()
    pool.admin_confirm()
    unknown = {"NewDeviceMetadata": {"DeviceKey": UNKNOWN, "DeviceGroupKey": "-Gr0upK3y"}}
    with refused("InvalidParameterException", INVALID):
        KeptDevice(sign_in(pool) | unknown).confirm(pool.cognito)


@pytest.mark.parametrize("verifier", [{}, {"PasswordVerifier": "x", "Salt": "x"}])
def test_device_with_invalid_verifier_is_refused(
    pool: PoolForTest, owner: Owner, verifier: dict[str, str]
) -> None:
    device = KeptDevice(sign_in(pool))
    with refused("InvalidParameterException"):
        device.confirm(pool.cognito, DeviceSecretVerifierConfig=verifier)
    assert owner.keys() == []
    device.confirm(pool.cognito)
    assert owner.keys() == [device.key]


def test_users_list_what_is_remembered_and_administrators_everything(
    pool: PoolForTest, owner: Owner
) -> None:
    """amplify-js#12171: a device that isn't remembered isn't in the user's list."""
    device = a_device(pool)
    of_user = Owner(pool, sign_in(pool)["AccessToken"], is_admin=False)
    of_admin = Owner(pool, "", is_admin=True)
    assert of_user.keys() == of_admin.keys() == [device.key]
    owner.update(device.key, "not_remembered")
    assert (of_user.keys(), of_admin.keys()) == ([], [device.key])
    shown = attributes(of_admin.get(device.key))
    assert shown["dev:device_remembered_status"] == "not_remembered"
    assert of_user.get(device.key)["DeviceKey"] == device.key
    owner.update(device.key, "remembered")
    assert of_user.keys() == [device.key]


def test_devices_are_listed_page_by_page(pool: PoolForTest, owner: Owner) -> None:
    made = {a_device(pool).key for _ in range(3)}
    first = owner.page(Limit=2)
    assert len(first["Devices"]) == 2
    second = owner.page(Limit=2, PaginationToken=first["PaginationToken"])
    assert "PaginationToken" not in second
    listed = [device["DeviceKey"] for device in first["Devices"] + second["Devices"]]
    assert (len(listed), set(listed)) == (3, made)


def test_pagination_token_is_bound_to_user(pool: PoolForTest) -> None:
    for _ in range(2):
        a_device(pool)
    token = Owner(pool, "", is_admin=True).page(Limit=1)["PaginationToken"]
    of_user = Owner(pool, sign_in(pool)["AccessToken"], is_admin=False)
    with refused("InvalidParameterException"):
        of_user.page(PaginationToken=token)


def test_forgotten_device_is_not_found(pool: PoolForTest, owner: Owner) -> None:
    device = a_device(pool)
    owner.forget(device.key)
    assert owner.keys() == []
    for do in (owner.get, owner.forget, lambda key: owner.update(key, "remembered")):
        with refused("ResourceNotFoundException", GONE):
            do(device.key)


def test_forgotten_device_cannot_be_confirmed_again(pool: PoolForTest, owner: Owner) -> None:
    """Its access token lives on for a while."""
    device = a_device(pool)
    owner.forget(device.key)
    with refused("InvalidParameterException", INVALID):
        device.confirm(pool.cognito)
    assert owner.keys() == []


def test_device_of_another_user_is_not_found(pool: PoolForTest, owner: Owner) -> None:
    pool.sign_up("bob")
    pool.admin_confirm("bob")
    device = a_device(pool, "bob")
    for do in (owner.get, owner.forget, lambda key: owner.update(key, "remembered")):
        with refused("ResourceNotFoundException", GONE):
            do(device.key)
    assert owner.keys() == []


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        ("admin_get_device", "ResourceNotFoundException"),
        ("admin_list_devices", "ResourceNotFoundException"),
        ("admin_forget_device", "UserNotFoundException"),
        ("admin_update_device_status", "UserNotFoundException"),
    ],
)
def test_devices_of_unknown_user_are_not_found(
    pool: PoolForTest, operation: str, error: str
) -> None:
    """The API's model lists UserNotFoundException for two of the four."""
    members = {} if operation == "admin_list_devices" else {"DeviceKey": UNKNOWN}
    with refused(error, "User does not exist."):
        getattr(pool.cognito, operation)(UserPoolId=pool.id, Username="nobody", **members)


def test_deleted_user_has_no_devices_left(
    server: RunningServer, pool: PoolForTest, owner: Owner
) -> None:
    device = a_device(pool)
    pool.cognito.admin_delete_user(UserPoolId=pool.id, Username="alice")

    async def left(app: App) -> int:
        rows = await app.services.store._database.fetch(
            "SELECT 1 FROM devices WHERE key = $1", device.key
        )
        return len(rows)

    assert server.run(left) == 0
