// Users, addresses and clients as tables; scenarios, snapshots and reset.

import { call, sandbox } from "./api.js";
import { act, badge, byId, choices, confirmed, copyButton, el, fill } from "./dom.js";
import { duration } from "./pretty.js";
import { forget } from "./requests.js";

const MOST_ROWS = 200;
const PAGE = 100;
const KEPT_SNAPSHOTS = `accounts-mock snapshots of ${sandbox}`;

let state = { accounts: [], logins: [] };
let scenarios = [];
let shown = PAGE;

/** Read the world anew, and the scenarios, and show them. */
export async function refresh() {
  [state, scenarios] = await Promise.all([call("GET", "state"), call("GET", "scenarios")]);
  show();
  showScenarios();
}

/** The usernames, as they were read last. */
export const usernames = () => state.accounts.map((account) => account.username);

/** The names and passwords for HTTP Basic: an account has its own, and may have further ones. */
export const logins = () => state.accounts.flatMap((account) => withLogins(account).logins);

function show() {
  const count = state.accounts.length;
  byId("users-count").textContent = count > MOST_ROWS ? `, the first ${MOST_ROWS} of ${count}` : "";
  fill(byId("users"), state.accounts.slice(0, MOST_ROWS).map(withLogins), (one) => one.username, userRow, "no users");
  choices(byId("addresses-of"), usernames(), [["", "everybody"]]);
  showAddresses();
  fill(byId("clients"), (state.oauth_clients ?? []).slice(0, MOST_ROWS), (one) => one.client_id, clientRow, "no clients");
  document.dispatchEvent(new Event("logins-read"));
}

function withLogins(account) {
  const further = (state.logins ?? []).filter((login) => login.username === account.username);
  const { username, password, full_name, company, location, is_active, id } = account;
  return { username, id, full_name, company, location, is_active, logins: [{ username, name: username, password }, ...further] };
}

function userRow(user) {
  const rest = [user.company, user.location].filter(Boolean).join(", ");
  const each = user.logins.map(({ name, password }) => {
    const login = `${name}:${password}`;
    return el("div", { class: "login" }, el("code", {}, `${name}:`, el("wbr"), password), copyButton(`Copy the login ${login}`, () => login));
  });
  return el("tr", {},
    el("th", { scope: "row" }, el("code", {}, user.username), el("span", { class: "quiet block" }, `id ${user.id}`)),
    el("td", {}, el("span", {}, user.full_name || "–"), rest ? el("span", { class: "quiet block" }, rest) : null),
    el("td", {}, ...each),
    el("td", {}, badge(user.is_active ? "active" : "inactive", user.is_active)),
  );
}

function showAddresses() {
  const of = byId("addresses-of").value;
  const all = state.accounts
    .filter((account) => !of || account.username === of)
    .flatMap((account) => account.emails.map((email) => ({ ...email, username: account.username })));
  const keyOf = (one) => `${one.username} ${one.email}`;
  fill(byId("addresses"), all.slice(0, shown), keyOf, addressRow, "no addresses");
  byId("addresses-count").textContent =
    all.length > shown ? `${shown} of ${all.length} shown` : `${all.length} shown`;
  byId("addresses-more").hidden = all.length <= shown;
}

function addressRow({ email, username, verified, primary }) {
  return el("tr", {},
    el("th", { scope: "row" }, el("code", {}, email)),
    el("td", { class: "name" }, username),
    el("td", {}, verified ? badge("verified", true) : el("span", { class: "quiet" }, "no")),
    el("td", {}, primary ? badge("primary", true) : el("span", { class: "quiet" }, "no")),
  );
}

function clientRow({ client_id, client_secret, redirect_uris, auto_approve, expires_in }) {
  const facts = [`tokens for ${duration(expires_in)}`, auto_approve ? `approved for ${auto_approve}` : ""];
  return el("tr", {},
    el("th", { scope: "row" }, el("code", {}, client_id), el("span", { class: "quiet block" }, facts.filter(Boolean).join(", "))),
    el("td", {}, client_secret ? el("code", {}, client_secret) : el("span", { class: "quiet" }, "public, with PKCE")),
    el("td", {}, ...redirect_uris.map((uri) => el("code", { class: "block" }, uri))),
  );
}

function showScenarios() {
  const names = scenarios.map(({ name, active }) => [name, active ? `${name} (active)` : name]);
  choices(byId("scenario"), [], names);
  const active = scenarios.find((one) => one.active);
  byId("world-from").textContent = active ? `The scenario ${active.name} is active.` : "No scenario is active.";
  describe();
}

function describe() {
  const chosen = scenarios.find((one) => one.name === byId("scenario").value);
  byId("scenario-description").textContent = chosen?.description ?? "The fixtures hold no scenarios.";
}

async function reset() {
  await call("POST", "reset");
  forget();
  return "Back to the fixtures.";
}

function snapshotNames() {
  return JSON.parse(sessionStorage.getItem(KEPT_SNAPSHOTS) ?? "[]");
}

function showSnapshotNames() {
  byId("snapshots").replaceChildren(...snapshotNames().map((value) => el("option", { value })));
}

async function snapshot(name, verb) {
  await call("POST", verb === "save" ? `snapshots/${name}` : `snapshots/${name}/restore`);
  const names = [name, ...snapshotNames().filter((one) => one !== name)].slice(0, 20);
  sessionStorage.setItem(KEPT_SNAPSHOTS, JSON.stringify(names));
  showSnapshotNames();
  return verb === "save" ? `Saved as ${name}.` : `Went back to ${name}.`;
}

/** Wire the section up; `changed` reads everything anew. */
export function start(changed) {
  const message = byId("world-message");
  const doing = async (source, work) => {
    if (await act(source, message, work)) changed();
  };
  byId("world-refresh").addEventListener("click", (event) =>
    act(event.currentTarget, message, refresh));
  byId("reset").addEventListener("click", async (event) => {
    const source = event.currentTarget;
    const text = "The world goes back to the fixtures, faults are removed, and the journal is emptied. Snapshots and coverage stay.";
    if (await confirmed(`Reset the sandbox ${sandbox || "common"}?`, text, "Reset")) await doing(source, reset);
  });
  byId("scenario").addEventListener("change", describe);
  byId("scenario-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const name = byId("scenario").value;
    doing(event.currentTarget, async () => {
      await call("POST", `scenarios/${encodeURIComponent(name)}`);
      return `Started from ${name}.`;
    });
  });
  byId("snapshot-form").addEventListener("submit", (event) => {
    event.preventDefault();
    doing(event.currentTarget, () => snapshot(byId("snapshot").value, event.submitter?.value ?? "save"));
  });
  byId("addresses-of").addEventListener("change", () => {
    shown = PAGE;
    showAddresses();
  });
  byId("addresses-more").addEventListener("click", () => {
    shown += 5 * PAGE;
    showAddresses();
  });
  showSnapshotNames();
}
