// openid-client and oauth4webapi: discovery, and tokens of machines.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  CreateResourceServerCommand,
  CreateUserPoolDomainCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import * as oauth from "oauth4webapi";
import * as openid from "openid-client";

import { ENDPOINT, cognito, newClient, newPool } from "./world.mjs";

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
  const insecure = { [oauth.allowInsecureRequests]: true };
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
