"""Terms of use and privacy policies over the wire (ev:oauth-10, ev:domain-1.9)."""

import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.access_keys import add_key
from support.refusals import refused
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest

URL = "https://app.example/terms"
LINKS = {"cognito:default": URL, "cognito:german": "https://app.example/de/terms"}
LANGUAGES = [
    *("default", "dutch", "english", "french", "spanish", "german", "bahasa-indonesia", "italian"),
    *("japanese", "korean", "portuguese-brazil", "chinese-simplified", "chinese-traditional"),
]


def create(
    cognito: Any, pool: PoolForTest, name: str = "terms-of-use", **members: Any
) -> dict[str, Any]:
    given = {
        "UserPoolId": pool.id,
        "ClientId": pool.client_id,
        "TermsName": name,
        "TermsSource": "LINK",
        "Enforcement": "NONE",
        "Links": LINKS,
        **members,
    }
    made: dict[str, Any] = cognito.create_terms(**given)["Terms"]
    return made


def named(terms: dict[str, Any]) -> dict[str, str]:
    return {name: terms[name] for name in ("UserPoolId", "TermsId")}


def test_terms_are_described_as_created(cognito: Any, pool: PoolForTest) -> None:
    terms = create(cognito, pool)
    assert re.fullmatch(r"[0-9a-f-]{14}4[0-9a-f]{3}-[0-9a-f-]{17}", terms.pop("TermsId"))
    assert terms.pop("CreationDate") == terms.pop("LastModifiedDate")
    assert terms == {
        "UserPoolId": pool.id,
        "ClientId": pool.client_id,
        "TermsName": "terms-of-use",
        "TermsSource": "LINK",
        "Enforcement": "NONE",
        "Links": LINKS,
    }
    by_client = cognito.describe_terms_by_client(
        UserPoolId=pool.id, ClientId=pool.client_id, TermsName="terms-of-use"
    )["Terms"]
    assert cognito.describe_terms(**named(by_client))["Terms"] == by_client


def test_links_of_all_languages_are_accepted(cognito: Any, pool: PoolForTest) -> None:
    links = {f"cognito:{language}": f"{URL}/{language}" for language in LANGUAGES}
    assert create(cognito, pool, Links=links)["Links"] == links


def test_client_has_one_document_of_each_name(cognito: Any, new_pool: NewPool) -> None:
    here, there = new_pool(), new_pool()
    first = create(cognito, here)
    with refused("TermsExistsException"):
        create(cognito, here, Links={"cognito:default": URL})
    create(cognito, here, "privacy-policy")
    create(cognito, there)
    assert cognito.describe_terms(**named(first))["Terms"] == first


def test_update_keeps_what_it_leaves_out(cognito: Any, pool: PoolForTest) -> None:
    terms = create(cognito, pool)
    same = cognito.update_terms(**named(terms))["Terms"]
    assert same.pop("LastModifiedDate") > terms.pop("LastModifiedDate")
    assert same == terms
    changed = cognito.update_terms(**named(terms), Links={"cognito:default": f"{URL}/2"})["Terms"]
    assert changed["Links"] == {"cognito:default": f"{URL}/2"}


def test_update_of_the_name_moves_the_document(cognito: Any, pool: PoolForTest) -> None:
    terms = create(cognito, pool)
    renamed = cognito.update_terms(**named(terms), TermsName="privacy-policy")["Terms"]
    assert (renamed["TermsId"], renamed["Links"]) == (terms["TermsId"], LINKS)
    of_client = {"UserPoolId": pool.id, "ClientId": pool.client_id}
    with refused("ResourceNotFoundException"):
        cognito.describe_terms_by_client(**of_client, TermsName="terms-of-use")
    by_client = cognito.describe_terms_by_client(**of_client, TermsName="privacy-policy")
    assert by_client["Terms"] == renamed
    create(cognito, pool)
    with refused("TermsExistsException"):
        cognito.update_terms(**named(renamed), TermsName="terms-of-use")


def test_deleted_terms_are_unknown(cognito: Any, pool: PoolForTest) -> None:
    terms = create(cognito, pool)
    cognito.delete_terms(**named(terms))
    for operation in ("describe_terms", "update_terms", "delete_terms"):
        with refused("ResourceNotFoundException"):
            getattr(cognito, operation)(**named(terms))


def test_deleted_client_leaves_no_terms(cognito: Any, pool: PoolForTest) -> None:
    create(cognito, pool)
    create(cognito, pool, "privacy-policy")
    other = cognito.create_user_pool_client(UserPoolId=pool.id, ClientName="c")["UserPoolClient"]
    kept = create(cognito, pool, ClientId=other["ClientId"])
    cognito.delete_user_pool_client(UserPoolId=pool.id, ClientId=pool.client_id)
    listed = cognito.list_terms(UserPoolId=pool.id)["Terms"]
    assert [terms["TermsId"] for terms in listed] == [kept["TermsId"]]


def test_list_terms_shows_pages_without_links(cognito: Any, pool: PoolForTest) -> None:
    made = [create(cognito, pool), create(cognito, pool, "privacy-policy")]
    seen: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    for _ in made:
        page = cognito.list_terms(UserPoolId=pool.id, MaxResults=1, **token)
        seen += page["Terms"]
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else {}
    assert token == {}
    members = ("TermsId", "TermsName", "Enforcement", "CreationDate", "LastModifiedDate")
    expected = [{name: terms[name] for name in members} for terms in made]
    assert sorted(seen, key=str) == sorted(expected, key=str)


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "terms.html", "//app.example", "data:,x", "http://", "x://y"]
)
def test_links_that_are_no_web_address_are_refused(
    cognito: Any, pool: PoolForTest, link: str
) -> None:
    sentence = "Links must be http or https URLs."
    with refused("InvalidParameterException", sentence):
        create(cognito, pool, Links={"cognito:default": link})
    terms = create(cognito, pool)
    with refused("InvalidParameterException", sentence):
        cognito.update_terms(**named(terms), Links={"cognito:default": link})
    assert cognito.describe_terms(**named(terms))["Terms"]["Links"] == LINKS


def test_deny_of_describe_terms_denies_describe_terms_by_client(
    server: RunningServer, pool: PoolForTest
) -> None:
    """ev:iam-sigv4-4; a missing Allow of the other action denies nothing."""
    members = {"UserPoolId": pool.id, "ClientId": pool.client_id, "TermsName": "terms-of-use"}
    allowed = {"Effect": "Allow", "Action": "cognito-idp:DescribeTermsByClient", "Resource": "*"}
    denied = {"Effect": "Deny", "Action": "cognito-idp:DescribeTerms", "Resource": "*"}

    def client(*statements: dict[str, str]) -> Any:
        policy = {"Version": "2012-10-17", "Statement": list(statements)}
        return server.client(add_key(server, {"Test": json.dumps(policy)}))

    without_other = client(allowed)
    with refused("ResourceNotFoundException", "Terms do not exist."):
        without_other.describe_terms_by_client(**members)
    with_deny = client(allowed, denied)
    for _ in range(2):
        with pytest.raises(ClientError, match="with an explicit deny"):
            with_deny.describe_terms_by_client(**members)


def test_client_of_another_pool_is_unknown(cognito: Any, new_pool: NewPool) -> None:
    here, there = new_pool(), new_pool()
    sentence = f"User pool client {there.client_id} does not exist."
    with refused("ResourceNotFoundException", sentence):
        create(cognito, here, ClientId=there.client_id)
