"""Refusals about a pool's domains and resource servers.

One class per situation, its parent AWS's error, grouped by parent. A comment cites the source of
each sentence, as docs/evidence explains.
"""

from poolhouse.wire import errors as aws


# ── InvalidParameterException ─────────────────────────────────────────────────────────────────────
class BadDomainName(aws.InvalidParameterException):
    # terraform-aws-cognito-user-pool#69
    message = (
        "The domain name contains an invalid character. Domain names can only contain lower-case"
        " letters, numbers, and hyphens. Please enter a different name that follows this format:"
        " {pattern}"
    )


class ReservedWord(aws.InvalidParameterException):
    message = "Domain cannot contain reserved word: {word}"  # ev:oauth-11


class NoSubdomain(aws.InvalidParameterException):
    """A custom domain whose name has no parent."""

    # ev:oauth-11
    message = (
        "Custom domain is not a valid subdomain: Was not able to resolve a DNS A record for the"
        " parent domain or domain parent is a top-level domain."
    )


class DomainTaken(aws.InvalidParameterException):
    """The name is another pool's."""

    message = "Domain already associated with another user pool."  # aws-cdk-examples#402


class DomainThere(aws.InvalidParameterException):
    """The pool already has a domain of this kind."""

    message = "User pool already has a domain configured."  # websocket-chat-application#29


class DomainNotFound(aws.InvalidParameterException):
    """No such domain, or another pool's, in an operation that changes one."""

    # amplify-cli, packages/amplify-e2e-tests; UNVERIFIED: UpdateUserPoolDomain too?
    message = "No such domain or user pool exists."


class BadPagesVersion(aws.InvalidParameterException):
    message = "ManagedLoginVersion must be 1 or 2."  # UNVERIFIED: the text?


class PrefixSettings(aws.InvalidParameterException):
    """A member that only custom domains may have (ev:model)."""

    message = "{member} is only supported for custom domains."  # UNVERIFIED: the text?


class ResourceServerExists(aws.InvalidParameterException):
    message = "{identifier} already exists in user pool {pool_id}."  # ev:moto


class ReservedIdentifier(aws.InvalidParameterException):
    """An identifier whose scopes could be those of the service."""

    # UNVERIFIED: code and text?
    message = "Resource server identifier cannot begin with aws.cognito"


class ScopeDoubled(aws.InvalidParameterException):
    message = "Scope {name} is duplicated."  # UNVERIFIED: is it refused, and how?
