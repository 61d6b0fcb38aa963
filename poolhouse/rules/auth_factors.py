"""With what a user could sign in now: GetUserAuthFactors (auth.md §10)."""

from poolhouse.entities.pools import Pool
from poolhouse.entities.users import NameKind, User
from poolhouse.wire.enums import AuthFactorType as Factor


def configured(
    pool: Pool, user: User, *, has_password: bool, has_software_token: bool
) -> list[Factor]:
    """What the user has of the pool's first factors, and the app, which is only a second one."""
    has = {
        Factor.PASSWORD: has_password,
        Factor.EMAIL_OTP: bool(user.attributes.get(NameKind.EMAIL)),
        Factor.SMS_OTP: bool(user.attributes.get(NameKind.PHONE_NUMBER)),
    }
    allowed = {*pool.first_factors, Factor.PASSWORD}  # which every pool has
    first = [factor for factor, is_there in has.items() if is_there and factor in allowed]
    return [*first, Factor.SOFTWARE_TOKEN] if has_software_token else first
