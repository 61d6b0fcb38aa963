// openid-client and oauth4webapi: discovery, users who sign in, and tokens of machines.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  CreateResourceServerCommand,
  CreateUserPoolDomainCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import * as oauth from "oauth4webapi";
import * as openid from "openid-client";

import { CHOSEN_SECRET, changed, newSite, signIn } from "./site.mjs";
import { Visitor } from "./visitor.mjs";
import { EMAIL, ENDPOINT, cognito, newClient, newPool } from "./world.mjs";

// No app is there: the visitor stops before it.
const CALLBACK = "http://localhost:3000/callback";
const insecure = { [oauth.allowInsecureRequests]: true };

const SCOPE = "https://api.example.com/read";

async function machine(domain) {
  const { pool } = await newPool(`pool of ${domain}`);
  await cognito.send(new CreateUserPoolDomainCommand({ UserPoolId: pool.Id, Domain: domain }));
  await cognito.send(
    new CreateResourceServerCommand({
      UserPoolId: pool.Id,
      Identifier: "https://api.example.com",
      Name: "api",
      Scopes: [{ ScopeName: "read", ScopeDescription: "read" }],
    }),
  );
  const client = await newClient(pool.Id, {
    GenerateSecret: true,
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthFlows: ["client_credentials"],
    AllowedOAuthScopes: [SCOPE],
  });
  return { issuer: new URL(`${ENDPOINT}/${pool.Id}`), client };
}

const claimsOf = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));

async function tokenByOpenidClient(domain, authentication) {
  const { issuer, client } = await machine(domain);
  const config = await openid.discovery(
    issuer,
    client.ClientId,
    undefined,
    authentication(client.ClientSecret),
    { execute: [openid.allowInsecureRequests] },
  );
  const tokens = await openid.clientCredentialsGrant(config, { scope: SCOPE });
  assert.equal(claimsOf(tokens.access_token).client_id, client.ClientId);
  assert.equal(claimsOf(tokens.access_token).scope, SCOPE);
}

test("openid-client gets a machine's token by its secret in the form", async () => {
  await tokenByOpenidClient("openid-client-post", openid.ClientSecretPost);
});

test("openid-client gets a machine's token by Basic", async () => {
  await tokenByOpenidClient("openid-client-basic", openid.ClientSecretBasic);
});

test("oauth4webapi gets a machine's token, and the error of a wrong secret", async () => {
  const { issuer, client } = await machine("oauth4webapi");
  const found = await oauth.discoveryRequest(issuer, insecure);
  const server = await oauth.processDiscoveryResponse(issuer, found);
  const app = { client_id: client.ClientId };
  const asked = (secret) =>
    oauth.clientCredentialsGrantRequest(
      server,
      app,
      oauth.ClientSecretBasic(secret),
      new URLSearchParams({ scope: SCOPE }),
      insecure,
    );
  const right = await asked(client.ClientSecret);
  const tokens = await oauth.processClientCredentialsResponse(server, app, right);
  assert.equal(claimsOf(tokens.access_token).scope, SCOPE);
  const wrong = await asked("x".repeat(51));
  await assert.rejects(oauth.processClientCredentialsResponse(server, app, wrong), {
    error: "invalid_client",
  });
});

// What openid-client has to keep of a sign-in, and the URL to which alice comes back.
async function signInByOpenidClient(domain, settings, authentication) {
  const site = await newSite(domain, CALLBACK, settings);
  const config = await openid.discovery(
    new URL(site.issuer),
    site.clientId,
    undefined,
    authentication(site.secret),
    { execute: [openid.allowInsecureRequests, openid.enableNonRepudiationChecks] },
  );
  const expected = {
    pkceCodeVerifier: openid.randomPKCECodeVerifier(),
    expectedState: openid.randomState(),
    expectedNonce: openid.randomNonce(),
    idTokenExpected: true,
  };
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: "openid email",
    code_challenge: await openid.calculatePKCECodeChallenge(expected.pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expected.expectedState,
    nonce: expected.expectedNonce,
  });
  const returned = await signIn(new Visitor(), url.href, CALLBACK);
  return { config, expected, returned: new URL(returned.url) };
}

async function useTokensByOpenidClient({ config, expected, returned }) {
  const tokens = await openid.authorizationCodeGrant(config, returned, expected);
  const { sub, email } = tokens.claims();
  assert.equal(email, EMAIL.Value);
  const user = await openid.fetchUserInfo(config, tokens.access_token, sub);
  assert.equal(user.username, "alice");
  const renewed = await openid.refreshTokenGrant(config, tokens.refresh_token);
  assert.equal(renewed.claims().sub, sub);
  assert.notEqual(renewed.access_token, tokens.access_token);
  await openid.tokenRevocation(config, tokens.refresh_token);
  await assert.rejects(openid.refreshTokenGrant(config, tokens.refresh_token), {
    error: "invalid_grant",
  });
}

