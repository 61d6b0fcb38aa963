"""Refusals of what lists are asked for."""

from support.error_cases import admin, is_created, refuses

from poolhouse.errors import pools, users

ALICE = {"Username": "alice"}
THERE = (is_created(attributes={"email": "alice@home.example"}),)

SITUATIONS = [
    *(
        refuses(
            users.FilterNotUnderstood,
            "Error while parsing filter.",
            "aws-sdk-php#1088",
            admin("list_users", Filter=text),
        )
        for text in (
            " ",
            "email",
            'email = "a',
            "email = a",
            "email = 'a'",
            'email == "a"',
            'email ^ = "a"',
            'email != "a"',
            'email = "a" and name = "b"',
            'email = "a" or',
            '(email = "a")',
            'email = "a\\"',
            'email = "a"b"',
            '"email = "a"',
            'email" = "a"',
            '"" = "a"',
            "'email' = \"a\"",
            '= "a"',
            "email = “a”",  # as word processors write it
            'email "a"',
            "1 = 1",
            'email = "a" --',
            "'; DROP TABLE users; --",
        )
    ),
    *(
        refuses(
            users.NotSearchable,
            f"Invalid search attribute: {name}",
            "ev:moto",
            admin("list_users", Filter=f'{name} = "x"'),
        )
        for name in ("custom:foo", "address", "email_verified", "Email", "enabled", "sub2")
    ),
    refuses(
        users.UnknownRequestedAttributes,
        "One or more requested attributes do not exist.",
        "aws-sdk-js#3091",
        admin("list_users", AttributesToGet=["email", "custom:none"]),
        *THERE,
    ),
    refuses(
        pools.LimitBelowOne,
        "1 validation error detected: Value '0' at 'maxItems' failed to satisfy constraint:"
        " Member must have value greater than or equal to 1",
        "aws-sdk-js#2193",
        admin("admin_list_groups_for_user", **ALICE, Limit=0),
        *THERE,
    ),
]
