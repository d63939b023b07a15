// The console: wires its sections to the control API and to each other.

import { call, keepToken, onLocked } from "./parts/api.js";
import { byId, say, soon } from "./parts/dom.js";
import { follow } from "./parts/events.js";
import * as faults from "./parts/faults.js";
import { startKeys } from "./parts/keys.js";
import * as requests from "./parts/requests.js";
import * as sandboxes from "./parts/sandboxes.js";
import { startTabs } from "./parts/tabs.js";
import * as tokens from "./parts/tokens.js";
import * as world from "./parts/world.js";

/** Read one section anew, and say beside it if that did not work. */
const reading = (section, message) => async () => {
  try {
    await section.refresh();
    if (byId(message).dataset.reading) say(byId(message), "");
    delete byId(message).dataset.reading;
  } catch (error) {
    byId(message).dataset.reading = "failed";
    say(byId(message), error.message, "failed");
  }
};
const readWorld = reading(world, "world-message");
const readTokens = reading(tokens, "tokens-message");
const readFaults = reading(faults, "faults-message");
const readSandboxes = reading(sandboxes, "sandboxes-message");

async function readAll() {
  await readWorld(); // the others offer its users
  await Promise.all([readTokens(), readFaults(), readSandboxes()]);
}

const worldSoon = soon(readWorld, 300);
const faultsSoon = soon(readFaults, 300);
const allSoon = soon(readAll, 300);

/** Show requests, and read anew what they may have changed. */
function take(entries) {
  requests.add(entries);
  if (entries.some((entry) => entry.status < 300 && !/^(GET|HEAD|OPTIONS)$/.test(entry.method))) worldSoon();
  if (entries.some((entry) => entry.fault)) faultsSoon();
}

let wasLive = false;

function showConnection(state, reason = "", seconds = 0) {
  const words = {
    connecting: "Connecting …",
    live: "Live",
    asleep: "Asleep while hidden",
    locked: "Locked",
    lost: `Not connected, trying again in ${Math.ceil(seconds)} s`,
  };
  const connection = byId("connection");
  if (connection.dataset.state === "lost" && state === "connecting") return; // no flicker between two tries
  connection.dataset.state = state;
  connection.textContent = words[state];
  connection.title = reason;
  byId("retry").hidden = state !== "lost";
  if (state === "lost") say(byId("requests-message"), reason, "failed");
  if (state !== "live") return;
  say(byId("requests-message"), "");
  if (wasLive) allSoon(); // who knows what changed meanwhile
  wasLive = true;
}

function startLock(unlocked) {
  const form = byId("unlock");
  const field = byId("unlock-token");
  onLocked((known) => {
    if (known) say(byId("unlock-message"), "The server refuses this token.", "failed");
    if (!form.hidden) return;
    form.hidden = false;
    document.querySelector("main").hidden = true;
    field.focus();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    keepToken(field.value.trim());
    say(byId("unlock-message"), "");
    try {
      await call("GET", "faults");
    } catch (error) {
      if (error.status !== 401) say(byId("unlock-message"), error.message, "failed");
      field.select();
      return;
    }
    field.value = "";
    form.hidden = true;
    document.querySelector("main").hidden = false;
    unlocked();
  });
}

/** Offer what the contracts have: their operations, and the scopes. */
async function readContract() {
  const [contract, flow] = await Promise.all([call("GET", "../openapi.json"), call("GET", "../oauth.json")]);
  const operations = [contract, flow]
    .flatMap(({ paths }) => Object.values(paths).flatMap((item) => Object.values(item)))
    .map((operation) => operation.operationId)
    .filter(Boolean);
  const schemes = Object.values(contract.components?.securitySchemes ?? {});
  const flows = schemes.flatMap((scheme) => Object.values(scheme.flows ?? {}));
  requests.offerOperations(operations);
  faults.offerOperations(operations);
  tokens.offerScopes(Object.assign({}, ...flows.map((flow) => flow.scopes)));
}

requests.start();
tokens.start();
faults.start();
sandboxes.start();
startTabs(allSoon);
startKeys();
world.start(readAll);
startLock(() => {
  reconnect();
  world.readScenarios();
  readAll();
});
const reconnect = follow({ journal: requests.fillFrom, entries: take, state: showConnection });
byId("retry").addEventListener("click", reconnect);
addEventListener("focus", allSoon);
readContract().catch((error) => say(byId("tokens-message"), error.message, "failed"));
await readAll();
