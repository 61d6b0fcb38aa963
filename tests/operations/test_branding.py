"""Styles of managed login over the wire (ev:oauth-10, ev:domain-1.9)."""

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.looks import ICO, JPEG, PAGE, PNG, SVG, asset
from support.refusals import refused
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest
from support.store_contents import tables

from poolhouse.bootstrap.store import store_url
from poolhouse.rules.pools import branding_settings

UNKNOWN = "11111111-1111-4111-8111-111111111111"


def create(cognito: Any, pool: PoolForTest, **members: Any) -> dict[str, Any]:
    given = {"UserPoolId": pool.id, "ClientId": pool.client_id, **members}
    made: dict[str, Any] = cognito.create_managed_login_branding(**given)["ManagedLoginBranding"]
    return made


def describe(cognito: Any, style: dict[str, Any], **members: Any) -> dict[str, Any]:
    found: dict[str, Any] = cognito.describe_managed_login_branding(**named(style), **members)[
        "ManagedLoginBranding"
    ]
    return found


def update(cognito: Any, style: dict[str, Any], **members: Any) -> dict[str, Any]:
    changed: dict[str, Any] = cognito.update_managed_login_branding(**named(style), **members)[
        "ManagedLoginBranding"
    ]
    return changed


def named(style: dict[str, Any]) -> dict[str, str]:
    return {name: style[name] for name in ("UserPoolId", "ManagedLoginBrandingId")}


def test_style_with_settings_is_described_as_created(cognito: Any, pool: PoolForTest) -> None:
    """The AWS CLI's example of update-managed-login-branding has these members."""
    style = create(cognito, pool, Settings=PAGE, Assets=[asset()])
    assert style["Settings"] == PAGE
    assert style["Assets"] == [asset()]
    assert style["UseCognitoProvidedValues"] is False
    assert re.fullmatch(r"[0-9a-f-]{14}4[0-9a-f]{3}-[0-9a-f-]{17}", style["ManagedLoginBrandingId"])
    assert style["CreationDate"] == style["LastModifiedDate"]
    assert describe(cognito, style) == style
    by_client = cognito.describe_managed_login_branding_by_client(
        UserPoolId=pool.id, ClientId=pool.client_id
    )["ManagedLoginBranding"]
    assert by_client == style


def test_style_of_defaults_has_no_settings_and_empty_assets(
    cognito: Any, pool: PoolForTest
) -> None:
    """floci#2869, measured on the service."""
    style = create(cognito, pool, UseCognitoProvidedValues=True)
    assert style["UseCognitoProvidedValues"] is True
    assert "Settings" not in style
    assert style["Assets"] == []


def test_merged_resources_have_every_default(cognito: Any, pool: PoolForTest) -> None:
    style = create(cognito, pool, Settings=PAGE)
    merged = describe(cognito, style, ReturnMergedResources=True)
    assert merged["Settings"] == branding_settings.merged(PAGE)
    assert describe(cognito, style, ReturnMergedResources=False)["Settings"] == PAGE


def test_update_keeps_what_it_leaves_out(cognito: Any, pool: PoolForTest) -> None:
    """The API model: existing settings that aren't specified are preserved."""
    style = create(cognito, pool, Settings=PAGE, Assets=[asset()])
    radius = {"componentClasses": {"buttons": {"borderRadius": 4.0}}}
    dark = {"components": {"pageBackground": {"darkMode": {"color": "000000ff"}}}}
    update(cognito, style, Settings=radius)
    update(cognito, style, Settings=dark)
    added = asset(mode="DARK", Extension="PNG", Bytes=PNG)
    changed = update(cognito, style, Assets=[added])
    background = {"lightMode": {"color": "fff8e7ff"}, "darkMode": {"color": "000000ff"}}
    assert changed["Settings"] == {**radius, "components": {"pageBackground": background}}
    assert changed["Assets"] == [asset(), added]
    assert changed["CreationDate"] == style["CreationDate"]
    assert changed["LastModifiedDate"] > style["LastModifiedDate"]
    assert describe(cognito, style) == changed


