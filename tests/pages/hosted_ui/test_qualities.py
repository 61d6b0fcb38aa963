"""The fifteen qualities of a page (ev:domain-4.3): the tests that check each."""

import re
from pathlib import Path
from typing import Final

import pytest

TESTS: Final = Path(__file__).resolve().parent.parent.parent
EVIDENCE: Final = TESTS.parent / "docs" / "evidence" / "domain.md"
PAGES: Final = "pages/hosted_ui/"

QUALITIES: Final[dict[int, tuple[str, ...]]] = {
    1: (
        "test_sign_in_challenges.py::test_authenticator_app_is_set_up_by_its_qr_code",
        "test_sign_up.py::test_sign_up_with_code_returns_to_the_app_with_its_state",
        "test_password_reset.py::test_reset_by_code_signs_in_with_the_new_password_and_the_state",
        "test_sign_in_passkeys.py::test_passkey_that_cannot_be_used_leaves_another_way",
    ),
    2: (
        "test_sign_in.py::test_sign_in_page_has_the_names_that_tests_of_apps_look_for",
        "test_sign_up.py::test_sign_up_page_has_the_names_of_the_service",
        "test_password_reset.py::test_reset_page_has_the_names_of_the_service",
    ),
    3: (
        "test_sign_in_passkeys.py::test_passkey_in_the_field_for_the_name_signs_in",
        "test_sign_in_passkeys.py::"
        "test_passkey_in_the_field_for_the_name_gives_way_to_one_that_is_asked_for",
        "test_sign_in_passkeys.py::"
        "test_passkey_in_the_field_for_the_name_is_silent_where_browsers_have_none",
        "test_passkey_autofill.py::test_passkey_that_names_its_user_signs_in_once",
    ),
    4: (
        "test_sign_in_accessibility.py::test_sign_in_page_has_no_violation_and_fits",
        "test_sign_up_accessibility.py::test_page_has_no_violation_and_fits",
        "test_pages_in_chromium.py::test_chooser_has_no_violation_and_fits",
        "test_pages_in_chromium.py::test_page_at_four_times_its_size_fits",
        "test_sign_up_accessibility.py::"
        "test_refused_form_has_the_focus_at_its_errors_and_links_to_fields",
    ),
    5: (
        "test_sign_up.py::test_sign_up_with_a_mistake_keeps_what_was_typed_and_names_the_field",
        "test_password_reset.py::test_mistake_names_the_field_and_keeps_no_password",
        "test_sign_in.py::test_sign_in_wrong_password_shows_the_form_with_the_name",
        "test_error.py::test_error_page_names_the_app_and_has_its_looks",
    ),
    6: (
        "test_sign_up.py::test_pages_are_whole_in_every_language",
        "test_sign_up.py::test_lang_parameter_is_kept_and_sets_the_direction",
        "test_sign_up.py::test_browser_language_chooses_the_texts",
        "test_language_choice.py::"
        "test_menu_shows_the_page_in_another_language_with_the_state_of_the_app",
    ),
    7: (
        "test_sign_in_accessibility.py::test_sign_in_page_has_no_violation_and_fits",
        "test_pages_in_chromium.py::test_field_is_large_enough_to_touch_and_not_to_zoom",
    ),
    8: (
        "test_looks_in_chromium.py::test_default_palette_with_every_part_is_accessible",
        "test_pages_in_chromium.py::test_page_in_forced_colours_shows_its_parts",
    ),
    9: (
        "test_sign_in.py::test_sign_in_first_view_is_small_and_asks_no_other_host",
        "test_sign_up_accessibility.py::test_first_view_is_small_and_of_this_server_alone",
    ),
    11: (
        "test_chooser.py::test_account_chosen_by_another_sites_form_leads_back",
        "test_beyond_the_service.py::test_logout_that_names_no_way_asks_the_user_first",
        "test_sign_in.py::test_sign_in_form_without_its_token_shows_the_page_again",
        "test_sign_up.py::test_form_of_another_site_does_nothing",
    ),
    12: (
        "test_sign_in.py::test_sign_in_in_two_tabs_works_in_both",
        "test_sign_up.py::test_two_tabs_confirm_each_their_own_user",
        "test_sign_up.py::test_form_that_is_sent_twice_goes_on_to_sign_in_with_the_state",
        "test_password_reset.py::test_two_tabs_reset_each_their_own_user",
        "test_password_reset.py::test_form_that_is_sent_twice_stays_on_the_page",
        "test_interrupted_flows.py::"
        "test_confirm_after_back_button_leads_to_sign_in_with_the_request",
        "test_interrupted_flows.py::test_resend_in_one_tab_makes_the_code_of_the_other_old",
        "test_interrupted_flows.py::test_forgotten_in_two_tabs_of_one_user_keeps_each_request",
        "test_interrupted_flows.py::test_reset_with_expired_code_goes_on_with_the_next_code",
        "test_sign_in_steps.py::test_step_sent_twice_returns_to_the_app_by_the_session",
    ),
    13: (
        "test_unknown_users.py::test_unknown_user_costs_a_page_the_same_reads_and_gets_the_same",
        "test_password_reset.py::test_unknown_user_gets_the_same_pages_as_a_known_one",
        "test_sign_in_challenges.py::"
        "test_unknown_name_gets_the_choice_and_the_code_page_of_a_known_one",
    ),
    14: (
        "test_chooser.py::test_login_with_session_offers_the_account",
        "test_sign_in_challenges.py::test_choice_of_a_second_factor_is_titled_as_a_choice",
        "test_pages_in_chromium.py::test_page_names_the_app",
    ),
}
POLICY: Final = ("pages/test_responses.py", "pages/hosted_ui/test_chooser.py")
"""Of quality 10: the headers of every page are made in one place."""
NOT_BUILT: Final = {15: "no identity provider yet"}
"""Qualities that pages don't have yet, and why."""


def test_quality_of_the_evidence_has_tests_or_is_not_built() -> None:
    _, _, section = EVIDENCE.read_text().partition("### 4.3 ")
    numbers = {int(found) for found in re.findall(r"^\| (\d+) \|", section, re.MULTILINE)}
    assert numbers >= set(range(1, 16))
    assert QUALITIES.keys() | {10} | NOT_BUILT.keys() == set(range(1, 16))
    assert not QUALITIES.keys() & NOT_BUILT.keys()


@pytest.mark.parametrize("number", sorted(QUALITIES))
def test_quality_names_tests_that_are_there(number: int) -> None:
    for named in QUALITIES[number]:
        file, _, test = named.partition("::")
        assert f"def {test}(" in (TESTS / PAGES / file).read_text(), named


def test_quality_of_policies_is_checked_where_pages_are_made() -> None:
    for file in POLICY:
        assert "content-security-policy" in (TESTS / file).read_text(), file
