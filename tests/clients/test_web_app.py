"""The examples of web apps in Chromium: their users sign in at the pages of the pool's domain."""

import base64
import contextlib
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from cli.programs import Printed, Server, cognito
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate
from support.chromium import Page, chromium
from support.programs import NODE_CLIENTS, node_clients

from poolhouse.bootstrap.dev_domain import OAUTH

ROOT: Final = Path(__file__).parents[2]
WITH_LIBRARY: Final = ROOT / "examples" / "web-app"
WITH_AMPLIFY: Final = ROOT / "examples" / "web-app-amplify"
POOL: Final = "us-east-1_Poolhouse"
CLIENT: Final = "poolhousedevclient00000000"
CODE: Final = "123456"
PASSWORD: Final = "Correct-horse-9"

_SHOWN: Final = """new Promise(resolve => {
  const user = document.querySelector('#user')
  const look = () => user.textContent === '…' || resolve(user.textContent)
  new MutationObserver(look).observe(user, { childList: true })
  look()
})"""
"""What the app shows of its user, once it knows."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("dev"), "dev", "--code", CODE) as server:
        yield server


@pytest.fixture(scope="module")
def secure(server: Server) -> str:
    """The host and port of HTTPS, as browsers name them."""
    port = urlsplit(server.printed.until(r"HTTPS +(https://\S+),")[1]).port
    return f"localhost:{port}"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, server: Server, secure: str) -> Iterator[Page]:
    """A browser that trusts the key of the server's certificate, and no other without a reason."""
    authority = server.printed.until(r"NODE_EXTRA_CA_CERTS=(\S+)")[1]
    trusted = _key_of(secure, authority)
    flag = f"--ignore-certificate-errors-spki-list={trusted}"
    with chromium(tmp_path_factory.mktemp("browser"), flag) as page:
        yield page


def _key_of(host: str, authority: str) -> str:
    """Return the digest of a server's public key, after its certificate has been verified."""
    name, _, port = host.partition(":")
    context = ssl.create_default_context(cafile=authority)
    with (
        socket.create_connection(("127.0.0.1", int(port))) as connection,
        context.wrap_socket(connection, server_hostname=name) as secured,
    ):
        der = secured.getpeercert(binary_form=True)
    assert der is not None
    key = load_der_x509_certificate(der).public_key()
    encoded = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(encoded).digest()).decode()


def _copy(example: Path, folder: Path, addresses: dict[str, str]) -> Path:
    """Return a copy of an example with its packages, which knows this server's addresses."""
    app = shutil.copytree(
        example, folder / example.name, ignore=shutil.ignore_patterns("node_modules")
    )
    (app / "node_modules").symlink_to(node_clients() / "node_modules")
    source = (app / "app.js").read_text()
    for written, ours in addresses.items():
        assert written in source
        source = source.replace(written, ours)
    (app / "app.js").write_text(source)
    return app


