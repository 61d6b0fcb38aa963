// Auth.js, passport-openidconnect and express-openid-connect, each in a server of a web app.

import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import { test } from "node:test";

import { Auth } from "@auth/core";
import Cognito from "@auth/core/providers/cognito";
import express from "express";
import { auth } from "express-openid-connect";
import session from "express-session";
import passport from "passport";
import OpenIdConnect from "passport-openidconnect";

import { CHOSEN_SECRET, changed, newSite, serve, signIn } from "./site.mjs";
import { Visitor } from "./visitor.mjs";
import { EMAIL, PASSWORD } from "./world.mjs";

const OF_COOKIES = "a secret of the app for its cookies";

const shown = async (visitor, url) => JSON.parse((await visitor.open(url)).text);

// Auth.js answers requests of the Fetch API. `errors` gets the reasons of what it refuses.
async function authJs(t, domain, settings, errors, client = {}) {
  return serve(t, async (url) => {
    const site = await newSite(domain, `${url}/auth/callback/cognito`, settings);
    const config = {
      basePath: "/auth",
      secret: OF_COOKIES,
      trustHost: true,
      logger: { error: (error) => errors.push(error.cause.err.message) },
      providers: [
        Cognito({
          clientId: site.clientId,
          clientSecret: site.secret,
          issuer: site.issuer,
          checks: ["pkce", "state", "nonce"],
          client,
        }),
      ],
    };
    return async (request, response) => {
      const { method, headers } = request;
      const body = method === "POST" ? await text(request) : undefined;
      const made = new Request(url + request.url, { method, headers, body });
      const answer = request.url.startsWith("/auth/")
        ? await Auth(made, config)
        : new Response("the app");
      for (const [name, value] of answer.headers) response.appendHeader(name, value);
      response.writeHead(answer.status).end(await answer.text());
    };
  });
}

test("Auth.js signs a user in to a confidential client", async (t) => {
  const errors = [];
  const url = await authJs(t, "auth-js", { ClientSecret: CHOSEN_SECRET }, errors);
  const visitor = new Visitor();
  const choice = await visitor.open(`${url}/auth/signin?callbackUrl=/welcome`);
  const login = await visitor.submit(choice, {});
  const after = await visitor.submit(login, { username: "alice", password: PASSWORD });
  assert.deepEqual([after.url, errors], [`${url}/welcome`, []]);
  const { user } = await shown(visitor, `${url}/auth/session`);
  assert.equal(user.email, EMAIL.Value);
});

test("Auth.js signs a user in to a public client, and refuses another state", async (t) => {
  const errors = [];
  const client = { token_endpoint_auth_method: "none" };
  const url = await authJs(t, "auth-js-public", {}, errors, client);
  const visitor = new Visitor();
  const signInTo = async (end) => {
    const login = await visitor.submit(await visitor.open(`${url}/auth/signin`), {}, end);
    return end === undefined ? login : login.url;
  };
  const login = await signInTo();
  const callback = `${url}/auth/callback/`;
  const forged = await visitor.submit(login, { username: "alice", password: PASSWORD }, callback);
  const refused = await visitor.open(changed(forged.url, "state"));
  assert.equal(new URL(refused.url).pathname, "/auth/error");
  assert.deepEqual(errors.splice(0), ['unexpected "state" response parameter value']);
  assert.equal(await shown(visitor, `${url}/auth/session`), null);
  // The browser has a session at the domain: no page comes in between.
  await visitor.open(await signInTo(callback));
  const { user } = await shown(visitor, `${url}/auth/session`);
  assert.equal(user.email, EMAIL.Value);
});

async function passportSite(t, domain) {
  return serve(t, async (url) => {
    const callback = `${url}/callback`;
    const site = await newSite(domain, callback, { GenerateSecret: true });
    const ours = new passport.Passport();
    const strategy = new OpenIdConnect.Strategy(
      {
        issuer: site.issuer,
        authorizationURL: `${site.at}/oauth2/authorize`,
        tokenURL: `${site.at}/oauth2/token`,
        userInfoURL: `${site.at}/oauth2/userInfo`,
        clientID: site.clientId,
        clientSecret: site.secret,
        callbackURL: callback,
        scope: ["email", "profile"],
        nonce: true,
        maxAge: 600,
        skipUserProfile: false,
      },
      (issuer, profile, done) => done(null, { id: profile.id, email: profile.emails[0].value }),
    );
    ours.use(strategy);
    ours.serializeUser((user, done) => done(null, user));
    ours.deserializeUser((user, done) => done(null, user));
    const app = express();
    app.use(session({ secret: OF_COOKIES, resave: false, saveUninitialized: false }));
    app.use(ours.authenticate("session"));
    app.get("/login", ours.authenticate("openidconnect"));
    app.get("/callback", ours.authenticate("openidconnect"), (_, response) =>
      response.redirect("/user"),
    );
    app.get("/user", (request, response) => response.json(request.user ?? null));
    return app;
  });
}

test("passport-openidconnect signs a user in, and refuses another state", async (t) => {
  const url = await passportSite(t, "passport");
  const visitor = new Visitor();
  const { url: returned } = await signIn(visitor, `${url}/login`, `${url}/callback`);
  const refused = await visitor.open(changed(returned, "state"));
  assert.deepEqual([refused.status, await shown(visitor, `${url}/user`)], [403, null]);
  const { id, email } = await shown(visitor, `${url}/login`);
  assert.equal(email, EMAIL.Value);
  assert.match(id, /^[0-9a-f-]{36}$/);
});

async function expressSite(t, domain) {
  return serve(t, async (url) => {
    const site = await newSite(domain, `${url}/callback`, {
      ClientSecret: CHOSEN_SECRET,
      LogoutURLs: [`${url}/`],
    });
    const app = express();
    app.use(
      auth({
        issuerBaseURL: site.issuer,
        baseURL: url,
        clientID: site.clientId,
        clientSecret: site.secret,
        clientAuthMethod: "client_secret_basic",
        secret: OF_COOKIES,
        authRequired: false,
        authorizationParams: { response_type: "code", scope: "openid email" },
        idpLogout: true,
        logoutParams: { logout_uri: `${url}/` },
      }),
    );
    app.get("/", async ({ oidc }, response) => {
      if (!oidc.isAuthenticated()) return response.json(null);
      const before = oidc.accessToken.access_token;
      const { access_token: after } = await oidc.accessToken.refresh();
      const { email } = await oidc.fetchUserInfo();
      return response.json({ email, claimed: oidc.user.email, isRenewed: before !== after });
    });
    app.use((error, request, response, next) => response.status(error.status).json(error.message));
    return app;
  });
}

test("express-openid-connect signs a user in and out, and refuses another state", async (t) => {
  const url = await expressSite(t, "express");
  const visitor = new Visitor();
  const { url: returned } = await signIn(visitor, `${url}/login`, `${url}/callback`);
  const refused = await visitor.open(changed(returned, "state"));
  assert.deepEqual(
    [refused.status, JSON.parse(refused.text)],
    [400, "invalid response encountered"],
  );
  assert.equal(await shown(visitor, `${url}/`), null);
  assert.deepEqual(await shown(visitor, `${url}/login`), {
    email: EMAIL.Value,
    claimed: EMAIL.Value,
    isRenewed: true,
  });
  assert.equal(await shown(visitor, `${url}/logout`), null);
  // The session at the domain has ended too: the next sign-in asks for the password.
  assert.match((await visitor.open(`${url}/login`)).url, /\/domains\/express\/login\?/);
});
