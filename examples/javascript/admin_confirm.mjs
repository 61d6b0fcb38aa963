// Sign a user up, confirm the sign-up as an administrator, and look at the user.
// Runs against `poolhouse dev` as it stands: npm install, then node admin_confirm.mjs

import { randomUUID } from "node:crypto";

import {
  AdminConfirmSignUpCommand,
  AdminGetUserCommand,
  CognitoIdentityProviderClient,
  NotAuthorizedException,
  SignUpCommand,
} from "@aws-sdk/client-cognito-identity-provider";

const {
  AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: endpoint = "http://127.0.0.1:9229",
  USER_POOL_ID: poolId = "us-east-1_Poolhouse",
  CLIENT_ID: clientId = "poolhousedevclient00000000",
  // `poolhouse dev` takes any key; `poolhouse serve` and AWS want yours.
  AWS_ACCESS_KEY_ID: accessKeyId = "any",
  AWS_SECRET_ACCESS_KEY: secretAccessKey = "any",
} = process.env;
const username = `alice-${randomUUID().slice(0, 8)}`;

const cognito = new CognitoIdentityProviderClient({
  endpoint,
  region: poolId.split("_")[0],
  credentials: { accessKeyId, secretAccessKey },
});

await cognito.send(
  new SignUpCommand({
    ClientId: clientId,
    Username: username,
    Password: "Correct-horse-9",
    UserAttributes: [{ Name: "email", Value: `${username}@example.com` }],
  }),
);

// No code is needed. The pool's post-confirmation function receives ClientMetadata.
const confirm = () =>
  cognito.send(
    new AdminConfirmSignUpCommand({
      UserPoolId: poolId,
      Username: username,
      ClientMetadata: { invitedBy: "bob" },
    }),
  );
await confirm();

const refusal = await confirm().catch((error) => error);
if (!(refusal instanceof NotAuthorizedException)) {
  throw new Error("A second confirmation should have been refused.", { cause: refusal });
}
console.log("Once more:", refusal.message);

const user = await cognito.send(
  new AdminGetUserCommand({ UserPoolId: poolId, Username: username }),
);
console.log(`${username} is ${user.UserStatus}`);
