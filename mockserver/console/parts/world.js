// Users and addresses as tables; scenarios, snapshots and reset.

import { call, sandbox } from "./api.js";
import { act, byId, choices, confirmed, copyButton, el, fill, say } from "./dom.js";
import { forget } from "./requests.js";

const MOST_USERS = 200;
const PAGE = 100;
const KEPT_SNAPSHOTS = `accounts-mock snapshots of ${sandbox}`;

let state = { accounts: [], logins: [] };
let scenarios = [];
let shown = PAGE;

/** Read the state anew, and show it. */
export async function refresh() {
  state = await call("GET", "state");
  show();
}

/** The usernames, as they were read last. */
export const usernames = () => state.accounts.map((account) => account.username);

function show() {
  const count = state.accounts.length;
  byId("users-count").textContent = count > MOST_USERS ? `, the first ${MOST_USERS} of ${count}` : "";
  fill(byId("users"), state.accounts.slice(0, MOST_USERS).map(withLogins), (one) => one.username, userRow, "no users");
  choices(byId("addresses-of"), usernames(), [["", "everybody"]]);
  showAddresses();
}

function withLogins(account) {
  const further = (state.logins ?? []).filter((login) => login.username === account.username);
  const { username, password, full_name, company, location, is_active, id } = account;
  const logins = [[username, password], ...further.map((login) => [login.name, login.password])];
  return { username, id, full_name, company, location, is_active, logins };
}

function userRow(user) {
  const rest = [user.company, user.location].filter(Boolean).join(", ");
  const logins = user.logins.map(([name, password]) => {
    const login = `${name}:${password}`;
    return el("div", { class: "login" }, el("code", {}, `${name}:`, el("wbr"), password), copyButton(`Copy the login ${login}`, () => login));
  });
  return el("tr", {},
    el("th", { scope: "row" }, el("code", {}, user.username), el("span", { class: "quiet block" }, `id ${user.id}`)),
    el("td", {}, el("span", {}, user.full_name || "–"), rest ? el("span", { class: "quiet block" }, rest) : null),
    el("td", {}, ...logins),
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

/** A word in a colour: good, or not. */
export function badge(text, good) {
  return el("span", { class: "badge", "data-good": String(Boolean(good)) }, text);
}

/** Read which scenarios there are. */
export async function readScenarios() {
  try {
    scenarios = await call("GET", "scenarios");
  } catch (error) {
    say(byId("world-message"), error.message, "failed");
    return;
  }
  choices(byId("scenario"), scenarios.map((one) => one.name));
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
    act(event.currentTarget, message, async () => {
      await readScenarios();
      await refresh();
    }));
  byId("reset").addEventListener("click", async (event) => {
    const source = event.currentTarget;
    const text = "Accounts, addresses and tokens go back to the fixtures, faults are removed, and the journal is emptied. Snapshots stay.";
    if (await confirmed(`Reset ${sandbox ? `the sandbox ${sandbox}` : "the common world"}?`, text, "Reset")) await doing(source, reset);
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
  readScenarios();
}
