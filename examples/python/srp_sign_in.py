"""Sign a user in by SRP: the password never leaves this program.

Runs against `poolhouse dev` as it stands: pip install pycognito, then python srp_sign_in.py
"""

import os
import uuid

from pycognito import Cognito

endpoint = os.environ.get("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "http://127.0.0.1:9229")
pool_id = os.environ.get("USER_POOL_ID", "us-east-1_Poolhouse")
client_id = os.environ.get("CLIENT_ID", "poolhousedevclient00000000")
username = f"alice-{uuid.uuid4().hex[:8]}"
password = "Correct-horse-9"

alice = Cognito(
    pool_id,
    client_id,
    username=username,
    # `poolhouse dev` takes any key; `poolhouse serve` and AWS want yours.
    access_key=os.environ.get("AWS_ACCESS_KEY_ID", "any"),
    secret_key=os.environ.get("AWS_SECRET_ACCESS_KEY", "any"),
    boto3_client_kwargs={"endpoint_url": endpoint},
)
alice.set_base_attributes(email=f"{username}@example.com")
alice.register(username, password)
alice.admin_confirm_sign_up()

try:
    alice.authenticate("Wrong-horse-9")
except alice.client.exceptions.NotAuthorizedException as refusal:
    print("A wrong password:", refusal.response["Error"]["Message"])
else:
    raise SystemExit("A wrong password should have been refused.")

# Two requests: one to exchange public numbers, one to prove the password. Then pycognito verifies
# both tokens by the pool's keys.
alice.authenticate(password)
print("The ID token says:", alice.id_claims["cognito:username"], alice.id_claims["email"])

alice.renew_access_token()
alice.client.global_sign_out(AccessToken=alice.access_token)
try:
    alice.get_user()
except alice.client.exceptions.NotAuthorizedException as refusal:
    print("Now:", refusal.response["Error"]["Message"])
else:
    raise SystemExit("The access token should have been refused.")
print(username, "is signed out")
