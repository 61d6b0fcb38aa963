#!/usr/bin/env bash
# Sign a user up, confirm the sign-up as an administrator, and look at the user.
# Runs against `poolhouse dev` as it stands, with the AWS CLI.
set -eu

USER_POOL_ID=${USER_POOL_ID:-us-east-1_Poolhouse}
CLIENT_ID=${CLIENT_ID:-poolhousedevclient00000000}
username=alice-$(date +%s)-$$

export AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=${AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER:-http://127.0.0.1:9229}
export AWS_DEFAULT_REGION=${USER_POOL_ID%%_*} AWS_PAGER=
# `poolhouse dev` takes any key; `poolhouse serve` and AWS want yours.
export AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID:-any}
export AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY:-any}

aws cognito-idp sign-up --client-id "$CLIENT_ID" \
  --username "$username" --password Correct-horse-9 \
  --user-attributes "Name=email,Value=$username@example.com"

# No code is needed. The pool's post-confirmation function receives the metadata.
aws cognito-idp admin-confirm-sign-up --user-pool-id "$USER_POOL_ID" \
  --username "$username" --client-metadata invitedBy=bob

if aws cognito-idp admin-confirm-sign-up --user-pool-id "$USER_POOL_ID" --username "$username"; then
  echo "A second confirmation should have been refused." >&2
  exit 1
fi

status=$(aws cognito-idp admin-get-user --user-pool-id "$USER_POOL_ID" \
  --username "$username" --query UserStatus --output text)
echo "$username is $status"