def test_asset_replaces_the_one_of_its_category_and_mode(cognito: Any, pool: PoolForTest) -> None:
    """ev:tfprovider."""
    style = create(cognito, pool, Settings=PAGE, Assets=[asset(), asset("PAGE_HEADER_LOGO")])
    new = asset(Extension="PNG", Bytes=PNG, ResourceId="logo 1")
    changed = update(cognito, style, Assets=[new])
    assert changed["Assets"] == [new, asset("PAGE_HEADER_LOGO")]


def test_asset_without_bytes_keeps_the_present_ones(cognito: Any, pool: PoolForTest) -> None:
    style = create(cognito, pool, Settings=PAGE, Assets=[asset()])
    bare = {name: value for name, value in asset().items() if name != "Bytes"}
    changed = update(cognito, style, Assets=[{**bare, "ResourceId": "logo"}])
    assert changed["Assets"] == [{**asset(), "ResourceId": "logo"}]


def test_choice_of_defaults_takes_settings_and_assets_away(
    server: RunningServer, cognito: Any, pool: PoolForTest
) -> None:
    style = create(cognito, pool, Settings=PAGE, Assets=[asset()])
    changed = update(cognito, style, UseCognitoProvidedValues=True)
    assert changed["UseCognitoProvidedValues"] is True
    assert "Settings" not in changed
    assert changed["Assets"] == []
    assert images(server, pool) == 0
    again = update(cognito, style, Settings=PAGE)
    assert (again["UseCognitoProvidedValues"], again["Settings"]) == (False, PAGE)


def test_assets_beside_the_defaults_are_accepted(cognito: Any, pool: PoolForTest) -> None:
    """ev:tfprovider: the tests of its assets do so against the service."""
    style = create(cognito, pool, UseCognitoProvidedValues=True, Assets=[asset()])
    assert style["Assets"] == [asset()]


def test_client_has_one_style(cognito: Any, pool: PoolForTest) -> None:
    style = create(cognito, pool, Settings=PAGE)
    with refused("ManagedLoginBrandingExistsException"):
        create(cognito, pool, UseCognitoProvidedValues=True)
    assert describe(cognito, style) == style
    cognito.delete_managed_login_branding(**named(style))
    create(cognito, pool, UseCognitoProvidedValues=True)


def test_pool_has_at_most_twenty_styles(cognito: Any, pool: PoolForTest) -> None:
    """ev:domain-1.8. The sentence isn't known."""
    clients = [
        cognito.create_user_pool_client(UserPoolId=pool.id, ClientName=f"c{n}")["UserPoolClient"]
        for n in range(20)
    ]
    for client in clients:
        create(cognito, pool, ClientId=client["ClientId"], UseCognitoProvidedValues=True)
    with refused("LimitExceededException"):
        create(cognito, pool, UseCognitoProvidedValues=True)


def test_deleted_style_is_unknown_and_leaves_no_images(
    server: RunningServer, cognito: Any, pool: PoolForTest
) -> None:
    style = create(cognito, pool, Settings=PAGE, Assets=[asset()])
    assert images(server, pool) == 1
    cognito.delete_managed_login_branding(**named(style))
    assert images(server, pool) == 0
    for operation in ("describe", "update", "delete"):
        with refused("ResourceNotFoundException"):
            getattr(cognito, f"{operation}_managed_login_branding")(**named(style))
    with refused("ResourceNotFoundException"):
        cognito.describe_managed_login_branding_by_client(
            UserPoolId=pool.id, ClientId=pool.client_id
        )


def test_deleted_client_leaves_no_style(
    server: RunningServer, cognito: Any, pool: PoolForTest
) -> None:
    style = create(cognito, pool, Settings=PAGE, Assets=[asset()])
    cognito.delete_user_pool_client(UserPoolId=pool.id, ClientId=pool.client_id)
    assert images(server, pool) == 0
    with refused("ResourceNotFoundException"):
        describe(cognito, style)


def test_style_of_another_pool_is_unknown(cognito: Any, new_pool: NewPool) -> None:
    here, there = new_pool(), new_pool()
    style = {**create(cognito, here, Settings=PAGE), "UserPoolId": there.id}
    with refused("ResourceNotFoundException"):
        describe(cognito, style)
    with refused("ResourceNotFoundException"):
        create(cognito, here, ClientId=there.client_id, UseCognitoProvidedValues=True)


