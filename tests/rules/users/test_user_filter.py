"""The filter of ListUsers (ev:users-12)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.rules.users import user_filter
from poolhouse.rules.users.user_filter import FilterSyntax, UnsearchableAttribute, UserFilter

INSENSITIVE = [
    "email",
    "phone_number",
    "name",
    "given_name",
    "family_name",
    "preferred_username",
    "cognito:user_status",
]
SENSITIVE = ["username", "status", "sub"]


def test_user_filter_empty_matches_all_users() -> None:
    assert user_filter.parse("") is None


@pytest.mark.parametrize("attribute", INSENSITIVE + SENSITIVE)
def test_user_filter_searchable_attributes_are_accepted(attribute: str) -> None:
    expected = UserFilter(attribute=attribute, prefix=False, value="x")
    assert user_filter.parse(f'{attribute} = "x"') == expected


@pytest.mark.parametrize(
    ("text", "prefix", "value"),
    [
        ('email = "zoe@barn.example"', False, "zoe@barn.example"),
        ('email="zoe"', False, "zoe"),
        ('email ^= "zoe"', True, "zoe"),
        ('email^="zoe"', True, "zoe"),
        ('  email  ^=  "zoe"  ', True, "zoe"),
        ('email = ""', False, ""),
        ('email = " zoe "', False, " zoe "),
        (r'email = "say \"hi\""', False, 'say "hi"'),
        (r'email = "back\\slash"', False, r"back\slash"),
        (r'email = "\\\""', False, '\\"'),
        (r'email = "a\b"', False, r"a\b"),
        ('email = "a = b ^= c"', False, "a = b ^= c"),
        ('email = "Zoë 😀"', False, "Zoë 😀"),
        ('email = "two\nlines"', False, "two\nlines"),
        # ev:users-12: three unrelated production code bases quote the name.
        ('"email"="a@b.c"', False, "a@b.c"),
        ('"email" ^= "a"', True, "a"),
        (' "email"  =  "\\"email\\""', False, '"email"'),
    ],
)
def test_user_filter_clause_is_parsed(text: str, prefix: bool, value: str) -> None:
    assert user_filter.parse(text) == UserFilter(attribute="email", prefix=prefix, value=value)


@pytest.mark.parametrize(
    "text",
    [
        " ",
        "email",
        "email =",
        "email = zoe",
        "email = 'zoe'",
        'email = "zoe',
        'email = zoe"',
        r'email = "zoe\"',
        'email = "say "hi""',
        'email == "zoe"',
        'email ^ = "zoe"',
        'email != "zoe"',
        'email ~ "zoe"',
        '= "zoe"',
        '"email = "zoe"',
        'email" = "zoe"',
        '"email = "',
        'given name = "zoe"',
        'email = "a" and name = "b"',
        'email = "a" name = "b"',
        'email = "zoe";',
    ],
)
def test_user_filter_malformed_is_refused(text: str) -> None:
    with pytest.raises(FilterSyntax, match=r"^Error while parsing filter\.$"):
        user_filter.parse(text)


@pytest.mark.parametrize(
    "name", ["custom:foo", "address", "email_verified", "Email", "enabled", "emäil"]
)
def test_user_filter_unsearchable_attribute_is_named(name: str) -> None:
    with pytest.raises(
        UnsearchableAttribute, match=f"^Invalid search attribute: {name}$"
    ) as caught:
        user_filter.parse(f'{name} = "x"')
    assert caught.value.name == name


@pytest.mark.parametrize(
    "hostile",
    [
        " " * 50_000,
        "a" * 50_000,
        "email" + " " * 50_000,
        'email = "' + "a" * 50_000,
        'email = "' + "\\" * 49_999,
        'email = "' + '\\"' * 25_000,
    ],
)
def test_user_filter_hostile_text_is_refused_in_linear_time(hostile: str) -> None:
    with pytest.raises(FilterSyntax):
        user_filter.parse(hostile)


@given(st.text(max_size=256))
def test_user_filter_of_any_value_is_parsed(value: str) -> None:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    expected = UserFilter(attribute="username", prefix=True, value=value)
    assert user_filter.parse(f'username ^= "{escaped}"') == expected


@given(st.text(alphabet='email=^" \\x', max_size=40))
def test_user_filter_of_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        found = user_filter.parse(text)
    except (FilterSyntax, UnsearchableAttribute):
        return
    assert (found is None) == (text == "")


@pytest.mark.parametrize("attribute", INSENSITIVE)
def test_user_filter_folds_case_of_contacts_and_names(attribute: str) -> None:
    assert user_filter.fold(attribute, "Zoe@BARN.example") == "zoe@barn.example"


@pytest.mark.parametrize("attribute", SENSITIVE)
def test_user_filter_keeps_case_of_usernames_and_subs(attribute: str) -> None:
    assert user_filter.fold(attribute, "Zoe") == "Zoe"


@pytest.mark.parametrize("attribute", ["name", "username"])
@given(value=st.text(), length=st.integers(0, 20))
def test_user_filter_folded_prefix_is_prefix_of_folded_value(
    attribute: str, value: str, length: int
) -> None:
    folded = user_filter.fold(attribute, value)
    assert folded.startswith(user_filter.fold(attribute, value[:length]))


def test_user_filter_folds_greek_final_sigma() -> None:
    assert user_filter.fold("name", "ΝΙΚΟΣ") == user_filter.fold("name", "Νικος") == "νικοσ"
