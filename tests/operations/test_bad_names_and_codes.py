"""Names of every kind of character, codes that are none, pagination tokens that were tampered with,
and the same thing twice in one request.
"""

import functools
import json
import sys
import unicodedata
from collections import defaultdict
from typing import Any

import pytest
from support.access_tokens import token_of
from support.refusals import refused
from support.running_server import ROOT_KEY, RunningServer
from support.sent_codes import code_of
from support.served_pools import NewPool, PoolForTest
from support.wire_client import Wire, request, signed_headers

PASSWORD = "Correct-Horse-9!"
EMAIL = {"email": "alice@home.example"}
PATTERN = r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+"


@functools.cache
def characters() -> dict[str, list[str]]:
    """The first and the last character of each general category, and one from the middle."""
    found = defaultdict(list)
    for point in range(sys.maxunicode + 1):
        found[unicodedata.category(chr(point))].append(chr(point))
    return {
        name: sorted({each[0], each[len(each) // 2], each[-1]})
        for name, each in found.items()
        if name not in ("Cs", "Cn")  # no characters: half of one, and none so far
    }


NAMED = ["Ll", "Lm", "Lo", "Lt", "Lu", "Mc", "Me", "Mn", "Nd", "Nl", "No",
         "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "Sc", "Sk", "Sm", "So"]  # fmt: skip
NOT_NAMED = ["Cc", "Cf", "Co", "Zl", "Zp", "Zs"]


def test_general_categories_are_all_there() -> None:
    assert characters().keys() == {*NAMED, *NOT_NAMED}


@pytest.mark.parametrize("category", NAMED)
def test_users_and_groups_may_be_called_by_every_visible_character(
    cognito: Any, pool: PoolForTest, category: str
) -> None:
    """The API's model, and as the users' list is searched."""
    of_pool = {"UserPoolId": pool.id}
    for character in characters()[category]:
        for name in (character, f"a{character}"):
            pool.sign_up(name)
            assert pool.user(name)["Username"] == name
            quoted = name.replace("\\", "\\\\").replace('"', '\\"')
            for operator in ("=", "^="):
                found = cognito.list_users(**of_pool, Filter=f'username {operator} "{quoted}"')
                assert name in [user["Username"] for user in found["Users"]]
            cognito.create_group(**of_pool, GroupName=name)
            cognito.admin_add_user_to_group(**of_pool, Username=name, GroupName=name)
            (group,) = cognito.admin_list_groups_for_user(**of_pool, Username=name)["Groups"]
            assert group["GroupName"] == name
            with refused("UsernameExistsException", "User already exists"):
                pool.sign_up(name)


@pytest.mark.parametrize("category", NOT_NAMED)
def test_username_of_blank_or_invisible_characters_is_refused(
    cognito: Any, pool: PoolForTest, category: str
) -> None:
    for character in characters()[category]:
        if character == "\0":
            continue  # no JSON of ours holds one: tests/api/test_json11.py
        name = f"a{character}"
        with refused(
            "InvalidParameterException",
            "1 validation error detected: Value at 'username' failed to satisfy constraint: Member"
            f" must satisfy regular expression pattern: {PATTERN}",
        ):
            pool.sign_up(name)
        with refused("InvalidParameterException"):
            cognito.create_group(UserPoolId=pool.id, GroupName=name)
    assert cognito.list_users(UserPoolId=pool.id)["Users"] == []
    assert cognito.list_groups(UserPoolId=pool.id)["Groups"] == []


def test_request_with_a_lone_surrogate_is_refused(server: RunningServer, pool: PoolForTest) -> None:
    """A lone surrogate, which JSON can spell and UTF-8 can't. UNVERIFIED: AWS's answer?"""
    body = json.dumps({"UserPoolId": pool.id, "Username": "a\ud800"}).encode()
    headers = signed_headers(f"{server.url}/", "AdminCreateUser", body, ROOT_KEY)
    with Wire(server.port) as wire:
        status, code, _ = wire.ask(request(body, headers)).error
    assert (status, code) == (400, "SerializationException")


def test_longest_names_are_stored_whole(cognito: Any, pool: PoolForTest) -> None:
    """128 characters, of whatever length in bytes; the model's limits on the others too."""
    name, of_pool = "😀" * 128, {"UserPoolId": pool.id}
    pool.sign_up(name, attributes={"name": "😀" * 2048})
    assert pool.user(name)["attributes"]["name"] == "😀" * 2048
    cognito.create_group(**of_pool, GroupName=name, Description="ẞ" * 2048)
    assert cognito.get_group(**of_pool, GroupName=name)["Group"]["Description"] == "ẞ" * 2048
    cognito.admin_add_user_to_group(**of_pool, Username=name, GroupName=name)
    found = cognito.list_users_in_group(**of_pool, GroupName=name)["Users"]
    assert [user["Username"] for user in found] == [name]
    arn = cognito.describe_user_pool(**of_pool)["UserPool"]["Arn"]
    tags = {"Ж" * 128: "Ω" * 256, "k": ""}
    cognito.tag_resource(ResourceArn=arn, Tags=tags)
    assert cognito.list_tags_for_resource(ResourceArn=arn)["Tags"] == tags


# Codes

FULL_WIDTH = "".join(chr(ord(digit) + 0xFEE0) for digit in "123456")
NO_CODES = ["0", "12345", "1234567", FULL_WIDTH, "abcdef", "-12345", "12345\u0660", "9" * 2048]


@pytest.mark.parametrize("wrong", NO_CODES)
def test_code_of_invalid_form_is_a_wrong_code(
    server: RunningServer, new_pool: NewPool, wrong: str
) -> None:
    """UNVERIFIED: that AWS doesn't look at the form. It spends nothing, and changes nothing."""
    pool = new_pool(AutoVerifiedAttributes=["email"])
    pool.sign_up(attributes=EMAIL)
    alice = {"ClientId": pool.client_id, "Username": "alice"}
    mismatch = ("CodeMismatchException", "Invalid verification code provided, please try again.")
    with refused(*mismatch):
        pool.cognito.confirm_sign_up(**alice, ConfirmationCode=wrong)
    assert pool.user()["UserStatus"] == "UNCONFIRMED"
    pool.cognito.confirm_sign_up(**alice, ConfirmationCode=code_of(server, pool))
    pool.cognito.forgot_password(**alice)
    with refused(*mismatch):
        pool.cognito.confirm_forgot_password(
            **alice, ConfirmationCode=wrong, Password="Battery-Staple-8?"
        )
    token = token_of(server, pool)
    pool.cognito.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
    with refused(*mismatch):
        pool.cognito.verify_user_attribute(AccessToken=token, AttributeName="email", Code=wrong)
    pool.cognito.verify_user_attribute(
        AccessToken=token, AttributeName="email", Code=code_of(server, pool)
    )


# Pages

LISTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "list_users": ({"Limit": 1}, "PaginationToken", "PaginationToken"),
    "list_groups": ({"Limit": 1}, "NextToken", "NextToken"),
    "list_users_in_group": ({"Limit": 1, "GroupName": "g0"}, "NextToken", "NextToken"),
    "admin_list_groups_for_user": ({"Limit": 1, "Username": "u0"}, "NextToken", "NextToken"),
    "list_user_pool_clients": ({"MaxResults": 1}, "NextToken", "NextToken"),
}


def test_pagination_token_changed_or_of_other_list_is_refused(
    cognito: Any, pool: PoolForTest
) -> None:
    """aws-sdk-js#3705 for another list's; the sentence for one that was changed isn't known."""
    of_pool = {"UserPoolId": pool.id}
    for n in range(2):
        cognito.admin_create_user(**of_pool, Username=f"u{n}")
        cognito.create_group(**of_pool, GroupName=f"g{n}")
        cognito.create_user_pool_client(**of_pool, ClientName=f"c{n}")
    for n in range(4):
        cognito.admin_add_user_to_group(**of_pool, Username=f"u{n % 2}", GroupName=f"g{n // 2}")
    tokens = {}
    for operation, (members, _, said) in LISTS.items():
        tokens[operation] = getattr(cognito, operation)(**of_pool, **members)[said]
    for operation, (members, asked, _) in LISTS.items():
        token = tokens[operation]
        call = getattr(cognito, operation)
        call(**of_pool, **members, **{asked: token})
        middle = len(token) // 2
        flipped = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
        for tampered in (flipped, token[:-4], token[4:], token + "AAAA", token * 2, "a", "-_"):
            with refused("InvalidParameterException", "Invalid pagination token given."):
                call(**of_pool, **members, **{asked: tampered})
        for other, foreign in tokens.items():
            if other != operation:
                with refused("InvalidParameterException", "Paging Marker is Invalid for Request"):
                    call(**of_pool, **members, **{asked: foreign})


# Twice


def test_duplicate_attribute_takes_last_value(cognito: Any, pool: PoolForTest) -> None:
    """UNVERIFIED: does AWS refuse it?"""
    twice = [{"Name": "name", "Value": "first"}, {"Name": "name", "Value": "last"}]
    alice = {"UserPoolId": pool.id, "Username": "alice"}
    cognito.admin_create_user(**alice, UserAttributes=twice)
    assert pool.user()["attributes"]["name"] == "last"
    cognito.admin_update_user_attributes(**alice, UserAttributes=twice[::-1])
    assert pool.user()["attributes"]["name"] == "first"
    cognito.admin_delete_user_attributes(**alice, UserAttributeNames=["name", "name"])
    assert "name" not in pool.user()["attributes"]


def test_duplicate_custom_attribute_adds_none(cognito: Any, pool: PoolForTest) -> None:
    """serverless-cognito-add-custom-attributes#3."""
    twice = [{"Name": "x", "AttributeDataType": kind} for kind in ("String", "Number")]
    with refused(
        "InvalidParameterException", "custom:x: Existing attribute already has name custom:x."
    ):
        cognito.add_custom_attributes(UserPoolId=pool.id, CustomAttributes=twice)
    described = cognito.describe_user_pool(UserPoolId=pool.id)["UserPool"]
    assert "custom:x" not in [each["Name"] for each in described["SchemaAttributes"]]
