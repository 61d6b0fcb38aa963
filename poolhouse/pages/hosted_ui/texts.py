"""The texts of a domain's pages, by language. One file of `languages/` has those of each."""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from poolhouse.errors.auth import WeakNewPassword, WeakPassword
from poolhouse.pages.hosted_ui.account_texts import AccountTexts
from poolhouse.wire.errors import ServiceError

DEFAULT: Final = "en"
RIGHT_TO_LEFT: Final = frozenset({"ar", "he"})
LANGUAGES: Final = {
    "ar": "العربية",
    "de": "Deutsch",
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "he": "עברית",
    "id": "Bahasa Indonesia",
    "it": "Italiano",
    "ja": "日本語",
    "ko": "한국어",
    "pt-BR": "Português (Brasil)",
    "zh-CN": "简体中文",
    "zh-TW": "繁體中文",
}
"""The languages of the service's pages (ev:oauth-9), Arabic and Hebrew; each by its own name."""


class Texts(AccountTexts, frozen=True, kw_only=True, forbid_unknown_fields=True, eq=False):
    """All texts of the pages in one language. Holes in braces are filled with `str.format`.

    There is one object of each language, so that it is hashed by its identity.
    """

    code_of_language: str
    direction: str

    # Every page
    page_title: str
    error_title: str
    error_summary: str
    app_line: str
    field_required: str
    field_malformed: str
    step_expired: str
    something_failed: str
    go_on: str
    next: str
    back: str
    optional: str
    language: str

    # Names of users, by what the pool lets them sign in with
    username: str
    email: str
    phone_number: str
    email_or_phone: str
    username_or_email: str
    username_or_phone: str
    username_or_contact: str
    email_example: str
    phone_example: str
    phone_hint: str

    # Passwords
    password: str
    show_password: str
    hide_password: str
    new_password: str
    new_password_again: str
    passwords_differ: str
    password_lower: str
    password_upper: str
    password_number: str
    password_symbol: str
    password_length: str
    rule_kept: str
    rule_open: str

    # Sign in
    sign_in: str
    sign_in_title: str
    forgot_password: str
    need_account: str
    sign_up: str
    sign_in_as: str
    other_account: str
    signing_in_as: str
    not_you: str

    # Choice of a first factor
    choose_factor_title: str
    factor_password: str
    factor_email: str
    factor_sms: str
    factor_passkey: str
    other_way: str
    use_passkey: str
    passkey_title: str
    passkey_hint: str
    passkey_failed: str
    passkey_unsupported: str

    # Add a passkey, where an app sends its user
    add_passkey_hint: str
    add_passkey_unsupported: str
    add_passkey_off: str
    add_passkey_full: str
    not_now: str

    # Codes
    code: str
    verification_code: str
    code_title: str
    code_sent_email: str
    code_sent_sms: str
    code_sent: str
    code_sent_anywhere: str
    no_code: str
    resend_code: str
    code_resent: str

    # Second factor
    totp_title: str
    totp_code: str
    mfa_choice_title: str
    mfa_choice_hint: str
    mfa_sms: str
    mfa_email: str
    mfa_totp: str
    remember_device: str
    mfa_setup_title: str
    mfa_setup_hint: str
    totp_setup_title: str
    totp_setup_scan: str
    totp_setup_key: str
    totp_setup_code: str
    qr_label: str
    setup_email_hint: str
    setup_sms_hint: str

    # The first sign-in of a user whom an administrator has made
    change_password_title: str
    change_password_hint: str
    change_password: str

    # Sign up
    sign_up_title: str
    have_account: str
    password_may_be_empty: str
    contact_hint: str
    terms_line: str
    terms_of_use: str
    privacy_policy: str
    sign_up_closed_title: str
    sign_up_closed: str

    # Confirm an account
    confirm_title: str
    confirm_account: str
    confirm_hint: str
    link_title: str
    link_sent_email: str
    no_link: str
    link_resent: str
    waiting_title: str
    waiting: str

    # The page of the link in a mail
    confirmed_title: str
    confirmed: str
    confirmed_before_title: str
    confirmed_before: str
    link_useless_title: str
    link_useless: str
    link_expired_title: str
    link_expired: str
    link_taken_title: str
    link_taken: str
    link_refused_title: str
    link_refused: str
    link_unfinished_title: str
    link_unfinished: str
    link_limit_title: str
    link_limit: str
    link_busy_title: str
    link_busy: str
    link_failed: str

    # Reset a password
    forgot_title: str
    forgot_hint: str
    reset_my_password: str
    reset_title: str
    reset_hint: str

    # Signed out, where the app names no place to go
    sign_out_question: str
    signed_out_title: str
    signed_out: str

    # Connect a device, by the code that it shows
    device_title: str
    device_hint: str
    device_code: str
    device_code_unknown: str
    device_code_limit: str
    device_question_title: str
    device_question: str
    device_compare: str
    device_from: str
    device_warning: str
    device_allow: str
    device_deny: str
    device_allowed_title: str
    device_allowed: str
    device_denied_title: str
    device_denied: str

    # Errors that are shown to the user, because no app may get them
    redirect_mismatch_title: str
    redirect_mismatch: str
    oauth_not_enabled_title: str
    oauth_not_enabled: str
    bad_link_title: str
    bad_link: str
    failed_title: str
    failed: str

    attributes: dict[str, str]
    """Labels of the standard attributes."""
    errors: dict[str, str] = msgspec.field(default_factory=dict)
    """Sentences by the name of the error's class. None in English: the service's own are."""
    password_rules: dict[str, str] = msgspec.field(default_factory=dict)
    """What a password lacks, by the service's sentence."""

    def attribute(self, name: str) -> str:
        """Return the label of a user's attribute; of a custom one, its own name."""
        return self.attributes.get(name) or name.removeprefix("custom:")

    def sentence(self, error: ServiceError) -> str:
        """Return the service's sentence for a refusal, translated if it is one of its own."""
        own = self.errors.get(type(error).__name__)
        if own is None:
            return error.text
        if isinstance(error, WeakPassword | WeakNewPassword):
            return self._password_sentence(error, own)
        return _refilled(type(error).message, own, error.text)

    def _password_sentence(self, error: ServiceError, own: str) -> str:
        rule = _holes(type(error).message, error.text).get("rule", "")
        return own.format(rule=self.password_rules.get(rule, rule))


@cache
def texts_for(language: str) -> Texts:
    """Return the texts of a language of `LANGUAGES`."""
    if language not in LANGUAGES:
        raise LookupError(f"no texts in {language!r}")
    file = files("poolhouse.pages.hosted_ui") / "languages" / f"{language}.toml"
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    found = tomllib.loads(file.read_text(encoding="utf-8"))
    return msgspec.convert(
        {**found, "code_of_language": language, "direction": direction}, type=Texts
    )


def _refilled(message: str, own: str, text: str) -> str:
    """Return a translation with what fills the holes of the service's sentence."""
    return own.format_map(_holes(message, text))


def _holes(message: str, text: str) -> dict[str, str]:
    """Return what fills the holes of a sentence in a text that was made of it."""
    pattern = "".join(
        f"(?P<{part[1:-1]}>.*)" if part.startswith("{") else re.escape(part)
        for part in re.split(r"(\{\w+\})", message)
    )
    found = re.fullmatch(pattern, text, re.DOTALL)
    return found.groupdict() if found else {}
