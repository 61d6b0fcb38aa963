"""Sign a user up, confirm the sign-up as an administrator, and look at the user.

Runs against `poolhouse dev` as it stands: pip install boto3, then python admin_confirm.py
"""

import os
import uuid

import boto3

pool_id = os.environ.get("USER_POOL_ID", "us-east-1_Poolhouse")
client_id = os.environ.get("CLIENT_ID", "poolhousedevclient00000000")
username = f"alice-{uuid.uuid4().hex[:8]}"

cognito = boto3.client(
    "cognito-idp",
    endpoint_url=os.environ.get(
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "http://127.0.0.1:9229"
    ),
    region_name=pool_id.partition("_")[0],
    # `poolhouse dev` takes any key; `poolhouse serve` and AWS want yours.
    aws_access_key_id=os.environ.get("AWS_ACCESS_KEY_ID", "any"),
    aws_secret_access_key=os.environ.get("AWS_SECRET_ACCESS_KEY", "any"),
)

cognito.sign_up(
    ClientId=client_id,
    Username=username,
    Password="Correct-horse-9",
    UserAttributes=[{"Name": "email", "Value": f"{username}@example.com"}],
)

# No code is needed. The pool's post-confirmation function receives ClientMetadata.
confirmation = {
    "UserPoolId": pool_id,
    "Username": username,
    "ClientMetadata": {"invitedBy": "bob"},
}
cognito.admin_confirm_sign_up(**confirmation)

try:
    cognito.admin_confirm_sign_up(**confirmation)
except cognito.exceptions.NotAuthorizedException as refusal:
    print("Once more:", refusal.response["Error"]["Message"])
else:
    raise SystemExit("A second confirmation should have been refused.")

user = cognito.admin_get_user(UserPoolId=pool_id, Username=username)
print(username, "is", user["UserStatus"])
