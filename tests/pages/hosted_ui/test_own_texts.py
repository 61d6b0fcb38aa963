"""An operator's own texts of pages: checked at the start, and shown by language and by pool."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from support.domain_pools import OAUTH, DomainPool
from support.page_browser import Browser, Page
from support.running_server import RunningServer, running
from support.served_pools import PoolForTest

from poolhouse.bootstrap.page_changes import page_changes
from poolhouse.bootstrap.settings import load
from poolhouse.config.settings import BadSettings, Settings
from poolhouse.pages.hosted_ui import own_texts
from poolhouse.pages.hosted_ui.texts import texts_for
from poolhouse.services.page_changes import PageChanges

OWN = """
[en]
sign_in_title = "Welcome <b>back</b>"
app_line = "for {app}"
[en.attributes]
email = "Work email"
"custom:team" = "Team"

[nl]
name_of_language = "Nederlands"
sign_in_title = "Inloggen bij uw account"

[fa]
direction = "rtl"

[pools.us-east-1_Abcdefghi.en]
sign_in_title = "Staff only"
[pools.us-east-1_Abcdefghi.en.attributes]
name = "Your name"
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("data")
    (folder / "texts.toml").write_text(OWN)
    with running(folder, page_texts=folder / "texts.toml") as made:
        yield made


@pytest.fixture(scope="module")
def domain(server: RunningServer) -> DomainPool:
    return DomainPool(server, PoolForTest(server.client(), OAUTH))


def login(domain: DomainPool, language: str | None = None, **headers: str) -> Page:
    browser = Browser(domain.server.port)
    query = urlencode(domain.asked(lang=language))
    return browser.send(
        "GET",
        f"{domain.root}/login?{query}",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def changes(text: str) -> PageChanges:
    document = tomllib.loads(text)
    assert list(own_texts.mistakes(document)) == []
    pools = document.pop("pools", {})
    return PageChanges(texts=document, texts_of_pools=pools)


def test_own_text_replaces_the_built_in_one_and_is_escaped(domain: DomainPool) -> None:
    page = login(domain)
    assert "Welcome &lt;b&gt;back&lt;/b&gt;" in page.text
    assert "for <strong><bdi>app</bdi></strong>" in page.text
    assert texts_for("en").forgot_password in page.text
    assert ">Nederlands</button>" in page.text, "the menu of languages has the added one"


def test_own_language_is_chosen_by_parameter_and_by_the_browser(domain: DomainPool) -> None:
    by_parameter = login(domain, "nl-BE")
    by_browser = login(domain, Accept_Language="xx, nl;q=0.5, de;q=0.1")
    for page in (by_parameter, by_browser):
        assert '<html lang="nl" dir="ltr">' in page.text
        assert "Inloggen bij uw account" in page.text
        assert texts_for("en").forgot_password in page.text, "what it lacks is in English"
    assert by_parameter.set_cookies["lang"].value == "nl"


def test_own_language_may_run_from_right_to_left(domain: DomainPool) -> None:
    assert '<html lang="fa" dir="rtl">' in login(domain, "fa").text


def test_own_language_is_that_of_error_pages_too(domain: DomainPool) -> None:
    page = domain.browser().get(f"{domain.root}/error", error="x", lang="nl")
    assert '<html lang="nl"' in page.text


def test_texts_of_a_pool_are_its_own_beside_those_of_the_server() -> None:
    made = changes(OWN)
    own = own_texts.catalogue_of(made, "us-east-1_Abcdefghi").texts("en")
    other = own_texts.catalogue_of(made, "us-east-1_Other").texts("en")
    assert (own.sign_in_title, own.app_line) == ("Staff only", "for {app}")
    assert own.attributes["name"] == "Your name"
    assert own.attributes["email"] == other.attributes["email"] == "Work email"
    assert own.attribute("custom:team") == "Team"
    assert other.sign_in_title == "Welcome <b>back</b>"
    assert own_texts.catalogue_of(made, None).texts("de") is texts_for("de")


def test_catalogue_without_own_texts_is_the_built_in_one() -> None:
    assert own_texts.catalogue_of(PageChanges(), "us-east-1_Abcdefghi") is own_texts.BUILT_IN


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ('[en]\nsign_in_titel = "x"', "`en.sign_in_titel` is no text of the pages"),
        ("[en]\nsign_in = 3", "`en.sign_in` must be a text"),
        ('[en]\nsign_in = " "', "`en.sign_in` must be a text"),
        ('[en]\nsign_in = "{name}"', "`en.sign_in` has {name}, but its holes are: none"),
        ('[en]\napp_line = "{ap}"', "`en.app_line` has {ap}, but its holes are: {app}"),
        (
            '[en]\napp_line = "{app.__class__}"',
            "`en.app_line` has {app.__class__}, but its holes are: {app}",
        ),
        ('[en]\napp_line = "{0}"', "`en.app_line` has {0}, but its holes are: {app}"),
        (
            '[en]\napp_line = "{app!r}"',
            "`en.app_line` has a brace that belongs to no hole; write {{ or }} for one",
        ),
        (
            '[en]\napp_line = "{app"',
            "`en.app_line` has a brace that belongs to no hole; write {{ or }} for one",
        ),
        ('[en.errors]\nNoSuch = "x"', "`en.errors.NoSuch` is no text of the pages"),
        ('[en.attributes]\nx = "x"', "`en.attributes.x` is no text of the pages"),
        ('[en]\nattributes = "x"', "`en.attributes` must be a table of texts"),
        ('[en]\ndirection = "up"', "`en.direction` must be ltr or rtl"),
        ('[en]\ncode_of_language = "x"', "`en.code_of_language` is no text of the pages"),
        ('[english]\nsign_in = "x"', "`english` must be a table by the tag of a language"),
        ('[pt-br]\nsign_in = "x"', "`pt-br` must be written pt-BR"),
        ('sign_in = "x"', "`sign_in` must be a table by the tag of a language"),
        ('pools = "x"', "`pools` must be a table of pools"),
        ('[pools.x.en]\nsign_in = "x"', "`pools.x` must be a table by the id of a pool"),
        ('[pools.a_B1.en]\nx = "x"', "`pools.a_B1.en.x` is no text of the pages"),
    ],
)
def test_own_text_with_a_mistake_is_refused_by_its_name(
    tmp_path: Path, text: str, mistake: str
) -> None:
    file = tmp_path / "texts.toml"
    file.write_text(text)
    with pytest.raises(BadSettings) as raised:
        load("serve", {"page_texts": str(file)}, {})
    with pytest.raises(BadSettings):
        page_changes(Settings(page_texts=file))
    (sentence,) = raised.value.mistakes
    assert sentence.startswith(f"`page_texts`: in {file} {mistake}")


@pytest.mark.parametrize(
    ("text", "mistake"),
    [(None, "can't be read: No such file or directory."), ("[en", "is not TOML: ")],
)
def test_file_of_own_texts_that_cannot_be_read_is_refused(
    tmp_path: Path, text: str | None, mistake: str
) -> None:
    file = tmp_path / "texts.toml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(BadSettings) as raised:
        load("serve", {"page_texts": str(file)}, {})
    assert raised.value.mistakes[0].startswith(f"`page_texts`: {file} {mistake}")