test("openid-client signs a user in to a public client", async () => {
  await useTokensByOpenidClient(await signInByOpenidClient("code-public", {}, openid.None));
});

test("openid-client signs a user in to a client with a secret in the form", async () => {
  const settings = { GenerateSecret: true };
  await useTokensByOpenidClient(
    await signInByOpenidClient("code-post", settings, openid.ClientSecretPost),
  );
});

test("openid-client signs a user in to a client with a percent-encoded secret", async () => {
  const settings = { ClientSecret: CHOSEN_SECRET };
  await useTokensByOpenidClient(
    await signInByOpenidClient("code-basic", settings, openid.ClientSecretBasic),
  );
});

test("openid-client refuses another state, another nonce and a used code", async () => {
  const { config, expected, returned } = await signInByOpenidClient("code-twice", {}, openid.None);
  const other = new URL(changed(returned, "state"));
  await assert.rejects(
    openid.authorizationCodeGrant(config, other, expected),
    (error) => error.cause.message === 'unexpected "state" response parameter value',
  );
  await assert.rejects(
    openid.authorizationCodeGrant(config, returned, { ...expected, expectedNonce: "another" }),
    (error) => error.cause.message === 'unexpected ID Token "nonce" claim value',
  );
  await assert.rejects(openid.authorizationCodeGrant(config, returned, expected), {
    error: "invalid_grant",
  });
});

test("openid-client ends the session of the browser at the domain", async () => {
  const site = await newSite("code-logout", CALLBACK, { LogoutURLs: ["http://localhost:3000/"] });
  const config = await openid.discovery(
    new URL(site.issuer),
    site.clientId,
    undefined,
    openid.None(),
    { execute: [openid.allowInsecureRequests] },
  );
  const asked = { redirect_uri: CALLBACK, scope: "openid", state: "s1" };
  const url = openid.buildAuthorizationUrl(config, asked).href;
  const visitor = new Visitor();
  await signIn(visitor, url, CALLBACK);
  assert.match((await visitor.open(url, CALLBACK)).url, /[?&]code=/);
  const ending = openid.buildEndSessionUrl(config, { logout_uri: "http://localhost:3000/" });
  const { url: after } = await visitor.open(ending.href, "http://localhost:3000/");
  assert.equal(after, "http://localhost:3000/");
  assert.match((await visitor.open(url, CALLBACK)).url, /\/login\?/);
});

test("oauth4webapi signs a user in, and refuses another state and another nonce", async () => {
  const site = await newSite("code-oauth4webapi", CALLBACK, { ClientSecret: CHOSEN_SECRET });
  const issuer = new URL(site.issuer);
  const found = await oauth.discoveryRequest(issuer, insecure);
  const server = await oauth.processDiscoveryResponse(issuer, found);
  const app = { client_id: site.clientId };
  const secret = oauth.ClientSecretBasic(site.secret);
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: site.clientId,
    redirect_uri: CALLBACK,
    response_type: "code",
    scope: "openid email",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
  });
  const visitor = new Visitor();
  let returned = new URL((await signIn(visitor, url.href, CALLBACK)).url);
  const exchange = async (expectedNonce) => {
    const code = oauth.validateAuthResponse(server, app, returned, state);
    const response = await oauth.authorizationCodeGrantRequest(
      ...[server, app, secret, code, CALLBACK, verifier, insecure],
    );
    const expected = { expectedNonce, requireIdToken: true };
    const tokens = await oauth.processAuthorizationCodeResponse(server, app, response, expected);
    await oauth.validateApplicationLevelSignature(server, response, insecure);
    return tokens;
  };
  assert.throws(() => oauth.validateAuthResponse(server, app, returned, "another"), {
    message: 'unexpected "state" response parameter value',
  });
  await assert.rejects(exchange("another"), { message: 'unexpected ID Token "nonce" claim value' });
  // That code is used up; the session of the browser gives another one.
  returned = new URL((await visitor.open(url.href, CALLBACK)).url);
  const tokens = await exchange(nonce);
  const { sub } = oauth.getValidatedIdTokenClaims(tokens);
  const asked = await oauth.userInfoRequest(server, app, tokens.access_token, insecure);
  const user = await oauth.processUserInfoResponse(server, app, sub, asked);
  assert.equal(user.email, EMAIL.Value);
  const renewed = await oauth.processRefreshTokenResponse(
    server,
    app,
    await oauth.refreshTokenGrantRequest(server, app, secret, tokens.refresh_token, insecure),
  );
  assert.equal(claimsOf(renewed.access_token).sub, sub);
});
