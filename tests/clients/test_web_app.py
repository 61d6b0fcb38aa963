"""The example of a web app, with oidc-client-ts in Chromium, signs in at the domain's pages."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
import pytest
from support.chromium import Page, chromium
from support.client_servers import ServerCommand, StartServer
from support.programs import NODE_CLIENTS, node_clients

from poolhouse.bootstrap.dev_domain import OAUTH

APP: Final = Path(__file__).parents[2] / "examples" / "web-app"
POOL: Final = "us-east-1_Poolhouse"
CLIENT: Final = "poolhousedevclient00000000"
PASSWORD: Final = "Correct-horse-9"
WRITTEN: Final = "http://127.0.0.1:9229"
"""The server's address as the example names it."""
TYPES: Final = {".html": "text/html", ".js": "text/javascript"}

_SHOWN: Final = """new Promise(resolve => {
  const user = document.querySelector('#user')
  const look = () => user.textContent === '…' || resolve(user.textContent)
  new MutationObserver(look).observe(user, { childList: true })
  look()
})"""
"""What the app shows of its user, once it knows."""


@pytest.fixture
def server(poolhouse: StartServer, tmp_path: Path) -> Iterator[ServerCommand]:
    with poolhouse("dev", tmp_path / "data") as server:
        yield server


@pytest.fixture
def cognito(server: ServerCommand) -> Any:
    return boto3.client(
        "cognito-idp",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )


@pytest.fixture
def app(server: ServerCommand, cognito: Any) -> Iterator[str]:
    """The app's address, one of the app client's callback and logout URLs."""
    libraries = node_clients()

    class Files(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0].lstrip("/") or "index.html"
            folder = libraries if path.startswith("node_modules/") else APP
            content = (folder / path).read_bytes()
            if folder is APP:
                content = content.replace(WRITTEN.encode(), server.url.encode())
            self.send_response(200)
            self.send_header("Content-Type", TYPES[Path(path).suffix])
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Drop the output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as files:
        thread = threading.Thread(target=files.serve_forever)
        thread.start()
        url = f"http://localhost:{files.server_port}/"
        ready_made = cognito.describe_user_pool_client(UserPoolId=POOL, ClientId=CLIENT)
        of_client = ready_made["UserPoolClient"]
        kept = {
            name: value
            for name, value in of_client.items()
            if name not in {"CreationDate", "LastModifiedDate", "ClientSecret"}
        }
        cognito.update_user_pool_client(**{**kept, "CallbackURLs": [url], "LogoutURLs": [url]})
        yield url
        files.shutdown()
        thread.join()


def test_web_app_in_the_readme_is_the_example() -> None:
    """What the readme shows of it is in it, and its callback URL is one of the app client's."""
    readme = (APP.parents[1] / "README.md").read_text()
    [shown] = re.findall(r"^```js\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    assert shown in (APP / "app.js").read_text()
    [opened] = re.findall(
        r"^Open (http://localhost:\S+) and sign in as alice", readme, re.MULTILINE
    )
    assert opened in OAUTH["CallbackURLs"]
    assert opened in OAUTH["LogoutURLs"]
    named = re.search(r"callback URLs of the ports ([\d,\s]+and\s+\d+)", readme)
    assert named is not None
    ports = {urlsplit(url).port for url in OAUTH["CallbackURLs"]}
    assert set(map(int, re.findall(r"\d+", named[1]))) == ports
    example, tested = (
        json.loads((folder / "package.json").read_text()) for folder in (APP, NODE_CLIENTS)
    )
    assert example["dependencies"].items() <= tested["devDependencies"].items()


def test_web_app_example_signs_in_and_out_in_chromium(
    server: ServerCommand, cognito: Any, app: str, tmp_path: Path
) -> None:
    cognito.sign_up(
        ClientId=CLIENT,
        Username="alice",
        Password=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": "alice@example.com"}],
    )
    cognito.admin_confirm_sign_up(UserPoolId=POOL, Username="alice")
    with chromium(tmp_path) as page:
        page.open(app)
        assert page.evaluate(_SHOWN) == "Not signed in"
        _sign_in(page, server)
        assert page.evaluate("location.href") == app
        # The browser session outlasts the app's own: it takes no password, and no page.
        page.evaluate("sessionStorage.clear()")
        page.open(app)
        assert page.evaluate(_SHOWN) == "Not signed in"
        page.press("#sign-in")
        assert page.evaluate(_SHOWN) == "Signed in as alice@example.com"
        page.press("#sign-out")
        assert page.evaluate(_SHOWN) == "Not signed in"
        assert page.evaluate("location.href") == app
        # The session has ended: the next sign-in asks for the password again.
        _sign_in(page, server)


def _sign_in(page: Page, server: ServerCommand) -> None:
    page.press("#sign-in")
    assert page.evaluate("location.href").startswith(f"{server.url}/domains/poolhouse/login?")
    page.evaluate("document.querySelector('[name=username]').value = 'alice'")
    page.evaluate(f"document.querySelector('[name=password]').value = '{PASSWORD}'")
    page.press("[name=signInSubmitButton]")
    assert page.evaluate(_SHOWN) == "Signed in as alice@example.com"