@pytest.mark.parametrize(
    ("category", "extension", "content"),
    [
        ("FAVICON_ICO", "ICO", ICO),
        ("FAVICON_SVG", "SVG", SVG),
        ("IDP_BUTTON_ICON", "ICO", ICO),
        ("IDP_BUTTON_ICON", "SVG", SVG),
        ("PAGE_BACKGROUND", "JPEG", JPEG),
        ("FORM_LOGO", "PNG", PNG),
        ("PASSKEY_GRAPHIC", "WEBP", b"RIFF0000WEBP"),
    ],
)
def test_extensions_of_a_category_are_accepted(
    cognito: Any, pool: PoolForTest, category: str, extension: str, content: bytes
) -> None:
    given = asset(category, "DYNAMIC", Extension=extension, Bytes=content)
    assert create(cognito, pool, Settings=PAGE, Assets=[given])["Assets"] == [given]


@pytest.mark.parametrize(
    ("category", "extension", "content"),
    [
        ("FAVICON_ICO", "SVG", SVG),
        ("FAVICON_SVG", "ICO", ICO),
        ("FORM_LOGO", "ICO", ICO),
        ("IDP_BUTTON_ICON", "PNG", PNG),
        ("FORM_LOGO", "PNG", JPEG),
        ("FORM_LOGO", "SVG", b"<html><script>1</script></html>"),
        ("FORM_LOGO", "WEBP", PNG),
    ],
)
def test_extension_or_content_of_another_kind_is_refused(
    cognito: Any, pool: PoolForTest, category: str, extension: str, content: bytes
) -> None:
    with refused("InvalidParameterException"):
        create(
            cognito,
            pool,
            Settings=PAGE,
            Assets=[asset(category, Extension=extension, Bytes=content)],
        )


def test_style_has_at_most_forty_assets(cognito: Any, pool: PoolForTest) -> None:
    icons = [asset("IDP_BUTTON_ICON", ResourceId=f"provider {n}") for n in range(40)]
    style = create(cognito, pool, Settings=PAGE, Assets=icons)
    with refused(
        "InvalidParameterException",
        "Invalid asset provided. A style can have at most 40 assets.",
    ):
        update(cognito, style, Assets=[asset("IDP_BUTTON_ICON", ResourceId="one more")])
    assert len(update(cognito, style, Assets=[icons[0]])["Assets"]) == 40


def test_settings_that_are_no_object_are_refused(
    server: RunningServer, cognito: Any, pool: PoolForTest
) -> None:
    """DIFFERS: AWS answers InternalErrorException (ev:oauth-10)."""
    unchecked = server.client(parameter_validation=False)
    with refused("SerializationException"):
        unchecked.create_managed_login_branding(
            UserPoolId=pool.id, ClientId=pool.client_id, Settings=json.dumps(PAGE)
        )


@pytest.mark.both_stores
def test_simultaneous_creations_make_one_style(
    server: RunningServer, cognito: Any, pool: PoolForTest
) -> None:
    def attempt(number: int) -> str:
        try:
            create(
                server.client(), pool, Settings=PAGE, Assets=[asset(ResourceId=f"logo {number}")]
            )
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "made"

    with ThreadPoolExecutor(8) as threads:
        answers = Counter(threads.map(attempt, range(8)))
    assert answers == {"made": 1, "ManagedLoginBrandingExistsException": 7}
    assert images(server, pool) == 1


@pytest.mark.both_stores
def test_simultaneous_updates_are_all_kept(
    server: RunningServer, cognito: Any, pool: PoolForTest
) -> None:
    style = create(cognito, pool, Settings=PAGE)
    modes = ("LIGHT", "DARK", "DYNAMIC")
    pictures = {mode: SVG + mode.encode() for mode in modes}

    def attempt(mode: str) -> None:
        update(server.client(), style, Assets=[asset(mode=mode, Bytes=pictures[mode])])

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(attempt, modes))
    kept = {each["ColorMode"]: each["Bytes"] for each in describe(cognito, style)["Assets"]}
    assert kept == pictures
    assert images(server, pool) == 3


def images(server: RunningServer, pool: PoolForTest) -> int:
    """How many images the store has of this pool."""
    rows = tables(store_url(server.settings))["pool_assets"]
    return sum(row["pool_id"] == pool.id for row in rows)
