"""An operator's own templates of pages, and the built-in ones behind them."""

import os
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest
from support.captured_logs import capture_logs
from support.domain_pools import OAUTH, DomainPool
from support.running_server import RunningServer, running
from support.served_pools import PoolForTest

from poolhouse.bootstrap.settings import load
from poolhouse.config.settings import BadSettings
from poolhouse.pages.hosted_ui.texts import texts_for
from poolhouse.pages.own_templates import OwnTemplates

TEMPLATES = {
    "sign_in.html": """{% extends "hosted_page.html" %}{% block content %}
      <form method="post" action="{{ root }}/login?{{ query }}">
      <input name="_csrf" value="{{ csrf }}"><em>{{ app }}</em> {% include "help.html" %}
      </form>{% endblock %}""",
    "help.html": "HELP",
    "message.html": "{{ no_such_value }}",
    "layout.html": """<!doctype html><html lang="{{ language }}"><title>OWN</title>
      {% block body %}{% endblock %}</html>""",
}


@pytest.fixture(scope="module")
def domain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DomainPool]:
    folder = tmp_path_factory.mktemp("data")
    templates = folder / "templates"
    templates.mkdir()
    for name, text in TEMPLATES.items():
        (templates / name).write_text(text)
    with running(folder, page_templates=templates) as server:
        made = DomainPool(server, PoolForTest(server.client(), {**OAUTH}))
        made.pool.cognito.update_user_pool_client(
            UserPoolId=made.pool.id, ClientId=made.client_id, ClientName="A + B", **OAUTH
        )
        yield made


def test_own_template_replaces_ours_with_what_it_includes_and_extends(domain: DomainPool) -> None:
    page = domain.browser().get(f"{domain.root}/login", **domain.asked())
    assert page.status == 200
    assert "<title>OWN</title>" in page.text
    assert "<em>A + B</em> HELP" in page.text
    policy = page.header("content-security-policy") or ""
    assert policy.startswith("default-src 'none'; style-src 'nonce-")


def test_built_in_template_has_the_own_layout(domain: DomainPool) -> None:
    page = domain.browser().get(f"{domain.root}/forgotPassword", **domain.asked())
    assert "<title>OWN</title>" in page.text
    assert texts_for("en").forgot_hint in page.text


def test_own_template_that_fails_leaves_the_built_in_page(domain: DomainPool) -> None:
    page = domain.browser().get(f"{domain.root}/error", error="x")
    assert page.status == 400
    assert texts_for("en").failed_title in page.text
    assert "<title>OWN</title>" not in page.text


def test_pages_of_the_server_itself_have_no_own_template(server: RunningServer) -> None:
    page = DomainPool(server, PoolForTest(server.client(), OAUTH)).browser().get("/confirmUser")
    assert "OWN" not in page.text


def made(folder: Path, text: str, *, reloads: bool = False) -> OwnTemplates:
    (folder / "page.html").write_text(text)
    loader = jinja2.DictLoader({"page.html": "BUILT IN", "other.html": "OTHER"})
    return OwnTemplates(jinja2.Environment(loader=loader), folder, reloads=reloads)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{% if %}", "TemplateSyntaxError"),
        ("\n{{ missing }}", "UndefinedError"),
        ('{{ "x".__class__.__mro__ }}', "SecurityError"),
        ('{{ "{0.__class__}".format(name) }}', "SecurityError"),
        ('{% include "../secret.html" %}', "TemplateNotFound"),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
        ("{% for n in range(10 ** 9) %}{% endfor %}", "OverflowError"),
        ('{% include "page.html" %}', "RecursionError"),
    ],
)
def test_own_template_that_fails_is_logged_once_without_values(
    tmp_path: Path, text: str, error: str
) -> None:
    (tmp_path.parent / "secret.html").write_text("SECRET")
    templates = made(tmp_path, text)
    with capture_logs() as logs:
        for _ in range(3):
            assert templates.get_template("page.html").render(name="pa55word") == "BUILT IN"
    (line,) = logs
    assert (line["log_level"], line["error"]) == ("error", error)
    assert "pa55word" not in str(line)


def test_own_template_escapes_and_finds_built_in_ones(tmp_path: Path) -> None:
    templates = made(tmp_path, '{{ name }}{% include "other.html" %}')
    page = templates.get_template("page.html").render(name="<script>")
    assert page == "&lt;script&gt;OTHER"
    assert templates.get_template("other.html").render() == "OTHER"


@pytest.mark.parametrize("reloads", [True, False])
def test_own_template_is_read_again_in_dev_mode_only(tmp_path: Path, *, reloads: bool) -> None:
    templates = made(tmp_path, "1", reloads=reloads)
    assert templates.get_template("page.html").render() == "1"
    made(tmp_path, "22")
    later = (tmp_path / "page.html").stat().st_mtime + 10
    os.utime(tmp_path / "page.html", (later, later))
    assert templates.get_template("page.html").render() == ("22" if reloads else "1")


def test_folder_of_own_templates_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="`page_templates` must be a folder, but --page-templ"):
        load("serve", {"page_templates": str(tmp_path / "no")}, {})
