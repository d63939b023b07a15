// Faults: list, add, remove.

import { call } from "./api.js";
import { act, button, byId, el, fill } from "./dom.js";
import { usernames } from "./world.js";

/** Read the rules anew, and show them. */
export async function refresh() {
  const faults = await call("GET", "faults");
  fill(byId("fault-table"), faults, (fault) => fault.id, row, "nothing goes wrong on demand");
  byId("faults-count").textContent = faults.length ? ` ${faults.length}` : "";
  byId("faults-clear").disabled = !faults.length;
  byId("usernames").replaceChildren(...usernames().map((value) => el("option", { value })));
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

/** What the form says, as the control API takes it. */
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
  if (longest !== "") wish.wait = { uniform: [wish.wait ?? 0, Number(longest)] };
  return wish;
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
  byId("fault-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    act(form, message, async () => {
      const fault = await call("POST", "faults", wanted());
      form.reset();
      await refresh();
      return `Added ${fault.id}.`;
    });
  });
}
