// The AWS SDK for JavaScript, version 3: its error classes, its paginators, its own middleware.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";

import {
  AdminConfirmSignUpCommand,
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminGetUserCommand,
  CognitoIdentityProviderClient,
  CognitoIdentityProviderServiceException,
  ConfirmSignUpCommand,
  DeleteUserPoolClientCommand,
  DeleteUserPoolCommand,
  DescribeUserPoolClientCommand,
  DescribeUserPoolCommand,
  NotAuthorizedException,
  ResourceNotFoundException,
  SignUpCommand,
  UserNotFoundException,
  paginateListUsers,
} from "@aws-sdk/client-cognito-identity-provider";
import { FetchHttpHandler } from "@smithy/fetch-http-handler";

import { CODE, EMAIL, ENDPOINT, PASSWORD, REGION, cognito, newClient, newPool } from "./world.mjs";

const signUp = (ClientId, Username = "alice") =>
  new SignUpCommand({ ClientId, Username, Password: PASSWORD, UserAttributes: [EMAIL] });

const as = (pool, Username = "alice", more = {}) => ({ UserPoolId: pool.Id, Username, ...more });

test("SDK sign-up is confirmed by an administrator", async () => {
  const { pool, clientId } = await newPool("pool of the JavaScript SDK");
  const signedUp = await cognito.send(signUp(clientId));
  assert.equal(signedUp.UserConfirmed, false);
  assert.equal(signedUp.CodeDeliveryDetails.Destination, "a***@h***");
  const confirmed = await cognito.send(
    new AdminConfirmSignUpCommand(as(pool, "alice", { ClientMetadata: { ticket: "4711" } })),
  );
  assert.equal(confirmed.$metadata.httpStatusCode, 200);
  assert.equal(confirmed.$metadata.attempts, 1);
  const user = await cognito.send(new AdminGetUserCommand(as(pool)));
  assert.equal(user.UserStatus, "CONFIRMED");
  assert.ok(user.UserCreateDate instanceof Date);
  const sub = user.UserAttributes.find(({ Name }) => Name === "sub");
  assert.equal(sub.Value, signedUp.UserSub);
});

test("SDK second confirmation is a NotAuthorizedException", async () => {
  const { pool, clientId } = await newPool("twice");
  await cognito.send(signUp(clientId));
  await cognito.send(new AdminConfirmSignUpCommand(as(pool)));
  await assert.rejects(cognito.send(new AdminConfirmSignUpCommand(as(pool))), (error) => {
    assert.ok(error instanceof NotAuthorizedException);
    assert.ok(error instanceof CognitoIdentityProviderServiceException);
    assert.equal(error.name, "NotAuthorizedException");
    assert.equal(error.message, "User cannot be confirmed. Current status is CONFIRMED");
    assert.equal(error.$fault, "client");
    assert.equal(error.$metadata.httpStatusCode, 400);
    return true;
  });
});

test("SDK error has the class and request id of the headers", async () => {
  const { pool } = await newPool("headers");
  await assert.rejects(cognito.send(new AdminGetUserCommand(as(pool, "nobody"))), (error) => {
    assert.ok(error instanceof UserNotFoundException);
    assert.equal(error.message, "User does not exist.");
    const { headers } = error.$response;
    assert.equal(headers["x-amzn-errortype"], "UserNotFoundException:");
    assert.equal(headers["x-amzn-requestid"], error.$metadata.requestId);
    return true;
  });
});

test("SDK unknown key is refused by AWS's code and sentence", async () => {
  const stranger = new CognitoIdentityProviderClient({
    endpoint: ENDPOINT,
    region: REGION,
    credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "not one of ours" },
  });
  const { pool } = await newPool("strangers");
  await assert.rejects(stranger.send(new AdminConfirmSignUpCommand(as(pool))), {
    name: "UnrecognizedClientException",
    message: "The security token included in the request is invalid.",
  });
});

