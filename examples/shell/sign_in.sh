#!/usr/bin/env bash
# Sign a user in, use the access token, refresh it, and sign out everywhere.
# Runs against `poolhouse dev` as it stands, with the AWS CLI.
set -eu

USER_POOL_ID=${USER_POOL_ID:-us-east-1_Poolhouse}
CLIENT_ID=${CLIENT_ID:-poolhousedevclient00000000}
username=alice-$(date +%s)-$$
password=Correct-horse-9

export AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=${AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER:-http://127.0.0.1:9229}
export AWS_DEFAULT_REGION=${USER_POOL_ID%%_*} AWS_PAGER=
# `poolhouse dev` takes any key; `poolhouse serve` and AWS want yours.
export AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID:-any}
export AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY:-any}

aws cognito-idp sign-up --client-id "$CLIENT_ID" \
  --username "$username" --password "$password" \
  --user-attributes "Name=email,Value=$username@example.com"
aws cognito-idp admin-confirm-sign-up --user-pool-id "$USER_POOL_ID" --username "$username"

# An access token and a refresh token, separated by a tab.
tokens=$(aws cognito-idp initiate-auth --client-id "$CLIENT_ID" \
  --auth-flow USER_PASSWORD_AUTH \
  --auth-parameters "USERNAME=$username,PASSWORD=$password" \
  --query 'AuthenticationResult.[AccessToken, RefreshToken]' --output text)
read -r access_token refresh_token <<<"$tokens"

name=$(aws cognito-idp get-user --access-token "$access_token" --query Username --output text)
echo "The access token is $name's"

# When it has expired, the refresh token gets another.
refreshed=$(aws cognito-idp initiate-auth --client-id "$CLIENT_ID" \
  --auth-flow REFRESH_TOKEN_AUTH --auth-parameters "REFRESH_TOKEN=$refresh_token" \
  --query AuthenticationResult.AccessToken --output text)

aws cognito-idp global-sign-out --access-token "$refreshed"
if aws cognito-idp get-user --access-token "$access_token"; then
  echo "The access token should have been refused." >&2
  exit 1
fi
echo "$username is signed out"
