// Sign a user in, verify the ID token, refresh the tokens, and sign out everywhere.
// Runs against `poolhouse dev` as it stands: npm install, then node sign_in.mjs

import { randomUUID } from "node:crypto";

import {
  AdminConfirmSignUpCommand,
  CognitoIdentityProviderClient,
  GetUserCommand,
  GlobalSignOutCommand,
  InitiateAuthCommand,
  NotAuthorizedException,
  SignUpCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { JwtVerifier } from "aws-jwt-verify";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";

const {
  AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: endpoint = "http://127.0.0.1:9229",
  USER_POOL_ID: poolId = "us-east-1_Poolhouse",
  CLIENT_ID: clientId = "poolhousedevclient00000000",
  // `poolhouse dev` takes any key; `poolhouse serve` and AWS want yours.
  AWS_ACCESS_KEY_ID: accessKeyId = "any",
  AWS_SECRET_ACCESS_KEY: secretAccessKey = "any",
} = process.env;
const username = `alice-${randomUUID().slice(0, 8)}`;
const password = "Correct-horse-9";

const cognito = new CognitoIdentityProviderClient({
  endpoint,
  region: poolId.split("_")[0],
  credentials: { accessKeyId, secretAccessKey },
});

await cognito.send(
  new SignUpCommand({
    ClientId: clientId,
    Username: username,
    Password: password,
    UserAttributes: [{ Name: "email", Value: `${username}@example.com` }],
  }),
);
await cognito.send(new AdminConfirmSignUpCommand({ UserPoolId: poolId, Username: username }));

const { AuthenticationResult: tokens } = await cognito.send(
  new InitiateAuthCommand({
    ClientId: clientId,
    AuthFlow: "USER_PASSWORD_AUTH",
    AuthParameters: { USERNAME: username, PASSWORD: password },
  }),
);

// The ID token proves to your application who has signed in. The issuer is the pool's address, here
// as on AWS; its public keys are below it. By itself aws-jwt-verify fetches keys by https only,
// which a server for development doesn't speak.
const issuer = `${endpoint}/${poolId}`;
const fetcher = { fetch: async (uri) => (await fetch(uri)).arrayBuffer() };
const verifier = JwtVerifier.create(
  { issuer, audience: clientId, jwksUri: `${issuer}/.well-known/jwks.json` },
  { jwksCache: new SimpleJwksCache({ fetcher }) },
);
const claims = await verifier.verify(tokens.IdToken);
console.log("The ID token says:", claims["cognito:username"], claims.email);

// The access token lets its holder use the API.
const whose = (token) => cognito.send(new GetUserCommand({ AccessToken: token }));
console.log(`The access token is ${(await whose(tokens.AccessToken)).Username}'s`);

// When it has expired, the refresh token gets another.
const { AuthenticationResult: refreshed } = await cognito.send(
  new InitiateAuthCommand({
    ClientId: clientId,
    AuthFlow: "REFRESH_TOKEN_AUTH",
    AuthParameters: { REFRESH_TOKEN: tokens.RefreshToken },
  }),
);

await cognito.send(new GlobalSignOutCommand({ AccessToken: refreshed.AccessToken }));
const refusal = await whose(tokens.AccessToken).catch((error) => error);
if (!(refusal instanceof NotAuthorizedException)) {
  throw new Error("The access token should have been refused.", { cause: refusal });
}
console.log("Now:", refusal.message);
console.log(`${username} is signed out`);
