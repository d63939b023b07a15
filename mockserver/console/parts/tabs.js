// The views. Where there is room, the requests are always there, and the tabs switch what is beside them;
// where there is not, the requests are a tab too.

import { byId } from "./dom.js";

const wide = matchMedia("(min-width: 1000px)");
const KEPT_TAB = "accounts-mock tab";

let chosen = sessionStorage.getItem(KEPT_TAB) ?? "requests";

const tabs = () => [...byId("tabs").querySelectorAll("[role=tab]")].filter((tab) => !tab.hidden);

function show() {
  const requests = byId("requests");
  byId("tab-requests").hidden = wide.matches;
  requests.setAttribute("role", wide.matches ? "region" : "tabpanel");
  const current = tabs().find((tab) => tab.getAttribute("aria-controls") === chosen) ?? tabs()[0];
  const panel = current.getAttribute("aria-controls");
  for (const tab of byId("tabs").querySelectorAll("[role=tab]")) {
    tab.setAttribute("aria-selected", String(tab === current));
    tab.tabIndex = tab === current ? 0 : -1;
    byId(tab.getAttribute("aria-controls")).hidden = tab !== current;
  }
  requests.hidden = !wide.matches && panel !== "requests";
}

/** Show a view, and put the focus on it. */
export function open(name) {
  const onlyFocus = name === "requests" && wide.matches;
  if (!onlyFocus) choose(name);
  byId(name).focus({ preventScroll: wide.matches });
}

let changed = () => {};

function choose(name) {
  chosen = name;
  sessionStorage.setItem(KEPT_TAB, name);
  show();
  if (!wide.matches) scrollTo(0, 0); // each view begins at its top
  changed();
}

function move(event) {
  const all = tabs();
  const index = all.indexOf(document.activeElement);
  const next = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: -1 }[event.key];
  if (index < 0 || next === undefined) return;
  event.preventDefault();
  const tab = all.at(next % all.length);
  choose(tab.getAttribute("aria-controls"));
  tab.focus();
}

/** Wire the tabs up; `onChange` is called when another one was chosen. */
export function startTabs(onChange) {
  changed = onChange;
  byId("tabs").addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab) choose(tab.getAttribute("aria-controls"));
  });
  byId("tabs").addEventListener("keydown", move);
  byId("here").addEventListener("click", () => open("sandboxes"));
  wide.addEventListener("change", show);
  show();
}
