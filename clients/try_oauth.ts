// The token flow by oauth4webapi: log in as a public client with PKCE and as one with a secret, refresh, revoke.
// The server's address stands in BASE_URL; `run.py` starts it.

import assert from "node:assert/strict";

import * as oauth from "oauth4webapi";

const { BASE_URL } = process.env;
assert(BASE_URL, "BASE_URL must name the server");

const flow = `${BASE_URL}/api/v1.1/o`;
const server: oauth.AuthorizationServer = {
  issuer: BASE_URL,
  authorization_endpoint: `${flow}/authorize/`,
  token_endpoint: `${flow}/token/`,
  revocation_endpoint: `${flow}/revoke/`,
};
const plain = { [oauth.allowInsecureRequests]: true }; // plain HTTP, as on a developer's machine
const back = "http://localhost:5173/callback";
const login = { username: "janedoe", password: "janedoe-password", decision: "allow" };

async function step(title: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    console.log(`FAILED  ${title}`);
    throw error;
  }
  console.log(`ok      ${title}`);
}

/** Send the page's form, as the user's browser does; give the address that it is sent to. */
async function decide(asked: Record<string, string>, decision: Record<string, string> = login): Promise<URL> {
  const body = new URLSearchParams({ ...asked, ...decision });
  const answer = await fetch(server.authorization_endpoint!, { method: "POST", body, redirect: "manual" });
  assert.equal(answer.status, 303);
  return new URL(answer.headers.get("Location")!);
}

async function refused(what: Promise<unknown>, error: string): Promise<void> {
  await assert.rejects(what, (raised) => {
    assert(raised instanceof oauth.ResponseBodyError, String(raised));
    assert.equal(raised.error, error);
    assert(raised.error_description);
    return true;
  });
}

async function status(accessToken: string): Promise<number> {
  const headers = { Authorization: `Bearer ${accessToken}` };
  return (await fetch(`${BASE_URL}/api/v1.1/users/janedoe/`, { headers })).status;
}

for (const [name, client, authentication] of [
  ["a public client", { client_id: "TestPublicClientID" }, oauth.None()],
  ["a client with its secret by HTTP Basic", { client_id: "TestClientID" }, oauth.ClientSecretBasic("TestClientSecret")],
  ["a client with its secret in the body", { client_id: "TestClientID" }, oauth.ClientSecretPost("TestClientSecret")],
] as const) {
  await step(`${name} logs in, refreshes and revokes`, async () => {
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const asked = {
      client_id: client.client_id,
      response_type: "code",
      redirect_uri: back,
      scope: "profile_read",
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    };
    const sent = oauth.validateAuthResponse(server, client, await decide(asked), state);
    const exchange = async () =>
      oauth.processAuthorizationCodeResponse(
        server,
        client,
        await oauth.authorizationCodeGrantRequest(server, client, authentication, sent, back, verifier, plain),
      );
    const first = await exchange();
    assert.equal(first["username"], "janedoe");
    assert.equal(first.expires_in, 15552000);
    assert.equal(await status(first.access_token), 200);

    const refresh = async (token: string) =>
      oauth.processRefreshTokenResponse(
        server,
        client,
        await oauth.refreshTokenGrantRequest(server, client, authentication, token, plain),
      );
    const second = await refresh(first.refresh_token!);
    assert.equal(await status(second.access_token), 200);

    const revocation = await oauth.revocationRequest(server, client, authentication, second.refresh_token!, plain);
    await oauth.processRevocationResponse(revocation);
    assert.equal(await status(second.access_token), 401);
    await refused(refresh(second.refresh_token!), "invalid_grant");
    await refused(exchange(), "invalid_grant");
  });
}

await step("a user who denies is an error of the redirect", async () => {
  const asked = { client_id: "TestClientID", response_type: "code", redirect_uri: back, state: "s" };
  const location = await decide(asked, { decision: "deny" });
  assert.throws(
    () => oauth.validateAuthResponse(server, { client_id: "TestClientID" }, location, "s"),
    (raised) => raised instanceof oauth.AuthorizationResponseError && raised.error === "access_denied",
  );
});

await step("a wrong secret is a challenge", async () => {
  const client = { client_id: "TestClientID" };
  const wrong = oauth.ClientSecretBasic("wrong");
  const answer = await oauth.refreshTokenGrantRequest(server, client, wrong, "janedoe-refresh", plain);
  await assert.rejects(oauth.processRefreshTokenResponse(server, client, answer), oauth.WWWAuthenticateChallengeError);
});
