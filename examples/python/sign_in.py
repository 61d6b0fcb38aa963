"""Sign a user in, verify the ID token, refresh the tokens, and sign out everywhere.

Runs against `poolhouse dev` as it stands: pip install boto3 'pyjwt[crypto]', then python sign_in.py
"""

import os
import uuid

import boto3
import jwt

endpoint = os.environ.get("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "http://127.0.0.1:9229")
pool_id = os.environ.get("USER_POOL_ID", "us-east-1_Poolhouse")
client_id = os.environ.get("CLIENT_ID", "poolhousedevclient00000000")
username = f"alice-{uuid.uuid4().hex[:8]}"
password = "Correct-horse-9"

cognito = boto3.client(
    "cognito-idp",
    endpoint_url=endpoint,
    region_name=pool_id.partition("_")[0],
    # `poolhouse dev` takes any key; `poolhouse serve` and AWS want yours.
    aws_access_key_id=os.environ.get("AWS_ACCESS_KEY_ID", "any"),
    aws_secret_access_key=os.environ.get("AWS_SECRET_ACCESS_KEY", "any"),
)

cognito.sign_up(
    ClientId=client_id,
    Username=username,
    Password=password,
    UserAttributes=[{"Name": "email", "Value": f"{username}@example.com"}],
)
cognito.admin_confirm_sign_up(UserPoolId=pool_id, Username=username)

tokens = cognito.initiate_auth(
    ClientId=client_id,
    AuthFlow="USER_PASSWORD_AUTH",
    AuthParameters={"USERNAME": username, "PASSWORD": password},
)["AuthenticationResult"]

# The ID token proves to your application who has signed in. The issuer is the pool's address, here
# as on AWS; its public keys are below it.
issuer = f"{endpoint}/{pool_id}"
keys = jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json")
claims = jwt.decode(
    tokens["IdToken"],
    keys.get_signing_key_from_jwt(tokens["IdToken"]).key,
    algorithms=["RS256"],
    audience=client_id,
    issuer=issuer,
)
print("The ID token says:", claims["cognito:username"], claims["email"])

# The access token lets its holder use the API.
user = cognito.get_user(AccessToken=tokens["AccessToken"])
print("The access token is", f"{user['Username']}'s")

# When it has expired, the refresh token gets another.
refreshed = cognito.initiate_auth(
    ClientId=client_id,
    AuthFlow="REFRESH_TOKEN_AUTH",
    AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
)["AuthenticationResult"]

cognito.global_sign_out(AccessToken=refreshed["AccessToken"])
try:
    cognito.get_user(AccessToken=tokens["AccessToken"])
except cognito.exceptions.NotAuthorizedException as refusal:
    print("Now:", refusal.response["Error"]["Message"])
else:
    raise SystemExit("The access token should have been refused.")
print(username, "is signed out")
