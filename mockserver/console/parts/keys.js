// Single keys. They are listed in the dialog that `?` opens, and can be switched off there.

import { byId } from "./dom.js";
import { copyCurrent, step, togglePause } from "./requests.js";
import { open } from "./tabs.js";

const KEPT_OFF = "accounts-mock keys are off";
const FIELDS = "input:not([type=checkbox]), select, textarea, [contenteditable]";

const help = () => byId("help").showModal();

const ACTIONS = {
  "/": () => {
    open("requests");
    byId("filter-text").select();
  },
  j: () => step(1),
  k: () => step(-1),
  c: copyCurrent,
  p: togglePause,
  r: () => open("requests"),
  n: () => open("send"),
  w: () => open("world"),
  t: () => open("tokens"),
  f: () => open("faults"),
  v: () => open("coverage"),
  s: () => open("sandboxes"),
  "?": help,
};

function onKey(event) {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (document.querySelector("dialog[open]") || !byId("unlock").hidden) return;
  if (target.matches(FIELDS)) {
    if (key === "Escape" && target.id === "filter-text") {
      target.value = "";
      target.dispatchEvent(new Event("input"));
      byId("requests").focus({ preventScroll: true });
    } else if (key === "Escape") {
      target.closest("section")?.focus({ preventScroll: true });
    }
    return;
  }
  if (localStorage.getItem(KEPT_OFF) || !Object.hasOwn(ACTIONS, key)) return;
  event.preventDefault();
  ACTIONS[key]();
}

/** Wire the keys and their dialog up. */
export function startKeys() {
  const on = byId("keys-on");
  on.checked = !localStorage.getItem(KEPT_OFF);
  on.addEventListener("change", () => {
    if (on.checked) localStorage.removeItem(KEPT_OFF);
    else localStorage.setItem(KEPT_OFF, "1");
  });
  byId("help-open").addEventListener("click", help);
  byId("help-close").addEventListener("click", () => byId("help").close());
  document.addEventListener("keydown", onKey);
}
