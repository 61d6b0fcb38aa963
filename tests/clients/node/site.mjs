// Web apps whose users sign in at the pages of a pool's domain.

import { once } from "node:events";
import { createServer } from "node:http";

import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CreateUserPoolDomainCommand,
} from "@aws-sdk/client-cognito-identity-provider";

import { EMAIL, ENDPOINT, PASSWORD, cognito, newClient, newPool } from "./world.mjs";

// As the administrator chose it: libraries percent-encode some of it in Basic, and others don't.
export const CHOSEN_SECRET = "a_secret+of_an+administrator+9";

// A pool with a domain and with alice, and an app client for the code grant.
export async function newSite(domain, callback, settings = {}) {
  const { pool } = await newPool(`pool of ${domain}`);
  const of = { UserPoolId: pool.Id, Username: "alice" };
  await cognito.send(
    new AdminCreateUserCommand({
      ...of,
      UserAttributes: [EMAIL, { Name: "email_verified", Value: "true" }],
      MessageAction: "SUPPRESS",
    }),
  );
  await cognito.send(
    new AdminSetUserPasswordCommand({ ...of, Password: PASSWORD, Permanent: true }),
  );
  await cognito.send(new CreateUserPoolDomainCommand({ UserPoolId: pool.Id, Domain: domain }));
  const client = await newClient(pool.Id, {
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthFlows: ["code"],
    AllowedOAuthScopes: ["openid", "email", "profile"],
    CallbackURLs: [callback],
    SupportedIdentityProviders: ["COGNITO"],
    ...settings,
  });
  return {
    issuer: `${ENDPOINT}/${pool.Id}`,
    at: `${ENDPOINT}/domains/${domain}`,
    clientId: client.ClientId,
    secret: client.ClientSecret,
  };
}

// Alice signs in at the page to which the URL leads.
export async function signIn(visitor, url, end) {
  const page = await visitor.open(url);
  return visitor.submit(page, { username: "alice", password: PASSWORD }, end);
}

// Another value of a parameter, as an attacker's link would have it.
export function changed(url, parameter) {
  const other = new URL(url);
  other.searchParams.set(parameter, "of-an-attacker");
  return other.href;
}

// Listens until the test has ended. `make` gets the address and returns what answers requests.
export async function serve(t, make) {
  let answer;
  const server = createServer((request, response) => answer(request, response));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server.listen(0, "localhost"), "listening");
  const url = `http://localhost:${server.address().port}`;
  answer = await make(url);
  return url;
}
