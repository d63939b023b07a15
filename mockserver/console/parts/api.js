// The control API, as this page reaches it: relative to its own address, so inside its own sandbox.

const KEPT_TOKEN = "accounts-mock control token";

/** Where the page is; the control API lies beside it. */
const page = new URL(".", location.href);

/** The sandbox that this page shows; empty for the one that all share. */
export const sandbox = /\/~([^/]*)\/_mock\/$/.exec(page.pathname)?.[1] ?? "";

/** The base URL of the API in this sandbox, without a slash at its end. */
export const base = page.href.replace(/\/_mock\/$/, "");

/** The base URL of the API in another sandbox; without a name, in the common one. */
export function baseOf(name) {
  const common = sandbox ? base.slice(0, -`/~${sandbox}`.length) : base;
  return name ? `${common}/~${encodeURIComponent(name)}` : common;
}

/** The console of another sandbox. */
export const consoleOf = (name) => `${baseOf(name)}/_mock/`;

/** What the server refused, or that it did not answer (status 0). The message is for people; `errors` has the places. */
export class Problem extends Error {
  constructor(status, message, errors = []) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

const locked = new EventTarget();

/** Be told when the server asks for its control token; `known` says whether it has been sent one. */
export function onLocked(listener) {
  locked.addEventListener("locked", (event) => listener(event.detail.known));
}

/** Send this control token from now on. */
export const keepToken = (token) => sessionStorage.setItem(KEPT_TOKEN, token);

/** Send a request, and give the response; a refusal is thrown as a Problem. */
export async function send(method, path, { body, signal } = {}) {
  const token = sessionStorage.getItem(KEPT_TOKEN);
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(new URL(path, page), {
      method,
      headers,
      signal,
      cache: "no-store",
      credentials: "same-origin",
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, "The server does not answer. Is it still running?");
  }
  if (response.ok) return response;
  if (response.status === 401) {
    locked.dispatchEvent(new CustomEvent("locked", { detail: { known: token !== null } }));
  }
  throw await problemOf(response);
}

/** Send a request, and give the JSON data of its answer, if there is any. */
export async function call(method, path, body) {
  const response = await send(method, path, { body });
  return response.status === 204 ? null : response.json();
}

async function problemOf(response) {
  const problem = await response.json().catch(() => ({}));
  const detail = problem.detail ?? `The server answered ${response.status} ${response.statusText}`;
  return new Problem(response.status, `${detail[0].toUpperCase()}${detail.slice(1)}.`, problem.errors);
}