test("SDK without credentials signs up and confirms by code", async () => {
  const { pool, clientId } = await newPool("anybody");
  const refuse = async () => {
    throw new Error("asked for credentials");
  };
  const anybody = new CognitoIdentityProviderClient({
    endpoint: ENDPOINT,
    region: REGION,
    credentials: refuse,
  });
  await anybody.send(signUp(clientId));
  const code = { ClientId: clientId, Username: "alice" };
  await assert.rejects(
    anybody.send(new ConfirmSignUpCommand({ ...code, ConfirmationCode: "999999" })),
    { name: "CodeMismatchException" },
  );
  await anybody.send(new ConfirmSignUpCommand({ ...code, ConfirmationCode: CODE }));
  assert.equal((await cognito.send(new AdminGetUserCommand(as(pool)))).UserStatus, "CONFIRMED");
  await assert.rejects(anybody.send(new AdminGetUserCommand(as(pool))), /asked for credentials/);
});

test("SDK over fetch, as in browsers, reports the same errors", async () => {
  const { pool, clientId } = await newPool("fetch");
  const browser = new CognitoIdentityProviderClient({
    endpoint: ENDPOINT,
    region: REGION,
    requestHandler: new FetchHttpHandler(),
  });
  await browser.send(signUp(clientId));
  await browser.send(new AdminConfirmSignUpCommand(as(pool)));
  await assert.rejects(browser.send(new AdminConfirmSignUpCommand(as(pool))), {
    name: "NotAuthorizedException",
    message: "User cannot be confirmed. Current status is CONFIRMED",
  });
});

test("SDK paginator returns each user once", async () => {
  const { pool, clientId } = await newPool("pages");
  const names = [0, 1, 2, 3, 4].map((number) => `user${number}`);
  for (const name of names) await cognito.send(signUp(clientId, name));
  const sizes = [];
  const shown = [];
  const byTwo = { client: cognito, pageSize: 2 };
  for await (const page of paginateListUsers(byTwo, { UserPoolId: pool.Id })) {
    sizes.push(page.Users.length);
    shown.push(...page.Users.map((user) => user.Username));
  }
  assert.deepEqual(sizes, [2, 2, 1]);
  assert.deepEqual(shown.sort(), names);
});

test("SDK client with a secret requires its hash", async () => {
  const { pool } = await newPool("secret");
  const { ClientId, ClientSecret } = await newClient(pool.Id, { GenerateSecret: true });
  const request = { ClientId, Username: "alice", Password: PASSWORD };
  await assert.rejects(cognito.send(new SignUpCommand(request)), {
    name: "NotAuthorizedException",
    message: `Client ${ClientId} is configured with secret but SECRET_HASH was not received`,
  });
  const SecretHash = createHmac("sha256", ClientSecret).update(`alice${ClientId}`).digest("base64");
  const signedUp = await cognito.send(new SignUpCommand({ ...request, SecretHash }));
  assert.equal(signedUp.UserConfirmed, false);
});

test("SDK user created by an administrator must change the password", async () => {
  const { pool } = await newPool("made by an administrator");
  const { User } = await cognito.send(
    new AdminCreateUserCommand(as(pool, "carol", { MessageAction: "SUPPRESS" })),
  );
  assert.equal(User.UserStatus, "FORCE_CHANGE_PASSWORD");
  await assert.rejects(cognito.send(new AdminConfirmSignUpCommand(as(pool, "carol"))), {
    message: "User cannot be confirmed. Current status is FORCE_CHANGE_PASSWORD",
  });
});

test("SDK pool is created with tags", async () => {
  const UserPoolTags = { team: "identity", stage: "test" };
  const { pool } = await newPool("tags", { UserPoolTags });
  assert.deepEqual(pool.UserPoolTags, UserPoolTags);
});

test("SDK deleted user, client and pool are not found", async () => {
  const { pool, clientId } = await newPool("deleted");
  const UserPoolId = pool.Id;
  const client = { UserPoolId, ClientId: clientId };
  await cognito.send(signUp(clientId));
  await cognito.send(new AdminDeleteUserCommand(as(pool)));
  await assert.rejects(cognito.send(new AdminGetUserCommand(as(pool))), UserNotFoundException);
  await cognito.send(new DeleteUserPoolClientCommand(client));
  await assert.rejects(
    cognito.send(new DescribeUserPoolClientCommand(client)),
    ResourceNotFoundException,
  );
  await cognito.send(new DeleteUserPoolCommand({ UserPoolId }));
  await assert.rejects(cognito.send(new DescribeUserPoolCommand({ UserPoolId })), {
    name: "ResourceNotFoundException",
    message: `User pool ${UserPoolId} does not exist.`,
  });
});
