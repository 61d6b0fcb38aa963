// A device by openid-client: prints its codes, waits for a line of input, and prints its tokens.

import { createInterface } from "node:readline/promises";

import * as openid from "openid-client";

const config = await openid.discovery(
  new URL(process.env.ISSUER),
  process.env.CLIENT_ID,
  undefined,
  openid.None(),
  { execute: [openid.allowInsecureRequests] },
);
const codes = await openid.initiateDeviceAuthorization(config, { scope: "openid email" });
console.log(JSON.stringify(codes));
const input = createInterface({ input: process.stdin });
await input[Symbol.asyncIterator]().next();
input.close();
try {
  // The user has answered by now, so that one poll is enough.
  const tokens = await openid.pollDeviceAuthorizationGrant(config, { ...codes, interval: 0 });
  console.log(JSON.stringify({ username: tokens.claims()["cognito:username"] }));
} catch (error) {
  console.log(JSON.stringify({ error: error.error }));
}
