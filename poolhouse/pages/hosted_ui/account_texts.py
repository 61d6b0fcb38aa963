"""The texts of the account page and of recovery codes, in one language."""

import msgspec


class AccountTexts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Texts of the table `account`. Holes in braces are filled with `str.format`."""

    title: str
    signed_in_as: str
    back_to_account: str
    back_to_app: str
    sign_out: str
    save: str
    remove: str
    turn_on: str
    turn_off: str
    on: str
    off: str
    done_saved: str
    done_removed: str
    done_code_sent: str
    done_verified: str
    done_password_changed: str
    sign_in_again_title: str
    sign_in_again: str
    profile_title: str
    contacts_title: str
    contact_none: str
    contact_verified: str
    contact_unverified: str
    contact_waits: str
    contact_send: str
    contact_verify: str
    password_title: str
    previous_password: str
    wrong_password: str
    password_hint: str
    second_factors_title: str
    second_factors_hint: str
    factor_preferred: str
    factor_prefer: str
    factor_set_up: str
    factor_lacks: str
    passkeys_title: str
    passkeys_hint: str
    passkeys_none: str
    passkey_add: str
    passkey_not_added: str
    added_on: str
    devices_title: str
    devices_hint: str
    devices_none: str
    unknown_device: str
    used_on: str
    sessions_title: str
    sessions_hint: str
    session_current: str
    session_of_browser: str
    session_of_app: str
    sign_out_everywhere: str
    recovery_codes_title: str
    recovery_codes_hint: str
    recovery_codes_left: str
    recovery_codes_make: str
    recovery_codes_replace: str
    recovery_codes_once: str
    recovery_codes_no_factor: str
    use_recovery_code: str
    recovery_title: str
    recovery_hint: str
    recovery_code: str
