"""CSS and logo of classic pages over the wire (ev:oauth-10, ev:domain-1.9)."""

import re
from typing import Any

import pytest
from support.looks import CSS, JPEG, PNG, SVG, has_domain
from support.refusals import refused
from support.served_pools import NewPool, PoolForTest


@pytest.fixture
def pool(new_pool: NewPool) -> PoolForTest:
    """A pool with a domain."""
    pool = new_pool()
    has_domain(pool)
    return pool


def put(cognito: Any, pool: PoolForTest, **members: Any) -> dict[str, Any]:
    answer = cognito.set_ui_customization(UserPoolId=pool.id, **members)
    answered: dict[str, Any] = answer["UICustomization"]
    return answered


def get(cognito: Any, pool: PoolForTest, **members: Any) -> dict[str, Any]:
    answer = cognito.get_ui_customization(UserPoolId=pool.id, **members)
    answered: dict[str, Any] = answer["UICustomization"]
    return answered


def test_customization_of_the_pool_is_shown_for_its_clients(
    cognito: Any, pool: PoolForTest
) -> None:
    """The AWS CLI's examples of set-ui-customization and get-ui-customization."""
    answered = put(cognito, pool, CSS=CSS, ImageFile=PNG)
    assert set(answered) == {
        *("UserPoolId", "ClientId", "ImageUrl", "CSS", "CSSVersion"),
        *("CreationDate", "LastModifiedDate"),
    }
    assert (answered["ClientId"], answered["CSS"]) == ("ALL", CSS)
    assert re.fullmatch(r"20[0-9]{12}", answered["CSSVersion"])
    assert get(cognito, pool) == answered
    assert get(cognito, pool, ClientId="ALL") == answered
    assert get(cognito, pool, ClientId=pool.client_id) == answered


def test_customization_of_a_client_precedes_that_of_the_pool(
    cognito: Any, pool: PoolForTest
) -> None:
    of_pool = put(cognito, pool, ClientId="ALL", CSS=CSS)
    own = put(cognito, pool, ClientId=pool.client_id, ImageFile=JPEG)
    assert own["ClientId"] == pool.client_id
    assert "CSS" not in own
    assert own["ImageUrl"].endswith(".jpeg")
    assert get(cognito, pool, ClientId=pool.client_id) == own
    assert get(cognito, pool) == of_pool


def test_customization_that_was_never_set_is_an_empty_object(
    cognito: Any, pool: PoolForTest
) -> None:
    """The API model."""
    assert get(cognito, pool) == {}
    assert get(cognito, pool, ClientId=pool.client_id) == {}


def test_css_and_logo_are_replaced_together(cognito: Any, pool: PoolForTest) -> None:
    """dg:hosted-ui-classic-branding: a request with one of them clears the other."""
    first = put(cognito, pool, CSS=CSS, ImageFile=PNG)
    bare = put(cognito, pool, CSS=CSS)
    assert "ImageUrl" not in bare
    assert bare["CreationDate"] == first["CreationDate"]
    assert "CSS" not in put(cognito, pool, ImageFile=PNG)


def test_request_with_neither_removes_the_customization(cognito: Any, pool: PoolForTest) -> None:
    """ev:tfprovider deletes its resource so."""
    of_pool = put(cognito, pool, CSS=CSS)
    put(cognito, pool, ClientId=pool.client_id, CSS=CSS, ImageFile=PNG)
    assert put(cognito, pool, ClientId=pool.client_id) == {}
    assert get(cognito, pool, ClientId=pool.client_id) == of_pool
    assert put(cognito, pool, ClientId=pool.client_id) == {}


def test_deleted_client_leaves_no_customization(cognito: Any, pool: PoolForTest) -> None:
    put(cognito, pool, ClientId=pool.client_id, CSS=CSS)
    cognito.delete_user_pool_client(UserPoolId=pool.id, ClientId=pool.client_id)
    with refused("ResourceNotFoundException", f"User pool client {pool.client_id} does not exist."):
        get(cognito, pool, ClientId=pool.client_id)


def test_pool_without_domain_is_refused(cognito: Any, new_pool: NewPool) -> None:
    """ev:tfprovider has the sentence, for both operations."""
    bare = new_pool()
    sentence = "There has to be an existing domain associated with this user pool"
    with refused("InvalidParameterException", sentence):
        put(cognito, bare, CSS=CSS)
    with refused("InvalidParameterException", sentence):
        get(cognito, bare)


@pytest.mark.parametrize(
    "members",
    [
        {"CSS": "body { color: red }"},
        {"CSS": "@import 'x';"},
        {"CSS": CSS * 60},
        {"ImageFile": SVG},
        {"ImageFile": PNG + b"0" * 102_400},
    ],
)
def test_refused_customization_changes_nothing(
    cognito: Any, pool: PoolForTest, members: dict[str, Any]
) -> None:
    before = put(cognito, pool, CSS=CSS, ImageFile=PNG)
    with refused("InvalidParameterException"):
        put(cognito, pool, **members)
    assert get(cognito, pool) == before
