"""Refusals about domains and resource servers."""

import itertools
from typing import Any

from support.error_cases import Step, World, admin, refuses

from poolhouse.errors import domains, pools, tokens

_names = (f"taken-{number}" for number in itertools.count(1))
TAKEN = next(_names)
ARN = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"
CUSTOM: dict[str, Any] = {"CustomDomainConfig": {"CertificateArn": ARN}}
FAILOVER = {"SecondaryRegion": "eu-west-1", "PrimaryRoute53HealthCheckId": "check"}
ROUTING: dict[str, Any] = {"Routing": {"Failover": FAILOVER}}
LITE = {"UserPoolTier": "LITE"}
BEYOND = (
    "The following features need to be disabled for the LITE pricing tier configured: Managed Login"
)
SCOPE = {"ScopeName": "read", "ScopeDescription": "Read"}
WEATHER = {"Identifier": "weather", "Name": "Weather"}


def gets(domain: str, **members: Any) -> Step:
    return admin("create_user_pool_domain", Domain=domain, **members)


def is_taken_by_another_pool(world: World) -> None:
    other = world.cognito.create_user_pool(PoolName="other")["UserPool"]["Id"]
    world.cognito.create_user_pool_domain(UserPoolId=other, Domain=TAKEN)


SITUATIONS = [
    *(
        refuses(
            domains.BadDomainName,
            "The domain name contains an invalid character. Domain names can only contain"
            " lower-case letters, numbers, and hyphens. Please enter a different name that follows"
            r" this format: ^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?$",
            "terraform-aws-cognito-user-pool#69",
            gets(name, **members),
        )
        for name, members in (
            ("home.example", {}),
            ("Home", {}),
            ("-home", {}),
            ("home-", {}),
            ("ho_me", {}),
            ("höme", {}),
            ("..", CUSTOM),
            ("id..example", CUSTOM),
            ("id.example.", CUSTOM),
            ("ID.example", CUSTOM),
        )
    ),
    *(
        refuses(
            domains.ReservedWord,
            f"Domain cannot contain reserved word: {word}",
            "ev:oauth-11",
            gets(name),
        )
        for name, word in (
            ("my-cognito", "cognito"),
            ("amazonia", "amazon"),
            ("laws", "aws"),
        )
    ),
    refuses(
        domains.NoSubdomain,
        "Custom domain is not a valid subdomain: Was not able to resolve a DNS A record for the"
        " parent domain or domain parent is a top-level domain.",
        "ev:oauth-11",
        gets("home", **CUSTOM),
    ),
    refuses(
        domains.DomainTaken,
        "Domain already associated with another user pool.",
        "aws-cdk-examples#402",
        gets(TAKEN),
        is_taken_by_another_pool,
    ),
    refuses(
        domains.DomainThere,
        "User pool already has a domain configured.",
        "websocket-chat-application#29",
        gets(next(_names)),
        gets(next(_names)),
    ),
    refuses(
        domains.DomainThere,
        "User pool already has a domain configured.",
        "websocket-chat-application#29",
        gets("id2.example", **CUSTOM),
        gets("id.example", **CUSTOM),
    ),
    *(
        refuses(
            domains.DomainNotFound,
            "No such domain or user pool exists.",
            "amplify-cli",
            admin(operation, Domain=name),
            *before,
        )
        for operation in ("update_user_pool_domain", "delete_user_pool_domain")
        for name, before in (("nowhere", ()), (TAKEN, (lambda world: None,)))
    ),
    refuses(
        domains.BadPagesVersion,
        "ManagedLoginVersion must be 1 or 2.",
        "UNVERIFIED",
        gets("third", ManagedLoginVersion=3),
    ),
    refuses(
        domains.PrefixSettings,
        "Routing is only supported for custom domains.",
        "UNVERIFIED",
        gets("routed", **ROUTING),
    ),
    refuses(
        domains.PrefixSettings,
        "CustomDomainConfig is only supported for custom domains.",
        "UNVERIFIED",
        admin("update_user_pool_domain", Domain="certified", **CUSTOM),
        gets("certified"),
    ),
    refuses(
        pools.NotInTier,
        BEYOND,
        "ev:users-3.5",
        gets("lite", ManagedLoginVersion=2),
        **LITE,
    ),
    refuses(
        pools.NotInTier,
        BEYOND,
        "ev:users-3.5",
        admin("update_user_pool_domain", Domain="liter", ManagedLoginVersion=2),
        gets("liter"),
        **LITE,
    ),
    refuses(
        pools.TierTooLow,
        BEYOND,
        "UNVERIFIED",
        admin("update_user_pool", **LITE),
        gets("managed", ManagedLoginVersion=2),
    ),
    refuses(
        domains.ResourceServerExists,
        "weather already exists in user pool {pool}.",
        "ev:moto",
        admin("create_resource_server", **WEATHER),
        admin("create_resource_server", **WEATHER),
    ),
    refuses(
        domains.ReservedIdentifier,
        "Resource server identifier cannot begin with aws.cognito",
        "UNVERIFIED",
        admin("create_resource_server", Identifier="aws.cognito/dcr", Name="Registration"),
    ),
    refuses(
        domains.ScopeDoubled,
        "Scope read is duplicated.",
        "UNVERIFIED",
        admin("create_resource_server", **WEATHER, Scopes=[SCOPE, SCOPE]),
    ),
    refuses(
        domains.ScopeDoubled,
        "Scope read is duplicated.",
        "UNVERIFIED",
        admin("update_resource_server", **WEATHER, Scopes=[SCOPE, SCOPE]),
        admin("create_resource_server", **WEATHER),
    ),
    *(
        refuses(
            tokens.ResourceServerNotFound,
            "Resource server weather does not exist.",
            "UNVERIFIED",
            admin(operation, Identifier="weather", **more),
        )
        for operation, more in (
            ("describe_resource_server", {}),
            ("update_resource_server", {"Name": "Weather"}),
            ("delete_resource_server", {}),
        )
    ),
]
