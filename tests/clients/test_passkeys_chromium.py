"""A passkey made and used by a real browser: Chromium, with its virtual authenticator."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from support.chromium import Page, chromium

PASSWORD = "Correct-Horse-9!"
PAGE = b"""<!doctype html>
<title>Passkeys</title>
<script>
  async function register(options) {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
    return (await navigator.credentials.create({ publicKey })).toJSON()
  }
  async function signIn(options) {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options)
    return (await navigator.credentials.get({ publicKey })).toJSON()
  }
</script>
"""


class _Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None:
        """Drop the output."""


@pytest.fixture
def site() -> Iterator[str]:
    """The page's address on localhost, where browsers allow passkeys without HTTPS."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture
def browser(tmp_path: Path, site: str) -> Iterator[Page]:
    """The page, in a browser whose authenticator is always touched by its user."""
    with chromium(tmp_path) as page:
        page.open(site)
        page.call("Emulation.setFocusEmulationEnabled", enabled=True)
        page.call("WebAuthn.enable")
        page.call(
            "WebAuthn.addVirtualAuthenticator",
            options={
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            },
        )
        yield page


@pytest.fixture
def client_id(cognito: Any) -> str:
    """An app client of a pool with alice, who has a password.

    The relying party isn't configured: of a server on a loopback address it is localhost.
    """
    factors = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}
    pool = cognito.create_user_pool(PoolName="passkeys", Policies=factors)["UserPool"]["Id"]
    cognito.set_user_pool_mfa_config(
        UserPoolId=pool,
        MfaConfiguration="OFF",
        WebAuthnConfiguration={"UserVerification": "required"},
    )
    made = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="app", ExplicitAuthFlows=["ALLOW_USER_AUTH"]
    )
    client_id: str = made["UserPoolClient"]["ClientId"]
    cognito.sign_up(ClientId=client_id, Username="alice", Password=PASSWORD)
    cognito.admin_confirm_sign_up(UserPoolId=pool, Username="alice")
    return client_id


def started(cognito: Any, client_id: str, **given: str) -> Any:
    return cognito.initiate_auth(
        ClientId=client_id, AuthFlow="USER_AUTH", AuthParameters={"USERNAME": "alice", **given}
    )


def test_chromium_registers_a_passkey_and_signs_in_with_it(
    cognito: Any, client_id: str, browser: Page
) -> None:
    by_password = started(cognito, client_id, PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD)
    token = by_password["AuthenticationResult"]["AccessToken"]
    begun = cognito.start_web_authn_registration(AccessToken=token)
    options = json.dumps(begun["CredentialCreationOptions"])
    cognito.complete_web_authn_registration(
        AccessToken=token, Credential=browser.evaluate(f"register({options})")
    )
    (passkey,) = cognito.list_web_authn_credentials(AccessToken=token)["Credentials"]
    assert passkey["AuthenticatorAttachment"] == "platform"
    assert passkey["AuthenticatorTransports"] == ["internal"]
    for _ in range(2):  # the second time the authenticator has counted on
        asked = started(cognito, client_id, PREFERRED_CHALLENGE="WEB_AUTHN")
        options = asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]
        signed = browser.evaluate(f"signIn({options})")
        result = cognito.respond_to_auth_challenge(
            ClientId=client_id,
            ChallengeName="WEB_AUTHN",
            Session=asked["Session"],
            ChallengeResponses={"USERNAME": "alice", "CREDENTIAL": json.dumps(signed)},
        )["AuthenticationResult"]
        assert cognito.get_user(AccessToken=result["AccessToken"])["Username"] == "alice"
    assert signed["id"] == passkey["CredentialId"]
