// aws-jwt-verify, AWS's own verifier of tokens, and the AWS SDK's sign-in.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  AdminConfirmSignUpCommand,
  InitiateAuthCommand,
  SignUpCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { JwtVerifier } from "aws-jwt-verify";
import { JwtInvalidSignatureError } from "aws-jwt-verify/error";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";

import { EMAIL, ENDPOINT, PASSWORD, cognito, newClient, newPool } from "./world.mjs";

// It fetches key sets by https only; a development server has none.
class PlainFetcher {
  async fetch(uri) {
    const answer = await fetch(uri);
    return answer.arrayBuffer();
  }
}

async function tokens(name) {
  const { pool } = await newPool(name);
  const client = await newClient(pool.Id, {
    ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
  });
  await cognito.send(
    new SignUpCommand({
      ClientId: client.ClientId,
      Username: "alice",
      Password: PASSWORD,
      UserAttributes: [EMAIL],
    }),
  );
  await cognito.send(new AdminConfirmSignUpCommand({ UserPoolId: pool.Id, Username: "alice" }));
  const { AuthenticationResult } = await cognito.send(
    new InitiateAuthCommand({
      ClientId: client.ClientId,
      AuthFlow: "USER_PASSWORD_AUTH",
      AuthParameters: { USERNAME: "alice", PASSWORD },
    }),
  );
  return { pool, client, ...AuthenticationResult };
}

const verifierOf = (pool, audience) =>
  JwtVerifier.create(
    {
      issuer: `${ENDPOINT}/${pool.Id}`,
      audience,
      jwksUri: `${ENDPOINT}/${pool.Id}/.well-known/jwks.json`,
    },
    { jwksCache: new SimpleJwksCache({ fetcher: new PlainFetcher() }) },
  );

test("aws-jwt-verify accepts both tokens of a sign-in", async () => {
  const { pool, client, IdToken, AccessToken } = await tokens("verified");
  const identity = await verifierOf(pool, client.ClientId).verify(IdToken);
  assert.equal(identity["cognito:username"], "alice");
  assert.equal(identity.token_use, "id");
  const access = await verifierOf(pool, null).verify(AccessToken);
  assert.equal(access.client_id, client.ClientId);
  assert.equal(access.token_use, "access");
});

test("aws-jwt-verify refuses a token that was changed", async () => {
  const { pool, AccessToken } = await tokens("forged");
  const [header, claims, signature] = AccessToken.split(".");
  const said = JSON.parse(Buffer.from(claims, "base64url"));
  said["cognito:groups"] = ["administrators"];
  const forged = Buffer.from(JSON.stringify(said)).toString("base64url");
  await assert.rejects(
    verifierOf(pool, null).verify(`${header}.${forged}.${signature}`),
    JwtInvalidSignatureError,
  );
});
