"""The catalogues of texts: complete, with the same holes, and of the refusals that there are."""

import string
from importlib.resources import files

import msgspec
import pytest

from poolhouse.entities.pools import PasswordPolicy
from poolhouse.errors import auth, mfa, protocol, users
from poolhouse.errors.auth import IncorrectPassword, WeakPassword
from poolhouse.errors.protocol import Internal
from poolhouse.errors.triggers import TriggerRefused
from poolhouse.errors.users import UsernameTaken
from poolhouse.pages.hosted_ui.texts import LANGUAGES, texts_for
from poolhouse.rules.auth.password_policy import broken_rule

TRANSLATED = sorted(LANGUAGES.keys() - {"en"})
TABLES = ("attributes", "errors", "password_rules")
ERRORS = {
    name: kind for module in (auth, mfa, protocol, users) for name, kind in vars(module).items()
}
POLICY = PasswordPolicy(
    minimum_length=8,
    require_uppercase=True,
    require_lowercase=True,
    require_numbers=True,
    require_symbols=True,
    temporary_days=7,
)


def texts_of(language: str) -> dict[str, str]:
    plain = msgspec.structs.asdict(texts_for(language))
    return {name: text for name, text in plain.items() if name not in TABLES}


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_languages_are_those_with_a_file() -> None:
    folder = files("poolhouse.pages.hosted_ui") / "languages"
    assert {each.name.removesuffix(".toml") for each in folder.iterdir()} == LANGUAGES.keys()


@pytest.mark.parametrize("language", TRANSLATED)
def test_catalogue_has_every_text_with_its_holes(language: str) -> None:
    own, english = texts_of(language), texts_of("en")
    assert [name for name, text in own.items() if not text.strip()] == []
    assert {n: holes(t) for n, t in own.items()} == {n: holes(t) for n, t in english.items()}


@pytest.mark.parametrize("language", TRANSLATED)
def test_catalogue_translates_the_same_tables(language: str) -> None:
    own, german = texts_for(language), texts_for("de")
    assert own.attributes.keys() == texts_for("en").attributes.keys()
    assert own.errors.keys() == german.errors.keys()
    assert own.password_rules.keys() == german.password_rules.keys()


@pytest.mark.parametrize("language", TRANSLATED)
def test_catalogue_is_not_in_english(language: str) -> None:
    """Loan words and names are the same; sentences aren't."""
    english = {name: text for name, text in texts_of("en").items() if text.count(" ") > 2}
    own = texts_of(language)
    assert [name for name, text in english.items() if own[name] == text] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_translated_refusal_exists_and_has_no_hole_of_its_own(language: str) -> None:
    for name, text in texts_for(language).errors.items():
        assert holes(text) <= holes(ERRORS[name].message), name


@pytest.mark.parametrize("language", ["ar", "he"])
def test_right_to_left_language_has_that_direction(language: str) -> None:
    assert texts_for(language).direction == "rtl"


def test_sentence_in_english_is_the_service_s_own() -> None:
    assert texts_for("en").sentence(UsernameTaken()) == "User already exists"


def test_sentence_in_another_language_is_translated() -> None:
    texts = texts_for("de")
    assert texts.sentence(IncorrectPassword()) == "Benutzername oder Passwort ist falsch."
    assert texts.sentence(Internal()).startswith("Es ist etwas schiefgegangen.")


@pytest.mark.parametrize(
    "password", ["short", "no-uppercase1", "NO-LOWERCASE1", "No-number", "NoSymbol1"]
)
def test_sentence_about_a_password_says_what_is_missing(password: str) -> None:
    rule = broken_rule(POLICY, password)
    assert rule is not None
    sentence = texts_for("ja").sentence(WeakPassword(rule=rule))
    assert sentence.startswith("パスワードが条件を満たしていません: ")
    assert rule not in sentence


def test_refusal_of_a_function_is_not_translated() -> None:
    refused = TriggerRefused(trigger="PreSignUp", error="nur {eingeladene}")
    assert texts_for("de").sentence(refused) == "PreSignUp failed with error nur {eingeladene}."


def test_unknown_language_has_no_texts() -> None:
    with pytest.raises(LookupError):
        texts_for("../en")
