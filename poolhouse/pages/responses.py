"""Make responses: pages from templates, with their policy, and JSON."""

import copy
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Final, Self

import jinja2
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from poolhouse.http.asgi import RECEIVED
from poolhouse.http.messages import LONGEST_HEADER, Headers, HttpRequest
from poolhouse.http.security_headers import GUARDS, NO_CONTENT, FormTarget, page_policy
from poolhouse.pages.assets import Assets
from poolhouse.pages.looks import BUILT_IN, Looks
from poolhouse.pages.own_templates import OwnTemplates
from poolhouse.pages.rendered_pages import RenderedPages
from poolhouse.services.page_changes import PageChanges

_HTML: Final = frozenset({"text/html", "application/xhtml+xml"})


def received(request: Request) -> HttpRequest:
    """Return the request as the listener has received it, with its id and its times."""
    found: HttpRequest = getattr(request.state, RECEIVED)
    return found


def accepts_html(request: Request) -> bool:
    """Return whether the client names HTML in Accept, as browsers do and SDKs don't."""
    accept = request.headers.get("accept", "")[:LONGEST_HEADER]
    for media_range in accept.split(","):
        kind, *parameters = (part.strip().lower() for part in media_range.split(";"))
        if kind in _HTML and not any(_is_refusal(parameter) for parameter in parameters):
            return True
    return False


def _is_refusal(parameter: str) -> bool:
    """Return whether a parameter is a quality of zero (RFC 9110 §12.4.2)."""
    name, _, value = parameter.partition("=")
    return name == "q" and value.strip("0.") == ""


def json_response(content: object, status: int = 200) -> Response:
    """Return JSON that no cache keeps and no other site reads."""
    response = Response(
        msgspec.json.encode(content), status_code=status, media_type="application/json"
    )
    return _with(response, [*GUARDS, NO_CONTENT])


class Pages:
    """Renders templates. Everything that they are given is escaped, unless a template says `safe`.

    Templates are in the folders `templates` of the packages. One that names a value which it
    isn't given raises an error.
    """

    def __init__(
        self, packages: Sequence[str], assets: Assets, new_nonce: Callable[[], str]
    ) -> None:
        self._new_nonce = new_nonce
        self._rendered = RenderedPages(new_nonce)
        environment = jinja2.Environment(
            loader=jinja2.ChoiceLoader([jinja2.PackageLoader(package) for package in packages]),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals["asset"] = assets.url
        self._environment: jinja2.Environment | OwnTemplates = environment

    def changed_by(self, changes: PageChanges) -> Self:
        """Return the same with the operator's own templates before ours, if there are any."""
        built_in = self._environment
        if changes.templates is None or not isinstance(built_in, jinja2.Environment):
            return self
        changed = copy.copy(self)
        changed._environment = OwnTemplates(
            built_in, changes.templates, reloads=changes.reloads_templates
        )
        return changed

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        scripts: Sequence[str] = (),
        forms: FormTarget = FormTarget.NOWHERE,
        language: str = "en",
        direction: str = "ltr",
        looks: Looks = BUILT_IN,
        **content: Any,
    ) -> Response:
        """Return a page; `scripts` names the assets that improve it, without which it works too."""
        nonce = self._new_nonce()
        html = self._environment.get_template(template).render(
            nonce=nonce,
            scripts=scripts,
            language=language,
            direction=direction,
            looks=looks,
            **content,
        )
        return _page(html, nonce, status, scripts=scripts, forms=forms, looks=looks)

    def cached_page(
        self,
        template: str,
        own: Mapping[str, str],
        *,
        scripts: Sequence[str] = (),
        forms: FormTarget = FormTarget.NOWHERE,
        looks: Looks = BUILT_IN,
        **content: Hashable,
    ) -> Response:
        """Return the same page, rendered once for each `content`.

        `own` are the values that the response has of its own. Templates may show them, and can't
        decide by them; so that an operator's own templates are rendered each time.
        """
        if isinstance(self._environment, OwnTemplates):
            given: dict[str, Any] = {**own, **content}
            return self.page(template, scripts=scripts, forms=forms, looks=looks, **given)
        nonce = self._new_nonce()
        scripts = tuple(scripts)

        def render(marks: Mapping[str, str]) -> str:
            found = self._environment.get_template(template)
            return found.render(**marks, **content, scripts=scripts, looks=looks)

        key = (template, scripts, looks, *content.items())
        rendered = self._rendered.find(key, ("nonce", *own), render)
        html = rendered.filled({"nonce": nonce, **own})
        return _page(html, nonce, 200, scripts=scripts, forms=forms, looks=looks)


def _page(
    html: str,
    nonce: str,
    status: int,
    *,
    scripts: Sequence[str],
    forms: FormTarget,
    looks: Looks,
) -> Response:
    response = Response(html, status_code=status, media_type="text/html")
    policy = page_policy(nonce, scripts=bool(scripts), forms=forms, images=looks.has_images)
    return _with(response, [*GUARDS, policy])


def _with(response: Response, headers: Headers) -> Response:
    response.raw_headers.extend(headers)
    return response
