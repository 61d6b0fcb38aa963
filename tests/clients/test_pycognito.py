"""pycognito, which most Python scripts sign in with: by SRP, and with an authenticator app."""

from datetime import UTC, datetime
from typing import Any

import jwt
import pyotp
import pytest
from pycognito import Cognito
from pycognito.exceptions import SoftwareTokenMFAChallengeException
from support.client_servers import ServedPool
from support.refusals import refused
from support.running_server import ROOT_KEY, RunningServer

PASSWORD = "Correct-Horse-9!"
OTHER_PASSWORD = "Battery-Staple-7!"


@pytest.fixture
def alice(server: RunningServer, cognito: Any, pool: ServedPool) -> Cognito:
    """A user who signed up and was confirmed by an administrator."""
    user = Cognito(
        pool.id,
        pool.client_id,
        username="alice",
        access_key=ROOT_KEY[0],
        secret_key=ROOT_KEY[1],
        boto3_client_kwargs={"endpoint_url": server.url},
    )
    user.set_base_attributes(email="alice@example.com")
    user.register("alice", PASSWORD)
    user.admin_confirm_sign_up()
    return user


def test_pycognito_srp_sign_in_refresh_and_sign_out(alice: Cognito) -> None:
    alice.authenticate(PASSWORD)  # verifies both tokens by the key set and the issuer
    assert alice.id_claims["cognito:username"] == "alice"
    assert alice.get_user().email_verified is False
    before = alice.access_token
    alice.renew_access_token()
    assert alice.access_token != before
    alice.client.global_sign_out(AccessToken=alice.access_token)
    with refused("NotAuthorizedException", "Access Token has been revoked"):
        alice.get_user()
    with refused("NotAuthorizedException", "Refresh Token has been revoked"):
        alice.renew_access_token()


def test_pycognito_wrong_password_is_refused(alice: Cognito) -> None:
    with refused("NotAuthorizedException", "Incorrect username or password."):
        alice.authenticate(OTHER_PASSWORD)


def test_pycognito_change_password_succeeds(alice: Cognito) -> None:
    alice.authenticate(PASSWORD)
    alice.change_password(PASSWORD, OTHER_PASSWORD)
    alice.authenticate(OTHER_PASSWORD)


def test_pycognito_temporary_password_is_replaced(
    alice: Cognito, cognito: Any, pool: ServedPool
) -> None:
    cognito.admin_set_user_password(
        UserPoolId=pool.id, Username="alice", Password=PASSWORD, Permanent=False
    )
    alice.new_password_challenge(PASSWORD, OTHER_PASSWORD)
    alice.authenticate(OTHER_PASSWORD)


def test_pycognito_software_token_is_the_second_factor(
    alice: Cognito, cognito: Any, pool: ServedPool
) -> None:
    cognito.set_user_pool_mfa_config(
        UserPoolId=pool.id,
        SoftwareTokenMfaConfiguration={"Enabled": True},
        MfaConfiguration="OPTIONAL",
    )
    alice.authenticate(PASSWORD)
    app = pyotp.TOTP(alice.associate_software_token())
    assert alice.verify_software_token(app.now(), "phone")
    alice.set_user_mfa_preference(False, True, preferred="SOFTWARE_TOKEN")
    with pytest.raises(SoftwareTokenMFAChallengeException) as caught:
        alice.authenticate(PASSWORD)
    # The code of this half minute is spent; the next one is taken already.
    following = app.at(datetime.now(UTC), counter_offset=1)
    alice.respond_to_software_token_mfa_challenge(following, caught.value.get_tokens())
    assert alice.get_user().username == "alice"


def test_pyjwt_verifies_the_tokens_by_the_key_set(
    alice: Cognito, server: RunningServer, pool: ServedPool
) -> None:
    alice.authenticate(PASSWORD)
    issuer = f"{server.url}/{pool.id}"
    keys = jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json")
    said = jwt.decode(
        alice.id_token,
        keys.get_signing_key_from_jwt(alice.id_token).key,
        algorithms=["RS256"],
        audience=pool.client_id,
        issuer=issuer,
    )
    assert said["token_use"] == "id"
    said = jwt.decode(
        alice.access_token,
        keys.get_signing_key_from_jwt(alice.access_token).key,
        algorithms=["RS256"],
        issuer=issuer,
    )
    assert said["client_id"] == pool.client_id
