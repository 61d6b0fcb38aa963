"""The texts of the account page and of recovery codes, in one language."""

import msgspec


class AccountTexts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Texts that `Texts` has beside its own. Holes in braces are filled with `str.format`."""

    account_title: str
    account_signed_in_as: str
    account_back_to_account: str
    account_back_to_app: str
    account_sign_out: str
    account_save: str
    account_remove: str
    account_turn_on: str
    account_turn_off: str
    account_on: str
    account_off: str
    account_done_saved: str
    account_done_removed: str
    account_done_code_sent: str
    account_done_verified: str
    account_done_password_changed: str
    account_sign_in_again_title: str
    account_sign_in_again: str
    account_profile_title: str
    account_contacts_title: str
    account_contact_none: str
    account_contact_verified: str
    account_contact_unverified: str
    account_contact_waits: str
    account_contact_send: str
    account_contact_verify: str
    account_password_title: str
    account_previous_password: str
    account_wrong_password: str
    account_password_hint: str
    account_second_factors_title: str
    account_second_factors_hint: str
    account_factor_preferred: str
    account_factor_prefer: str
    account_factor_set_up: str
    account_factor_lacks: str
    account_passkeys_title: str
    account_passkeys_hint: str
    account_passkeys_none: str
    account_passkey_add: str
    account_passkey_not_added: str
    account_added_on: str
    account_devices_title: str
    account_devices_hint: str
    account_devices_none: str
    account_unknown_device: str
    account_used_on: str
    account_sessions_title: str
    account_sessions_hint: str
    account_session_current: str
    account_session_of_browser: str
    account_session_of_app: str
    account_sign_out_everywhere: str
    account_recovery_codes_title: str
    account_recovery_codes_hint: str
    account_recovery_codes_left: str
    account_recovery_codes_make: str
    account_recovery_codes_replace: str
    account_recovery_codes_once: str
    account_recovery_codes_no_factor: str
    account_use_recovery_code: str
    account_recovery_title: str
    account_recovery_hint: str
    account_recovery_code: str
