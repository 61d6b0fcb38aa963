// AWS Amplify v6, as a web app uses it: from the sign-up to the sign-out.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  AdminConfirmSignUpCommand,
  AdminCreateUserCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { Amplify } from "aws-amplify";
import {
  confirmResetPassword,
  confirmSignIn,
  confirmSignUp,
  confirmUserAttribute,
  fetchAuthSession,
  fetchUserAttributes,
  getCurrentUser,
  resetPassword,
  sendUserAttributeVerificationCode,
  signIn,
  signOut,
  signUp,
  updatePassword,
  updateUserAttributes,
} from "aws-amplify/auth";

import { CODE, EMAIL, ENDPOINT, PASSWORD, cognito, newPool } from "./world.mjs";

const OTHER_PASSWORD = "Battery-Staple-7!";

// Amplify knows one pool at a time.
async function configured(name, settings) {
  const made = await newPool(name, settings);
  const Auth = {
    Cognito: {
      userPoolId: made.pool.Id,
      userPoolClientId: made.clientId,
      userPoolEndpoint: ENDPOINT,
    },
  };
  Amplify.configure({ Auth });
  return made;
}

async function confirmedAlice({ pool }) {
  await signUp({
    username: "alice",
    password: PASSWORD,
    options: { userAttributes: { email: EMAIL.Value } },
  });
  await cognito.send(new AdminConfirmSignUpCommand({ UserPoolId: pool.Id, Username: "alice" }));
}

test("Amplify signs up, confirms, signs in by SRP, refreshes and signs out", async () => {
  await configured("pool of Amplify");
  const { nextStep } = await signUp({
    username: "alice",
    password: PASSWORD,
    options: { userAttributes: { email: EMAIL.Value } },
  });
  assert.equal(nextStep.signUpStep, "CONFIRM_SIGN_UP");
  const confirmed = await confirmSignUp({ username: "alice", confirmationCode: CODE });
  assert.equal(confirmed.isSignUpComplete, true);
  const { isSignedIn } = await signIn({ username: "alice", password: PASSWORD });
  assert.equal(isSignedIn, true);
  assert.equal((await getCurrentUser()).username, "alice");
  assert.equal((await fetchUserAttributes()).email, EMAIL.Value);
  const before = (await fetchAuthSession()).tokens;
  const after = (await fetchAuthSession({ forceRefresh: true })).tokens;
  assert.equal(after.idToken.payload.sub, before.idToken.payload.sub);
  assert.equal(after.accessToken.payload.origin_jti, before.accessToken.payload.origin_jti);
  assert.notEqual(after.accessToken.payload.jti, before.accessToken.payload.jti);
  await signOut();
  await assert.rejects(getCurrentUser(), { name: "UserUnAuthenticatedException" });
});

test("Amplify global sign-out ends the tokens of other sessions", async () => {
  const made = await configured("sign-out of Amplify");
  await confirmedAlice(made);
  await signIn({ username: "alice", password: PASSWORD });
  const { accessToken } = (await fetchAuthSession()).tokens;
  await signOut({ global: true });
  const answer = await fetch(ENDPOINT, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "AWSCognitoIdentityProviderService.GetUser",
    },
    body: JSON.stringify({ AccessToken: accessToken.toString() }),
  });
  assert.equal((await answer.json()).message, "Access Token has been revoked");
});

test("Amplify wrong password and unconfirmed user are reported", async () => {
  const { pool } = await configured("refusals of Amplify");
  await signUp({
    username: "alice",
    password: PASSWORD,
    options: { userAttributes: { email: EMAIL.Value } },
  });
  // Whatever the password (aws-sdk-js#4608).
  for (const password of [OTHER_PASSWORD, PASSWORD]) {
    const { nextStep } = await signIn({ username: "alice", password });
    assert.equal(nextStep.signInStep, "CONFIRM_SIGN_UP");
  }
  await cognito.send(new AdminConfirmSignUpCommand({ UserPoolId: pool.Id, Username: "alice" }));
  await assert.rejects(signIn({ username: "alice", password: OTHER_PASSWORD }), {
    name: "NotAuthorizedException",
    message: "Incorrect username or password.",
  });
});

test("Amplify invited user sets a new password", async () => {
  const { pool } = await configured("invitation by Amplify");
  await cognito.send(
    new AdminCreateUserCommand({
      UserPoolId: pool.Id,
      Username: "bob",
      TemporaryPassword: PASSWORD,
      MessageAction: "SUPPRESS",
    }),
  );
  const { nextStep } = await signIn({ username: "bob", password: PASSWORD });
  assert.equal(nextStep.signInStep, "CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED");
  const { isSignedIn } = await confirmSignIn({ challengeResponse: OTHER_PASSWORD });
  assert.equal(isSignedIn, true);
  await signOut();
});

test("Amplify password is changed, and a forgotten one is reset", async () => {
  const made = await configured("passwords of Amplify");
  await confirmedAlice(made);
  await signIn({ username: "alice", password: PASSWORD });
  await updatePassword({ oldPassword: PASSWORD, newPassword: OTHER_PASSWORD });
  await sendUserAttributeVerificationCode({ userAttributeKey: "email" });
  await confirmUserAttribute({ userAttributeKey: "email", confirmationCode: CODE });
  await signOut();
  const { nextStep } = await resetPassword({ username: "alice" });
  assert.equal(nextStep.resetPasswordStep, "CONFIRM_RESET_PASSWORD_WITH_CODE");
  await confirmResetPassword({
    username: "alice",
    confirmationCode: CODE,
    newPassword: PASSWORD,
  });
  const { isSignedIn } = await signIn({ username: "alice", password: PASSWORD });
  assert.equal(isSignedIn, true);
  await updateUserAttributes({ userAttributes: { name: "Alice" } });
  assert.equal((await fetchUserAttributes()).name, "Alice");
  await signOut();
});

test("Amplify USER_PASSWORD_AUTH that the client does not allow is refused", async () => {
  const made = await configured("plain Amplify");
  await confirmedAlice(made);
  await assert.rejects(
    signIn({
      username: "alice",
      password: PASSWORD,
      options: { authFlowType: "USER_PASSWORD_AUTH" },
    }),
    { message: "USER_PASSWORD_AUTH flow not enabled for this client" },
  );
});
