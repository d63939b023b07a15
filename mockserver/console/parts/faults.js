// Faults: list, add, remove.

import { call } from "./api.js";
import { exampleOf } from "./contract.js";
import { act, button, byId, el, fill } from "./dom.js";
import { usernames } from "./world.js";

// The members of a rule, in the words of the form.
const LABELS = {
  operation: "Operation", method: "Method", username: "User in the path", times: "Stop after", probability: "Probability", seed: "Seed",
  code: "Status", retry_after: "Retry-After", wait: "Wait", fault: "Broken answer",
};

// A rule for all requests at a click; a second one removes it.
const PRESETS = {
  slow: () => ({ wait: { uniform: [1, 3] } }),
  offline: () => ({ fault: "reset" }),
  busy: () => ({ code: 429, retry_after: 5 }),
  failing: () => ({ code: 500 }),
  ended: () => ({ code: 401, body: exampleOf("token-expired") }),
};

let faults = [];

/** Read the rules anew, and show them. */
export async function refresh() {
  faults = await call("GET", "faults");
  for (const preset of presets()) preset.setAttribute("aria-pressed", String(Boolean(activeRule(preset))));
  fill(byId("fault-table"), faults, (fault) => fault.id, row, "nothing goes wrong on demand");
  byId("faults-count").textContent = faults.length ? ` ${faults.length}` : "";
  byId("faults-clear").disabled = !faults.length;
  byId("usernames").replaceChildren(...usernames().map((value) => el("option", { value })));
}

const presets = () => byId("fault-presets").querySelectorAll("button");

/** The rule that a preset has made, or one like it. */
function activeRule(preset) {
  const wanted = Object.entries(PRESETS[preset.dataset.preset]()).filter(([, value]) => value !== undefined);
  return faults.find(({ id: _, hits: __, remaining, ...rule }) => remaining !== 0
    && Object.keys(rule).length === wanted.length
    && wanted.every(([name, value]) => JSON.stringify(rule[name]) === JSON.stringify(value)));
}

async function toggle(preset) {
  const active = activeRule(preset);
  if (active) await call("DELETE", `faults/${encodeURIComponent(active.id)}`);
  else await call("POST", "faults", PRESETS[preset.dataset.preset]());
  await refresh();
  return active ? `${preset.textContent}: off.` : `${preset.textContent}: on, for all requests.`;
}

function row(fault) {
  const { id, hits, remaining } = fault;
  const remove = button("Remove", `Remove ${id}`, (event) => {
    const source = event.currentTarget;
    act(source, byId("faults-message"), async () => {
      await call("DELETE", `faults/${encodeURIComponent(id)}`);
      await refresh();
      return `Removed ${id}.`;
    });
  }, { "data-action": "remove", class: "small danger" });
  return el("tr", { class: remaining === 0 ? "spent" : null },
    el("th", { scope: "row" }, matched(fault), el("span", { class: "quiet block" }, id)),
    el("td", {}, effect(fault)),
    el("td", { class: "number" }, String(hits)),
    el("td", { class: "number" }, remaining === null ? "∞" : String(remaining)),
    el("td", { class: "actions" }, remove),
  );
}

function matched({ operation, method, username, probability, seed }) {
  const what = operation ? [method, operation] : method ? [`any ${method}`] : ["any operation"];
  const parts = [...what, username && `of ${username}`];
  if (probability !== undefined && probability < 1) parts.push(`in ${Number((probability * 100).toPrecision(3))}\u00a0% of cases`);
  const all = parts.filter(Boolean).join(" ");
  return seed === undefined ? all : `${all}, seed ${seed}`;
}

function effect({ code, retry_after, body, wait, fault }) {
  const parts = [];
  if (wait !== undefined) parts.push(waiting(wait));
  if (code !== undefined) parts.push(`status ${code}`);
  if (retry_after !== undefined) parts.push(`Retry-After ${retry_after}\u00a0s`);
  if (body !== undefined && body !== null) parts.push("a body of its own");
  if (fault !== undefined) parts.push(fault);
  return parts.join(", ");
}

function waiting(wait) {
  if (typeof wait === "number") return `wait ${wait}\u00a0s`;
  if (wait.uniform) return `wait ${wait.uniform.join(" to ")}\u00a0s`;
  return `wait about ${wait.normal.mean} ± ${wait.normal.deviation}\u00a0s`;
}

/** What the form says, as the control API takes it. Throws an Error in the words of the form. */
function wanted() {
  const wish = {};
  const text = (member, id) => {
    const { value } = byId(id);
    if (value) wish[member] = value;
  };
  const number = (member, id) => {
    const { value } = byId(id);
    if (value !== "") wish[member] = Number(value);
  };
  text("operation", "fault-operation");
  text("method", "fault-method");
  text("username", "fault-username");
  number("times", "fault-times");
  number("probability", "fault-probability");
  number("seed", "fault-seed");
  number("code", "fault-code");
  number("retry_after", "fault-retry");
  number("wait", "fault-wait");
  text("fault", "fault-fault");
  const longest = byId("fault-wait-to").value;
  if (longest !== "" && Number(longest) < (wish.wait ?? 0)) throw new Error("Wait at most is less than Wait at least.");
  if (longest !== "") wish.wait = { uniform: [wish.wait ?? 0, Number(longest)] };
  if (wish.retry_after !== undefined && wish.code === undefined) throw new Error("Retry-After goes with a status: fill in Status too.");
  if (!["code", "wait", "fault"].some((name) => name in wish)) throw new Error("Say what goes wrong: a Status, a Wait, or a Broken answer.");
  return wish;
}

/** A refusal in the words of the form. */
function inWords(problem) {
  const told = (problem.errors ?? []).map(({ pointer, detail }) => {
    const label = LABELS[pointer.split("/")[1]];
    return label ? `${label} ${detail}.` : null;
  });
  return told.length && told.every(Boolean) ? new Error(told.join(" ")) : problem;
}

/** Offer the operations of the contract. */
export function offerOperations(operations) {
  byId("fault-operation").append(...operations.map((name) => el("option", { value: name }, name)));
}

/** Wire the section up. */
export function start() {
  const message = byId("faults-message");
  byId("faults-refresh").addEventListener("click", (event) => act(event.currentTarget, message, refresh));
  byId("faults-clear").addEventListener("click", (event) => act(event.currentTarget, message, async () => {
    await call("DELETE", "faults");
    await refresh();
    byId("faults").focus(); // the button is switched off now
    return "Nothing goes wrong on demand any more.";
  }));
  byId("fault-presets").addEventListener("click", (event) => {
    const preset = event.target.closest("button");
    if (preset) act(preset, message, () => toggle(preset));
  });
  byId("fault-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    act(form, message, async () => {
      const fault = await call("POST", "faults", wanted()).catch((problem) => {
        throw inWords(problem);
      });
      form.reset();
      await refresh();
      return `Added ${fault.id}.`;
    });
  });
}
