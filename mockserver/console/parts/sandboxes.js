// Sandboxes: list, open, drop.

import { base, baseOf, call, consoleOf, sandbox } from "./api.js";
import { act, button, byId, confirmed, el, fill } from "./dom.js";
import { bytes, duration } from "./pretty.js";

const LOST = "Its world, faults, journal and snapshots are lost. The name is free again.";
const ALL = "*"; // no sandbox has this name
const KEPT_WISH = "accounts-mock sandbox to drop";

/** Read the list anew, and show it. */
export async function refresh() {
  const { count, most, requests_each, memory_bytes, sandboxes } = await call("GET", "sandboxes");
  const rows = sandboxes.reverse().map((one) => ({ ...one, idle_s: duration(one.idle_s) }));
  fill(byId("sandbox-table"), [{ name: "" }, ...rows], (one) => one.name, row, "");
  const facts = [
    `${count} of at most ${most}`,
    count > rows.length ? `the last ${rows.length} shown` : null,
    `each keeps ${requests_each} requests`,
    memory_bytes ? `the server takes ${bytes(memory_bytes)}` : null,
  ];
  byId("sandboxes-facts").textContent = facts.filter(Boolean).join(" · ");
  byId("sandboxes-drop").disabled = !count;
}

function row({ name, requests, faults, idle_s }) {
  const here = name === sandbox;
  const title = name || "common";
  return el("tr", {},
    el("th", { scope: "row" },
      el("a", { href: consoleOf(name), "aria-current": here ? "page" : null, "data-action": "open" }, el("code", {}, title)),
      here ? el("span", { class: "quiet" }, " this one") : null,
      name ? null : el("span", { class: "quiet block" }, "of all who name no sandbox")),
    ...[requests, faults, idle_s].map((value) => el("td", { class: "number" }, value === undefined ? "" : String(value))),
    el("td", { class: "actions" }, name ? dropButton(name) : null),
  );
}

function dropButton(name) {
  return button("Drop", `Drop ${name}`, async (event) => {
    const source = event.currentTarget;
    if (await confirmed(`Drop the sandbox ${name}?`, LOST, "Drop")) drop(source, name);
  }, { "data-action": "drop", class: "small danger" });
}

/** Drop a sandbox, or ALL. Whoever is in it leaves first: a request of this page would make it anew. */
function drop(source, name) {
  if (sandbox && (name === sandbox || name === ALL)) {
    sessionStorage.setItem(KEPT_WISH, name);
    location.assign(consoleOf(""));
    return;
  }
  act(source, byId("sandboxes-message"), async () => {
    await call("DELETE", name === ALL ? "sandboxes" : `sandboxes/${encodeURIComponent(name)}`);
    await refresh();
    if (name === ALL) byId("sandboxes").focus(); // the button is switched off now
    return name === ALL ? "Dropped all." : `Dropped ${name}.`;
  });
}

function dropWhatWasLeft(source) {
  const name = sessionStorage.getItem(KEPT_WISH);
  sessionStorage.removeItem(KEPT_WISH);
  if (name && !sandbox) drop(source, name);
}

/** Wire the section up. */
export function start() {
  const message = byId("sandboxes-message");
  byId("here-name").textContent = sandbox || "common";
  byId("sandbox-base").textContent = baseOf("NAME");
  byId("example").textContent = `curl -u username:password ${base}/api/v1.1/users/janedoe/`;
  byId("sandboxes-refresh").addEventListener("click", (event) => act(event.currentTarget, message, refresh));
  byId("sandboxes-drop").addEventListener("click", async (event) => {
    const source = event.currentTarget;
    if (await confirmed("Drop all sandboxes?", `${LOST} The sandbox common stays.`, "Drop all")) drop(source, ALL);
  });
  byId("sandbox-form").addEventListener("submit", (event) => {
    event.preventDefault();
    location.assign(consoleOf(byId("sandbox-name").value));
  });
  dropWhatWasLeft(byId("sandboxes-drop"));
}
