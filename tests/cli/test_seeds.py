"""`poolhouse dev --seed`: the example of docs/seeds.md, twice, edited, and with mistakes."""

import re
from pathlib import Path
from typing import Any

import pytest
from cli.programs import ROOT, Process, Server, cognito, poolhouse, refusal
from support.store_contents import Rows, tables

from poolhouse.rules.auth import srp

POOL = "us-east-1_Shop"
ALICE = "11111111-0000-4000-8000-000000000001"
EXAMPLE = re.search(
    r"<!-- example -->\n```yaml\n(.*?)```", (ROOT / "docs" / "seeds.md").read_text(), re.DOTALL
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    assert EXAMPLE is not None
    file = tmp_path / "file.yaml"
    file.write_text(EXAMPLE[1])
    return file


def user(client: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = client.admin_get_user(UserPoolId=POOL, Username=name)
    attributes = {each["Name"]: each["Value"] for each in found["UserAttributes"]}
    return attributes | {"status": found["UserStatus"], "enabled": found["Enabled"]}


def kept(folder: Path) -> dict[str, Rows]:
    """All of the store but the audit trail."""
    contents = tables(f"sqlite:///{folder}/.poolhouse/poolhouse.db")
    return {table: rows for table, rows in contents.items() if table != "audit"}


def start(folder: Path, file: Path, *flags: object) -> Server:
    return Server(folder, "dev", "--seed", file, *flags)


def test_dev_with_a_seeded_trigger_names_it_in_the_banner(tmp_path: Path, file: Path) -> None:
    (tmp_path / "mine.py").write_text("def handler(event, context):\n    return event\n")
    file.write_text(file.read_text() + "\ntriggers:\n  post-confirmation: mine.py:handler\n")
    with start(tmp_path, file, "--memory") as server:
        server.printed.until(r"Trigger +mine\.py \(post-confirmation\)")


def test_seed_example_of_the_docs_is_created(tmp_path: Path, file: Path) -> None:
    with start(tmp_path, file, "--memory") as server:
        client = cognito(server.url)
        assert user(client, "alice@example.com") == {
            "sub": ALICE,
            "email": "alice@example.com",
            "email_verified": "true",
            "status": "CONFIRMED",
            "enabled": True,
        }
        bob = user(client, "bob")
        assert (bob["status"], bob["enabled"]) == ("RESET_REQUIRED", False)
        groups = client.admin_list_groups_for_user(UserPoolId=POOL, Username="alice")["Groups"]
        assert [(each["GroupName"], each["Precedence"]) for each in groups] == [("staff", 1)]
        described = client.describe_user_pool_client(UserPoolId=POOL, ClientId="shopserver")
        assert described["UserPoolClient"]["ClientSecret"] == "NotASecretOfAnyWorth0000"
        policy = client.describe_user_pool(UserPoolId=POOL)["UserPool"]["Policies"]
        assert policy["PasswordPolicy"]["RequireLowercase"] is True
        assert policy["PasswordPolicy"]["RequireSymbols"] is False


def test_seed_second_start_changes_nothing(tmp_path: Path, file: Path) -> None:
    with start(tmp_path, file) as server:
        server.stop()
    before = kept(tmp_path)
    with start(tmp_path, file) as server:
        server.stop()
    assert kept(tmp_path) == before


def test_seed_edited_changes_what_was_edited(tmp_path: Path, file: Path) -> None:
    with start(tmp_path, file) as server:
        cognito(server.url).admin_create_user(UserPoolId=POOL, Username="dan")
        server.stop()
    text = file.read_text()
    for old, new in (
        ("MinimumLength: 8", "MinimumLength: 10"),
        ("PoolName: shop", "PoolName: market"),
        ("ClientName: web", "ClientName: browser"),
        ("Precedence: 1", "Precedence: 7"),
        ("alice@example.com", "alice@example.org"),
        ("correct-horse-9", "another-horse-9"),
        ("enabled: false", "enabled: true"),
        ("RESET_REQUIRED", "UNCONFIRMED"),
        ("attributes: {email: bob@example.com}", "groups: [staff]"),
    ):
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)
    with start(tmp_path, file) as server:
        client = cognito(server.url)
        pool = client.describe_user_pool(UserPoolId=POOL)["UserPool"]
        assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 10
        assert pool["Name"] == "market"
        assert user(client, "alice")["email"] == "alice@example.org"
        bob = user(client, "bob")
        assert (bob["status"], bob["enabled"]) == ("UNCONFIRMED", True)
        assert bob["email"] == "bob@example.com", "what the file doesn't name stays"
        members = client.list_users_in_group(UserPoolId=POOL, GroupName="staff")["Users"]
        assert {each["Username"] for each in members} == {"alice", "bob"}
        assert user(client, "dan")["status"] == "FORCE_CHANGE_PASSWORD"
        server.stop()
    before = kept(tmp_path)
    with start(tmp_path, file) as server:
        server.stop()
    assert kept(tmp_path) == before


def test_seed_without_tags_and_rotation_any_more_takes_them_away(
    tmp_path: Path, file: Path
) -> None:
    """UpdateUserPool and UpdateUserPoolClient keep these two; a file says all of a pool."""
    plain = file.read_text()
    tagged = plain.replace("    PoolName: shop\n", "    PoolName: shop\n    UserPoolTags: {a: b}\n")
    rotating = tagged.replace(
        "ExplicitAuthFlows: [ALLOW_USER_SRP_AUTH, ALLOW_REFRESH_TOKEN_AUTH]",
        "RefreshTokenRotation: {Feature: ENABLED}",
    )
    assert len(rotating) != len(tagged) != len(plain)
    seen = []
    for text in (rotating, plain, plain):
        file.write_text(text)
        with start(tmp_path, file) as server:
            client = cognito(server.url)
            web = client.describe_user_pool_client(UserPoolId=POOL, ClientId="shopweb")
            rotation = web["UserPoolClient"]["RefreshTokenRotation"]["Feature"]
            tags = client.describe_user_pool(UserPoolId=POOL)["UserPool"]["UserPoolTags"]
            seen.append((rotation, tags))
            server.stop()
    assert seen == [("ENABLED", {"a": "b"}), ("DISABLED", {}), ("DISABLED", {})]


def test_seed_verifier_replaces_a_password(tmp_path: Path) -> None:
    """The seed has only the verifier; the password itself is nowhere."""
    salt = bytes(range(1, 17))
    verifier = srp.verifier("Shop", "dora", "correct-horse-9", salt)
    file = tmp_path / "file.yaml"
    file.write_text(
        f"pools:\n- id: {POOL}\n  PoolName: shop\n  users:\n  - username: dora\n"
        f"    verifier: {verifier.hex()}\n    salt: {salt.hex()}\n"
    )
    for _ in range(2):
        with start(tmp_path, file) as server:
            assert user(cognito(server.url), "dora")["status"] == "CONFIRMED"
            server.stop()
    [row] = kept(tmp_path)["credentials"]
    assert row["version"] == 2, "the one made by AdminCreateUser, then this one, once"


HELLO = """\
def handler(event, context):
    print("hello")
    return event
"""


def test_seed_trigger_runs(tmp_path: Path, file: Path) -> None:
    (tmp_path / "hello.py").write_text(HELLO)
    file.write_text(file.read_text() + "triggers:\n  post-confirmation: hello.py:handler\n")
    with start(tmp_path, file, "--memory") as server:
        client = cognito(server.url)
        client.sign_up(ClientId="shopweb", Username="eve", Password="correct-horse-9")
        client.admin_confirm_sign_up(UserPoolId=POOL, Username="eve")
        server.printed.until("hello")


def test_seed_handler_paths_start_at_the_seed_file(tmp_path: Path, file: Path) -> None:
    """Not at the folder that the server happens to be started in."""
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    (project / "functions").mkdir(parents=True)
    elsewhere.mkdir()
    (project / "functions" / "hello.py").write_text(HELLO)
    seed = project / "seed.yaml"
    seed.write_text(file.read_text() + "triggers:\n  post-confirmation: functions/hello.handler\n")
    with start(elsewhere, Path("../project/seed.yaml"), "--memory") as server:
        client = cognito(server.url)
        client.sign_up(ClientId="shopweb", Username="eve", Password="correct-horse-9")
        client.admin_confirm_sign_up(UserPoolId=POOL, Username="eve")
        server.printed.until("hello")


def test_seed_with_pools_of_two_regions_makes_both(tmp_path: Path, file: Path) -> None:
    east = file.read_text()
    west = re.sub(r"sub: .*\n", "sub: 22222222-0000-4000-8000-000000000001\n", east)
    west = west.replace("us-east-1", "us-west-2").replace("id: shop", "id: west")
    file.write_text(east + west.removeprefix("pools:\n"))
    with start(tmp_path, file, "--memory") as server:
        for region, pool_id in (("us-east-1", "us-east-1_Shop"), ("us-west-2", "us-west-2_Shop")):
            client = cognito(server.url, region_name=region)
            assert len(client.list_users(UserPoolId=pool_id)["Users"]) == 3
            listed = client.list_user_pools(MaxResults=60)["UserPools"]
            assert pool_id in [pool["Id"] for pool in listed]
            assert {pool["Id"].partition("_")[0] for pool in listed} == {region}


def test_seed_with_pool_without_region_is_of_home_region(tmp_path: Path, file: Path) -> None:
    file.write_text(file.read_text().replace("- id: us-east-1_Shop", "- id: Shop"))
    with start(tmp_path, file, "--memory", "--region", "eu-west-1") as server:
        found = cognito(server.url, region_name="eu-west-1").list_users(UserPoolId="eu-west-1_Shop")
        assert len(found["Users"]) == 3


def test_seed_of_the_servers_own_region_is_taken(tmp_path: Path, file: Path) -> None:
    file.write_text(file.read_text().replace("us-east-1", "eu-west-1"))
    with start(tmp_path, file, "--memory", "--region", "eu-west-1") as server:
        found = cognito(server.url, region_name="eu-west-1").list_users(UserPoolId="eu-west-1_Shop")
        assert len(found["Users"]) == 3


MISTAKES = """\
pools:
  - id: us-east-1_Shop
    PoolNam: shop
    Policies:
      PasswordPolicy: {MinimumLength: many, RequireSymbol: true}
    clients:
      - id: web
        ClientName: web
        ExplicitAuthFlows: [ALLOW_NOTHING]
      - id: web
    users:
      - username: alice
        username: bob
        status: HAPPY
      - enabled: perhaps
        verifier: xyz
        mfa: {totp: JBSWY3DPEHPK3PXPJ, sms: perhaps, preferred: PIGEON, top: A}
    SoftwareTokenMfaConfiguration: {Enable: true}
triggers:
  f: nowhere.txt
"""


def test_seed_errors_are_reported_with_their_lines(tmp_path: Path, file: Path) -> None:
    file.write_text(MISTAKES)
    expected = refusal(
        poolhouse(tmp_path, "dev", "--port", "0", "--memory", "--seed", "file.yaml"), 1
    )
    assert expected.splitlines() == [
        "file.yaml:2: `PoolName` is missing",
        "file.yaml:3: unknown key `PoolNam`; did you mean `PoolName`?",
        "file.yaml:5: `MinimumLength`: expected `int | null`, got `str`",
        "file.yaml:5: unknown key `RequireSymbol`; did you mean `RequireSymbols`?",
        "file.yaml:9: `ExplicitAuthFlows`: invalid enum value 'ALLOW_NOTHING'",
        "file.yaml:10: `ClientName` is missing",
        "file.yaml:13: `username` is repeated",
        "file.yaml:14: `status`: invalid enum value 'HAPPY'",
        "file.yaml:15: `enabled`: it must be true or false",
        "file.yaml:15: `username` is missing",
        "file.yaml:16: `verifier`: it doesn't have the required form",
        "file.yaml:17: `preferred`: invalid enum value 'PIGEON'",
        "file.yaml:17: `sms`: it must be true or false",
        "file.yaml:17: `totp`: it doesn't have the required form",
        "file.yaml:17: unknown key `top`; did you mean `totp`?",
        "file.yaml:18: unknown key `Enable`; did you mean `Enabled`?",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pools: [", "file.yaml:1: expected the node content, but found '<stream end>'"),
        ("pools: &a []\nmore: *a", "file.yaml:2: aliases can't be used here"),
        ("- pools", "file.yaml:1: expected `object`, got `array`"),
        ("a: !!python/object:os.system []", "file.yaml:1: unknown key `a`"),
        ("triggers: {f: nowhere.txt}", "file.yaml:1: `f` can't be used"),
        (
            f"pools:\n- {{id: {POOL}, PoolName: a}}\n- {{id: {POOL}, PoolName: b}}",
            f"file.yaml:3: the pool {POOL} is already in line 2",
        ),
        (
            f"pools:\n- id: {POOL}\n  PoolName: a\n  users:\n  - {{username: a, salt: ab}}",
            "file.yaml:5: `verifier` and `salt` go together",
        ),
        *(
            (
                f"pools:\n- id: {POOL}\n  PoolName: a\n  users:\n  - {{username: a, {user}}}"
                f"\n  - {{username: {other}}}",
                expected,
            )
            for user, other, expected in [
                (
                    f"sub: {ALICE}",
                    f"b, sub: {ALICE}",
                    f"6: the sub of {POOL} {ALICE} is already in line 5",
                ),
                ("enabled: true", "a b", "6: `username`: it doesn't have the required form"),
                ("password: ' a'", "b", "5: `password`: it doesn't have the required form"),
                ("groups: [a b]", "b", "5: `groups`: it doesn't have the required form"),
                (f"attributes: {{name: {'x' * 2049}}}", "b", "5: `name`: expected `str` of length"),
            ]
        ),
    ],
)
def test_seed_malformed_is_refused(tmp_path: Path, file: Path, text: str, expected: str) -> None:
    file.write_text(text)
    done = poolhouse(tmp_path, "dev", "--port", "0", "--memory", "--seed", "file.yaml")
    assert expected in refusal(done, 1)


def test_seed_missing_file_is_refused(tmp_path: Path) -> None:
    done = poolhouse(tmp_path, "dev", "--port", "0", "--memory", "--seed", "nowhere.yaml")
    assert "nowhere.yaml:1: can't be read: No such file" in refusal(done, 1)


def test_seed_refused_by_an_operation_names_its_line(tmp_path: Path, file: Path) -> None:
    text = file.read_text()
    line = text[: text.index("- username: alice")].count("\n") + 1
    file.write_text(text.replace("correct-horse-9", "short").replace("[staff]", "[nobody]"))
    with Process(tmp_path, "dev", "--port", "0", "--memory", "--seed", "file.yaml") as process:
        assert process.wait() == 1
        printed = process.printed.to_the_end()
    assert f"file.yaml:{line}: InvalidPasswordException: Password did not conform" in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (ALICE, ALICE.replace("1", "2"), "which can't be changed"),
        ("username: alice", "username: alicia", f"another user has the sub {ALICE}"),
        ("AliasAttributes: [email]", "AliasAttributes: [phone_number]", "can't be changed"),
        ("ClientSecret: Not", "ClientSecret: Another", "can't be changed"),
        ("ClientName: web\n", "ClientName: web\n        GenerateSecret: true\n", "get or lose"),
    ],
)
def test_seed_change_of_an_immutable_setting_is_refused(
    tmp_path: Path, file: Path, old: str, new: str, sentence: str
) -> None:
    with start(tmp_path, file) as server:
        server.stop()
    file.write_text(file.read_text().replace(old, new))
    with Process(tmp_path, "dev", "--port", "0", "--seed", "file.yaml") as process:
        assert process.wait() == 1
        assert sentence in process.printed.to_the_end()


def test_seed_of_user_whose_sub_is_another_users_username_is_refused(
    tmp_path: Path, file: Path
) -> None:
    """docs/differences.md: requests by a sub must reach its user."""
    sub = "22222222-0000-4000-8000-000000000002"
    text = file.read_text().replace("username: bob", f"username: {sub}")
    file.write_text(text.replace("- username: carol", f"- sub: {sub}\n        username: carol"))
    with Process(tmp_path, "dev", "--port", "0", "--memory", "--seed", "file.yaml") as process:
        assert process.wait() == 1
        assert f"another user has the sub {sub}, or is called so" in process.printed.to_the_end()
