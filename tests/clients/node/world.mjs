// What the tests are told about the server, and pools for them.

import {
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
} from "@aws-sdk/client-cognito-identity-provider";

export const { ENDPOINT, REGION, FUNCTION_ARN, CODE } = process.env;
export const PASSWORD = "Correct-Horse-9!";
export const EMAIL = { Name: "email", Value: "alice@home.example" };

// The credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as the SDK finds them.
export const cognito = new CognitoIdentityProviderClient({ endpoint: ENDPOINT, region: REGION });

export async function newPool(name, settings = {}) {
  const { UserPool } = await cognito.send(
    new CreateUserPoolCommand({
      PoolName: name,
      AutoVerifiedAttributes: ["email"],
      LambdaConfig: { PostConfirmation: FUNCTION_ARN },
      ...settings,
    }),
  );
  return { pool: UserPool, clientId: (await newClient(UserPool.Id)).ClientId };
}

export async function newClient(poolId, settings = {}) {
  const { UserPoolClient } = await cognito.send(
    new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: "app", ...settings }),
  );
  return UserPoolClient;
}
