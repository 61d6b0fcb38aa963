"""With what a user may begin to sign in by choice, USER_AUTH (ev:auth-7)."""

from collections.abc import Iterable
from typing import Final

from poolhouse.entities.clients import Client
from poolhouse.entities.contacts import Contact
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User
from poolhouse.rules.auth import mfa
from poolhouse.rules.pools import feature_plans
from poolhouse.wire.enums import AuthFactorType as Factor
from poolhouse.wire.enums import ChallengeNameType as Challenge
from poolhouse.wire.enums import ExplicitAuthFlowsType

_CHALLENGES: Final = {
    Factor.PASSWORD: (Challenge.PASSWORD, Challenge.PASSWORD_SRP),
    Factor.EMAIL_OTP: (Challenge.EMAIL_OTP,),
    Factor.SMS_OTP: (Challenge.SMS_OTP,),
    Factor.WEB_AUTHN: (Challenge.WEB_AUTHN,),
}


def may_choose(pool: Pool, client: Client) -> bool:
    """Return whether users of this app client may sign in by choice."""
    flows = client.settings.ExplicitAuthFlows or ()
    return ExplicitAuthFlowsType.ALLOW_USER_AUTH in flows and feature_plans.has_user_auth(
        pool.settings
    )


def allowed(pool: Pool) -> frozenset[Factor]:
    """Return what the pool lets its users begin with; every pool has the password."""
    if not feature_plans.has_user_auth(pool.settings):
        return frozenset({Factor.PASSWORD})
    return frozenset(factor for factor in _CHALLENGES if factor in pool.first_factors)


def of_user(
    pool: Pool,
    user: User,
    *,
    has_password: bool,
    has_passkey: bool,
    has_software_token: bool,
) -> tuple[Factor, ...]:
    """Return the first factors that this user can use now.

    Who has a second factor begins with the password, since a code or a passkey would be the only
    proof; unless the passkey counts as both. Passkeys are of the pool's present relying party.
    """
    there = {Factor.PASSWORD: has_password, Factor.WEB_AUTHN: has_passkey} | {
        contact.factor: bool(user.attributes.get(contact)) for contact in Contact
    }
    second = not mfa.is_off(pool) and (
        mfa.is_required(pool)
        or bool(mfa.choices(pool, user, has_software_token=has_software_token))
    )
    return tuple(
        factor
        for factor in _CHALLENGES
        if factor in allowed(pool)
        and there[factor]
        and (not second or _goes_before_second(pool, user, factor))
    )


def decoy_first_factors(pool: Pool, digest: bytes) -> tuple[Factor, ...]:
    """Return the factors that are offered to decoy users and to users without a factor.

    The list looks like another user's and is the same each time. `digest` is a keyed hash of pool
    and name. Every user has a password and the contacts that the pool requires. Of the other
    factors, some users have one and some another.
    """
    if mfa.is_required(pool):
        return (Factor.PASSWORD,)
    asked_for = {attribute.name for attribute in pool.attributes if attribute.required}
    asked_for |= pool.auto_verified | pool.username_attributes
    has = {Factor.PASSWORD: True, Factor.WEB_AUTHN: digest[0] % 4 == 0} | {
        contact.factor: contact in asked_for or digest[1 + place] % 2 == 0
        for place, contact in enumerate(Contact)
    }
    return tuple(factor for factor in _CHALLENGES if factor in allowed(pool) and has[factor])


def decoy_second_factors(pool: Pool, digest: bytes) -> tuple[Challenge, ...]:
    """Return the second factors of a decoy user, by the same digest.

    There is at least one if the pool requires MFA, since all of its users have one.
    """
    there = mfa.factors_of(pool)
    own = digest[4] % len(there) if there and mfa.is_required(pool) else None
    return tuple(
        factor for place, factor in enumerate(there) if place == own or digest[5 + place] % 2 == 0
    )


def challenges_of(factors: Iterable[Factor]) -> tuple[Challenge, ...]:
    """Return AvailableChallenges for factors; a password can be sent, or verified by SRP."""
    return tuple(challenge for factor in factors for challenge in _CHALLENGES[factor])


def _goes_before_second(pool: Pool, user: User, factor: Factor) -> bool:
    return factor is Factor.PASSWORD or (
        factor is Factor.WEB_AUTHN and mfa.passkey_is_both(pool, user)
    )
