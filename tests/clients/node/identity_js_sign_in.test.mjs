// amazon-cognito-identity-js: signing in by SRP, refreshing, signing out everywhere.

import assert from "node:assert/strict";
import { test } from "node:test";

import { AdminConfirmSignUpCommand } from "@aws-sdk/client-cognito-identity-provider";
import {
  AuthenticationDetails,
  CognitoUser,
  CognitoUserAttribute,
  CognitoUserPool,
} from "amazon-cognito-identity-js";

import { EMAIL, ENDPOINT, PASSWORD, cognito, newPool } from "./world.mjs";

const ask = (call) =>
  new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)));
  });

async function confirmedAlice(name) {
  const { pool, clientId } = await newPool(name);
  const page = new CognitoUserPool({
    UserPoolId: pool.Id,
    ClientId: clientId,
    endpoint: ENDPOINT,
  });
  const email = new CognitoUserAttribute(EMAIL);
  await ask((done) => page.signUp("alice", PASSWORD, [email], null, done));
  await cognito.send(new AdminConfirmSignUpCommand({ UserPoolId: pool.Id, Username: "alice" }));
  return new CognitoUser({ Username: "alice", Pool: page });
}

const signIn = (user, password = PASSWORD) =>
  new Promise((resolve, reject) => {
    user.authenticateUser(
      new AuthenticationDetails({ Username: user.getUsername(), Password: password }),
      { onSuccess: resolve, onFailure: reject },
    );
  });

test("identity-js signs in by SRP, refreshes, and signs out globally", async () => {
  const alice = await confirmedAlice("sign-in of amazon-cognito-identity-js");
  const session = await signIn(alice);
  assert.equal(session.isValid(), true);
  assert.equal(session.getIdToken().payload["cognito:username"], "alice");
  const attributes = await ask((done) => alice.getUserAttributes(done));
  assert.equal(attributes.find(({ Name }) => Name === "email").Value, EMAIL.Value);
  const refreshed = await ask((done) => alice.refreshSession(session.getRefreshToken(), done));
  assert.notEqual(
    refreshed.getAccessToken().payload.jti,
    session.getAccessToken().payload.jti,
  );
  await new Promise((resolve, reject) => {
    alice.globalSignOut({ onSuccess: resolve, onFailure: reject });
  });
  const again = new CognitoUser({ Username: "alice", Pool: alice.pool });
  again.setSignInUserSession(refreshed);
  await assert.rejects(
    ask((done) => again.getUserAttributes(done)),
    { code: "NotAuthorizedException", message: "Access Token has been revoked" },
  );
});

test("identity-js wrong password is reported", async () => {
  const alice = await confirmedAlice("wrong password");
  await assert.rejects(signIn(alice, "Battery-Staple-7!"), {
    code: "NotAuthorizedException",
    message: "Incorrect username or password.",
  });
});
