// The operations, and an error of each, by openapi-fetch with types that openapi-typescript made
// from the contract. The server's address stands in BASE_URL; `run.py` makes the types and starts it.

import assert from "node:assert/strict";

import createClient from "openapi-fetch";

// Generated from the contract when this is run: it lies in build/, and not beside this file.
import type { components, paths } from "./accounts.js";

type Email = components["schemas"]["Email"];
type Problem = components["schemas"]["Problem"];

const { BASE_URL } = process.env;
assert(BASE_URL, "BASE_URL must name the server");

const api = createClient<paths>({ baseUrl: BASE_URL });

const USER = "/api/v1.1/users/{username}/";
const EMAILS = "/api/v1.1/users/{username}/emails/";

const janedoe = { path: { username: "janedoe" } };
const johndoe = { path: { username: "johndoe" } };

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const basic = { Authorization: `Basic ${btoa("janedoe:janedoe-password")}` };
// The token that the API's own documentation uses: email_read and email_write.
const documented = bearer("zAy0BxC1wDv2EuF3tGs4HrI6qJp6KoL7nM");
const all = bearer("janedoe-all");

const primary: Email = { email: "jane.doe@example.com", verified: true, primary: true };
const other = "jane.doe+other@example.com";

async function step(title: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    console.log(`FAILED  ${title}`);
    throw error;
  }
  console.log(`ok      ${title}`);
}

function refused(
  answer: { data?: unknown; error?: Problem; response: Response },
  status: number,
  code: string,
): Problem {
  const { data, error, response } = answer;
  assert.equal(response.status, status);
  assert.equal(response.headers.get("Content-Type"), "application/problem+json");
  assert.equal(data, undefined);
  assert(error, "an error has a body");
  assert.equal(error.status, status);
  assert.equal(error.code, code);
  assert.equal(error.type, "about:blank");
  assert(error.title && error.detail);
  return error;
}

async function addresses(): Promise<Email[]> {
  const { data, response } = await api.GET(EMAILS, { params: janedoe, headers: documented });
  assert.equal(response.status, 200);
  assert(data);
  return data;
}

await step("get_user: 200, all documented members", async () => {
  const headers = bearer("janedoe-profile_read");
  const { data, error, response } = await api.GET(USER, { params: janedoe, headers });
  assert.equal(response.status, 200);
  assert.equal(error, undefined);
  assert.deepEqual(data, {
    id: 2,
    username: "janedoe",
    url: "https://www.docker.io/api/v1.1/users/janedoe/",
    date_joined: "2014-02-12T17:58:01.431312Z",
    type: "User",
    full_name: "Jane Doe",
    location: "San Francisco, CA",
    company: "Success, Inc.",
    profile_url: "https://docker.io/",
    gravatar_url:
      "https://secure.gravatar.com/avatar/0212b397124be4acd4e7dea9aa357.jpg?s=80&r=g&d=mm",
    email: "jane.doe@example.com",
    is_active: true,
  });
});

await step("get_user: 401 without credentials", async () => {
  const answer = await api.GET(USER, { params: janedoe });
  refused(answer, 401, "credentials-missing");
  const challenge = answer.response.headers.get("WWW-Authenticate") ?? "";
  // Node's fetch says `Sec-Fetch-Mode: cors`, as a page's script does: no Basic, which opens a login box there.
  assert.doesNotMatch(challenge, /Basic/);
  assert.match(challenge, /Bearer realm=/);
});

await step("update_user: 200, what was sent is set and the rest is kept", async () => {
  const body = { location: "Île privée", company: "Retired" };
  const { data, response } = await api.PATCH(USER, { params: janedoe, headers: basic, body });
  assert.equal(response.status, 200);
  assert.equal(data?.location, "Île privée");
  assert.equal(data?.company, "Retired");
  assert.equal(data?.full_name, "Jane Doe");
  const again = await api.GET(USER, { params: janedoe, headers: all });
  assert.deepEqual(again.data, data);
});

await step("update_user: 400 for a name that is no text", async () => {
  // @ts-expect-error The types of the contract refuse it before the server does.
  const answer = await api.PATCH(USER, { params: janedoe, headers: all, body: { full_name: 1 } });
  const problem = refused(answer, 400, "body-invalid");
  assert.equal(problem.errors?.[0]?.pointer, "/full_name");
});

await step("list_emails: 200, the primary address", async () => {
  assert.deepEqual(await addresses(), [primary]);
});

await step("list_emails: 403 for a token without email_read", async () => {
  const headers = bearer("janedoe-profile_read");
  const answer = await api.GET(EMAILS, { params: janedoe, headers });
  refused(answer, 403, "scope-missing");
  assert.match(answer.response.headers.get("WWW-Authenticate") ?? "", /scope="email_read"/);
});

await step("add_email: 201, neither verified nor primary", async () => {
  const body = { email: other };
  const answer = await api.POST(EMAILS, { params: janedoe, headers: documented, body });
  assert.equal(answer.response.status, 201);
  assert.deepEqual(answer.data, { email: other, verified: false, primary: false });
  assert.equal((await addresses()).length, 2);
});

await step("add_email: 201 for a URL-encoded form", async () => {
  const email = "jane.doe+form@example.com";
  const { data, response } = await api.POST(EMAILS, {
    params: janedoe,
    headers: { ...documented, "Content-Type": "application/x-www-form-urlencoded" },
    body: { email },
    bodySerializer: (body) => new URLSearchParams(body),
  });
  assert.equal(response.status, 201);
  assert.deepEqual(data, { email, verified: false, primary: false });
});

await step("add_email: 403 for somebody else's account", async () => {
  const body = { email: other };
  const answer = await api.POST(EMAILS, { params: johndoe, headers: all, body });
  refused(answer, 403, "not-the-owner");
});

await step("update_email: 200, verified", async () => {
  const body = { email: other, verified: true } as const;
  const answer = await api.PATCH(EMAILS, { params: janedoe, headers: documented, body });
  assert.equal(answer.response.status, 200);
  assert.deepEqual(answer.data, { email: other, verified: true, primary: false });
});

await step("update_email: 400 for taking a verification back", async () => {
  const body = { email: other, verified: false };
  // @ts-expect-error The types of the contract refuse it before the server does.
  const answer = await api.PATCH(EMAILS, { params: janedoe, headers: documented, body });
  const problem = refused(answer, 400, "body-invalid");
  assert.equal(problem.errors?.[0]?.pointer, "/verified");
});

await step("update_email: 404 for an unknown address", async () => {
  const body = { email: "nobody@example.com", verified: true } as const;
  const answer = await api.PATCH(EMAILS, { params: janedoe, headers: documented, body });
  refused(answer, 404, "email-unknown");
});

await step("delete_email: 400 for the primary address", async () => {
  const body = { email: primary.email };
  const answer = await api.DELETE(EMAILS, { params: janedoe, headers: basic, body });
  refused(answer, 400, "primary-email");
});

await step("delete_email: 204, the address is gone and no other", async () => {
  const body = { email: other };
  const answer = await api.DELETE(EMAILS, { params: janedoe, headers: basic, body });
  assert.equal(answer.response.status, 204);
  assert.equal(answer.data, undefined);
  assert.equal(answer.error, undefined);
  const left = (await addresses()).map(({ email }) => email);
  assert.deepEqual(left.sort(), ["jane.doe+form@example.com", primary.email]);
});
