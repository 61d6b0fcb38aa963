"""Python Social Auth with its Cognito backend, which Django and Flask apps use.

It sends browsers to `/login` and not to the authorization endpoint (ev:domain-1.3).
"""

import warnings
from types import SimpleNamespace
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import pytest
from social_core.backends.cognito import CognitoOAuth2
from social_core.exceptions import AuthSessionError, SocialAuthBaseException
from social_core.storage import BaseStorage, NonceMixin
from support.page_browser import CALLBACK
from support.running_server import RunningServer
from support.signed_in_apps import EMAIL, App

with warnings.catch_warnings(
    action="ignore"
):  # that its OpenID library imports an old module's name
    from social_core.strategy import BaseStrategy

PIPELINE = [
    "social_core.pipeline.social_auth.social_details",
    "social_core.pipeline.social_auth.social_uid",
    "clients.test_social_auth.signed_in_user",
]


def signed_in_user(*_: object, **given: Any) -> dict[str, SimpleNamespace]:
    """Be the last step of the pipeline: the app's own user."""
    named = ("uid", "details", "response")
    return {"user": SimpleNamespace(**{name: given[name] for name in named})}


class Nonces(NonceMixin):
    """States that were sent and haven't come back, as the app's database keeps them."""

    open: ClassVar[set[tuple[str, int, str]]] = set()

    @classmethod
    def use(cls, server_url: str, timestamp: int, salt: str) -> bool:
        cls.open.add((server_url, timestamp, salt))
        return True

    @classmethod
    def consume(cls, server_url: str, timestamp: int, salt: str) -> bool:
        wanted = (server_url, timestamp, salt)
        if wanted not in cls.open:
            return False
        cls.open.remove(wanted)
        return True


class Storage(BaseStorage):
    nonce = Nonces


class Strategy(BaseStrategy[str]):
    """The part that Django or Flask plays: settings, one browser's session, and its request."""

    def __init__(self, app: App) -> None:
        super().__init__(Storage)
        self._settings = {
            "SOCIAL_AUTH_COGNITO_KEY": app.client_id,
            "SOCIAL_AUTH_COGNITO_SECRET": app.secret,
            "SOCIAL_AUTH_COGNITO_POOL_DOMAIN": app.url,
            "SOCIAL_AUTH_COGNITO_SCOPE": ["openid", "profile", "email"],
            "SOCIAL_AUTH_PIPELINE": PIPELINE,
        }
        self._session: dict[str, Any] = {}
        self.query: dict[str, str] = {}

    def get_setting(self, name: str) -> Any:
        return self._settings[name]

    def get_request_data(self, merge: bool = True) -> dict[str, Any]:
        return self.query

    def redirect(self, url: str) -> str:
        return url

    def build_absolute_uri(self, path: str | None = None) -> str:
        return path or CALLBACK

    def session_get(self, name: str, default: Any = None) -> Any:
        return self._session.get(name, default)

    def session_set(self, name: str, value: Any) -> None:
        self._session[name] = value

    def session_pop(self, name: str) -> Any:
        return self._session.pop(name, None)


class WebApp:
    """A web app, seen by one browser: each request has its own backend, as in the frameworks."""

    def __init__(self, app: App) -> None:
        self._strategy = Strategy(app)

    def begin(self) -> str:
        """Return the URL to which the app redirects the browser."""
        return str(self._backend().start())

    def end(self, returned: str) -> Any:
        """Return the user for the URL with which the browser comes back."""
        self._strategy.query = dict(parse_qsl(urlsplit(returned).query))
        return self._backend().complete()

    def refresh(self, token: str) -> dict[str, Any]:
        renewed: dict[str, Any] = self._backend().refresh_token(token)
        return renewed

    def _backend(self) -> Any:
        return CognitoOAuth2(self._strategy, redirect_uri=CALLBACK)


@pytest.fixture(scope="module")
def app(server: RunningServer) -> App:
    return App(server, {"GenerateSecret": True})


def test_social_auth_signs_in_from_the_login_page_and_refreshes(app: App) -> None:
    web = WebApp(app)
    url = web.begin()
    assert url.startswith(f"{app.url}/login?")
    user = web.end(app.returned(url))
    assert user.uid == app.sub()
    assert {name: user.details[name] for name in ("username", "email", "first_name")} == {
        "username": "alice",
        "email": EMAIL,
        "first_name": "Alice",
    }
    renewed = web.refresh(user.response["refresh_token"])
    assert renewed["access_token"] != user.response["access_token"]


def test_social_auth_refuses_another_state_and_a_used_one(app: App) -> None:
    web = WebApp(app)
    returned = app.returned(web.begin())
    with pytest.raises(AuthSessionError):
        web.end(returned.replace("state=", "state=x"))
    assert web.end(returned).uid == app.sub()
    with pytest.raises(AuthSessionError):
        web.end(returned)


def test_social_auth_reports_the_error_of_a_code(app: App) -> None:
    web = WebApp(app)
    returned = app.returned(web.begin())
    with pytest.raises(SocialAuthBaseException, match="code was rejected"):
        web.end(returned.replace("code=", "code=x"))
    with pytest.raises(SocialAuthBaseException, match="authenticate with the provider again"):
        web.refresh("unknown")
