// Coverage: what requests have met of the contract, and what not.

import { call, consoleOf, sandbox } from "./api.js";
import { act, byId, confirmed, el, fill } from "./dom.js";

let coverage = null;

/** Read the coverage anew, and show it. */
export async function refresh() {
  coverage = await call("GET", "coverage");
  show();
}

/** True while somebody looks at it: it need not be read for nobody. */
export const isShown = () => byId("coverage").checkVisibility();

function show() {
  if (!coverage) return;
  const { percent, summary, requests, complete, operations } = coverage;
  byId("coverage-percent").textContent = `${percent} % of the contract`;
  byId("coverage-meter").value = percent;
  const sums = Object.entries(summary).map(([kind, { met, all }]) => `${met} of ${all} ${kind}`);
  byId("coverage-sums").textContent = `${sums.join(", ")}, met by ${requests} request${requests === 1 ? "" : "s"}.`
    + (complete ? "" : " There were too many different answers to count: some are missing here.");
  const withCodes = byId("coverage-codes").checked;
  fill(byId("coverage-table"), operations.map((one) => ({ ...one, withCodes })), (one) => one.operation, row, "no operations");
}

function row({ operation, requests, corrupted, statuses, undocumented, scopes, withCodes }) {
  const chips = statuses.map((one) => status(one, withCodes));
  chips.push(...undocumented.map(({ status: name, met }) => el("div", {}, chip(name, met, "not in the contract", "else"))));
  chips.push(...scopes.map(({ scope, granted }) => el("div", {}, chip(`scope ${scope}`, granted, "used with success by a token"))));
  const count = [`${requests} request${requests === 1 ? "" : "s"}`, corrupted && `${corrupted} corrupted`];
  return el("tr", {},
    el("th", { scope: "row" }, el("code", {}, operation), el("span", { class: "quiet block" }, count.filter(Boolean).join(", "))),
    el("td", {}, el("div", { class: withCodes ? "lines" : "chips" }, ...chips)),
  );
}

function status({ status: name, met, forced, codes }, withCodes) {
  const made = chip(name, met, forced ? `${forced} of them forced` : "");
  if (!withCodes) return made;
  return el("div", { class: "chips" }, made, ...codes.map(({ code, met: times }) => chip(code, times)));
}

/** A mark for one thing: how often it was met, or that it was not. */
function chip(name, met, more = "", kind = met ? "met" : "unmet") {
  const words = met ? `met ${met} time${met === 1 ? "" : "s"}` : "not met";
  return el("span", { class: "chip", "data-kind": kind, title: [`${name}: ${words}`, more].filter(Boolean).join(", ") },
    name, el("span", { class: "times" }, met ? ` ${met}` : " –"));
}

/** Wire the section up. */
export function start() {
  const message = byId("coverage-message");
  byId("coverage-of").replaceChildren(...(sandbox
    ? [`Requests of the sandbox ${sandbox}. `, el("a", { href: consoleOf("") }, "All sandboxes")]
    : ["All requests since the server was started, in whatever sandbox."]));
  byId("coverage-refresh").addEventListener("click", (event) => act(event.currentTarget, message, refresh));
  byId("coverage-codes").addEventListener("change", show);
  byId("coverage-forget").addEventListener("click", async (event) => {
    const source = event.currentTarget;
    const text = sandbox ? "The count of this sandbox begins anew; that of all sandboxes goes on." : "The count of the run and of each sandbox begins anew.";
    if (!await confirmed("Count anew?", text, "Count anew")) return;
    act(source, message, async () => {
      await call("DELETE", "coverage");
      await refresh();
      return "Counting from now on.";
    });
  });
}
