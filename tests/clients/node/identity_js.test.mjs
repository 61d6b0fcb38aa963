// amazon-cognito-identity-js, which many web pages carry: signing up and confirming.

import assert from "node:assert/strict";
import { test } from "node:test";

import { AdminGetUserCommand } from "@aws-sdk/client-cognito-identity-provider";
import { CognitoUser, CognitoUserAttribute, CognitoUserPool } from "amazon-cognito-identity-js";

import { CODE, EMAIL, ENDPOINT, PASSWORD, cognito, newPool } from "./world.mjs";

// The library answers to callbacks; `ask` makes a promise of one.
const ask = (call) =>
  new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)));
  });

const pageOf = ({ pool, clientId }) =>
  new CognitoUserPool({ UserPoolId: pool.Id, ClientId: clientId, endpoint: ENDPOINT });

const signUp = (page, username, password = PASSWORD) =>
  ask((done) => page.signUp(username, password, [new CognitoUserAttribute(EMAIL)], null, done));

test("identity-js sign-up is confirmed by the code", async () => {
  const made = await newPool("pool of amazon-cognito-identity-js");
  const page = pageOf(made);
  const signedUp = await signUp(page, "alice");
  assert.equal(signedUp.userConfirmed, false);
  assert.equal(signedUp.user.getUsername(), "alice");
  assert.equal(signedUp.codeDeliveryDetails.Destination, "a***@h***");
  const alice = new CognitoUser({ Username: "alice", Pool: page });
  const confirmed = await ask((done) =>
    alice.confirmRegistration(CODE, false, done, { ticket: "4711" }),
  );
  assert.equal(confirmed, "SUCCESS");
  const user = await cognito.send(
    new AdminGetUserCommand({ UserPoolId: made.pool.Id, Username: "alice" }),
  );
  assert.equal(user.UserStatus, "CONFIRMED");
});

test("identity-js wrong code, taken name and weak password are reported", async () => {
  const page = pageOf(await newPool("refusals"));
  await signUp(page, "alice");
  const alice = new CognitoUser({ Username: "alice", Pool: page });
  await assert.rejects(ask((done) => alice.confirmRegistration("999999", false, done)), {
    code: "CodeMismatchException",
    message: "Invalid verification code provided, please try again.",
  });
  await assert.rejects(signUp(page, "alice"), {
    code: "UsernameExistsException",
    message: "User already exists",
  });
  await assert.rejects(signUp(page, "bob", "correct-horse-9!"), {
    code: "InvalidPasswordException",
    message: "Password did not conform with policy: Password must have uppercase characters",
  });
});

test("identity-js code is sent again on request", async () => {
  const page = pageOf(await newPool("again"));
  await signUp(page, "alice");
  const alice = new CognitoUser({ Username: "alice", Pool: page });
  const { CodeDeliveryDetails } = await ask((done) => alice.resendConfirmationCode(done));
  assert.equal(CodeDeliveryDetails.DeliveryMedium, "EMAIL");
  assert.equal(await ask((done) => alice.confirmRegistration(CODE, false, done)), "SUCCESS");
});