@contextlib.contextmanager
def _served(server: Server, folder: Path, *command: str) -> Iterator[str]:
    """The address of an app that a command serves, one of the app client's URLs."""
    programs = (NODE_CLIENTS / "node_modules" / ".bin", Path(sys.executable).parent)
    path = os.pathsep.join([*map(str, programs), os.environ["PATH"]])
    with subprocess.Popen(
        command,
        cwd=folder,
        env={"PATH": path, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.PIPE,  # esbuild ends with its input
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        printed = Printed(process.stdout)
        try:
            port = printed.until(r"http://\S+:(\d+)/")[1]
            url = f"http://localhost:{port}/"
            _register(server, url)
            yield url
        finally:
            # The command may have started another process.
            os.killpg(process.pid, signal.SIGKILL)
            printed.to_the_end()


def _register(server: Server, url: str) -> None:
    api = cognito(server.url)
    client = api.describe_user_pool_client(UserPoolId=POOL, ClientId=CLIENT)["UserPoolClient"]
    not_settings = {"CreationDate", "LastModifiedDate", "ClientSecret"}
    kept = {name: value for name, value in client.items() if name not in not_settings}
    api.update_user_pool_client(**{**kept, "CallbackURLs": [url], "LogoutURLs": [url]})


def test_web_apps_in_the_readme_are_the_examples() -> None:
    """What the readme shows of them is in them, and its callback URL is one of the app client's."""
    readme = (ROOT / "README.md").read_text()
    shown = re.findall(r"^```js\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    for example, part in zip((WITH_LIBRARY, WITH_AMPLIFY), shown, strict=True):
        assert part in (example / "app.js").read_text()
        assert f"(examples/{example.name})" in readme
    [opened] = re.findall(
        r"^Open (http://localhost:\S+) and sign in as alice", readme, re.MULTILINE
    )
    assert opened in OAUTH["CallbackURLs"]
    assert opened in OAUTH["LogoutURLs"]
    named = re.search(r"callback URLs of the ports ([\d,\s]+and\s+\d+)", readme)
    assert named is not None
    ports = {urlsplit(url).port for url in OAUTH["CallbackURLs"]}
    assert set(map(int, re.findall(r"\d+", named[1]))) == ports


@pytest.mark.parametrize("example", [WITH_LIBRARY, WITH_AMPLIFY], ids=lambda path: path.name)
def test_web_app_example_has_the_packages_of_the_tests(example: Path) -> None:
    wanted, tested = (
        json.loads((folder / "package.json").read_text()) for folder in (example, NODE_CLIENTS)
    )
    packages = {**wanted["dependencies"], **wanted.get("devDependencies", {})}
    assert packages.items() <= tested["devDependencies"].items()


def test_web_app_example_signs_in_and_out_in_chromium(
    server: Server, page: Page, tmp_path: Path
) -> None:
    api = cognito(server.url)
    api.sign_up(
        ClientId=CLIENT,
        Username="alice",
        Password=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": "alice@example.com"}],
    )
    api.admin_confirm_sign_up(UserPoolId=POOL, Username="alice")
    folder = _copy(WITH_LIBRARY, tmp_path, {"http://127.0.0.1:9229": server.url})
    with _served(server, folder, "python", "-m", "http.server", "0", "-b", "127.0.0.1") as app:
        page.open(app)
        assert page.evaluate(_SHOWN) == "Not signed in"
        _sign_in(page, f"{server.url}/domains/poolhouse/login?")
        assert page.evaluate(_SHOWN) == "Signed in as alice@example.com"
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
        _sign_in(page, f"{server.url}/domains/poolhouse/login?")
        assert page.evaluate(_SHOWN) == "Signed in as alice@example.com"


def test_web_app_example_with_amplify_signs_up_in_and_out_in_chromium(
    server: Server, secure: str, page: Page, tmp_path: Path
) -> None:
    """As `npm start` serves it, on another port."""
    folder = _copy(WITH_AMPLIFY, tmp_path, {"localhost:9230": secure})
    start = json.loads((folder / "package.json").read_text())["scripts"]["start"]
    login = f"https://{secure}/domains/poolhouse/login?"
    with _served(server, folder, *shlex.split(start.replace(":3000", ":0"))) as app:
        page.open(app)
        assert page.evaluate(_SHOWN) == "Not signed in"
        page.press("#sign-in")
        assert page.evaluate("location.href").startswith(login)
        page.press("a[href*='/signup?']")
        _fill_in(page, username="bob", **{"requiredAttributes[email]": "bob@example.com"})
        _fill_in(page, password=PASSWORD)
        page.press("[name=signUpButton]")
        _fill_in(page, code=CODE)
        page.press("[name=confirm]")
        assert page.evaluate(_SHOWN) == "Signed in as bob@example.com"
        assert page.evaluate("location.href") == app
        page.press("#sign-out")
        assert page.evaluate(_SHOWN) == "Not signed in"
        assert page.evaluate("location.href") == app
        # Neither Amplify nor the browser has a session any more.
        _sign_in(page, login, "bob")
        assert page.evaluate(_SHOWN) == "Signed in as bob@example.com"


def _sign_in(page: Page, login: str, username: str = "alice") -> None:
    page.press("#sign-in")
    assert page.evaluate("location.href").startswith(login)
    _fill_in(page, username=username, password=PASSWORD)
    page.press("[name=signInSubmitButton]")


def _fill_in(page: Page, **typed: Any) -> None:
    for name, value in typed.items():
        field = f"document.querySelector({json.dumps(f'[name={json.dumps(name)}]')})"
        page.evaluate(f"{field}.value = {json.dumps(value)}")
