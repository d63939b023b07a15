// The list of requests, the newest first. It holds so many and no more, and takes what comes in
// portions, so that a flood does not freeze the page.

import { call, send } from "./api.js";
import { details } from "./details.js";
import { act, byId, el } from "./dom.js";
import { clock } from "./pretty.js";

const MOST = 500;
const PER_FRAME = 25;
const SAID_EVERY = 2000; // ms between announcements to screen readers

const list = byId("list");
const wide = matchMedia("(min-width: 1000px)");

let kept = []; // {entry, key, text, row}, the oldest first
let waiting = []; // entries that are not shown yet, the oldest first
const keys = new Set(); // of both
let paused = false;
let framed = false;
let unread = 0;

const keyOf = (entry) => `${entry.id} ${entry.time}`;

/** Add what came. */
export function add(entries) {
  for (const entry of entries) {
    keys.add(keyOf(entry));
    waiting.push(entry);
  }
  for (const entry of waiting.splice(0, waiting.length - MOST)) keys.delete(keyOf(entry));
  if (paused) showPaused();
  else schedule();
}

/** Add what the whole journal holds beyond what is here. */
export function fillFrom(journal) {
  const known = journal.findLastIndex((entry) => keys.has(keyOf(entry)));
  add(journal.slice(known + 1).slice(-MOST));
}

/** Forget everything here; the server keeps its own journal. */
export function forget() {
  kept = [];
  waiting = [];
  keys.clear();
  list.replaceChildren();
  setUnread(0);
  showCount();
  if (paused) showPaused();
}

/** Offer the operations of the contract as filters. */
export function offerOperations(operations) {
  const select = byId("filter-operation");
  select.append(...operations.map((name) => el("option", { value: name }, name)));
}

function schedule() {
  if (framed || !waiting.length) return;
  framed = true;
  requestAnimationFrame(() => {
    framed = false;
    if (!paused) takeSome();
    schedule();
  });
}

function takeSome() {
  const fresh = waiting.splice(0, PER_FRAME).map(item);
  if (kept.length && fresh.length < 5) for (const one of fresh) one.row.className = "fresh";
  const heldAt = holdsStill() ? list.offsetHeight : null;
  kept.push(...fresh);
  list.prepend(...fresh.map((one) => one.row).reverse());
  if (heldAt !== null) {
    scroller().scrollTop += list.offsetHeight - heldAt;
    setUnread(unread + fresh.filter((one) => !one.row.hidden).length);
  }
  for (const old of kept.splice(0, Math.max(0, kept.length - MOST))) {
    keys.delete(old.key);
    old.row.remove();
  }
  showCount();
  announce(fresh);
}

/** Whether somebody is reading further down, or in a request: then nothing may move under their eyes. */
function holdsStill() {
  return isScrolled() || list.querySelector("details[open], :focus-visible") !== null;
}

const scroller = () => (wide.matches ? byId("requests-scroll") : document.scrollingElement);

function isScrolled() {
  if (!byId("requests").checkVisibility()) return false;
  return wide.matches ? scroller().scrollTop > 0 : list.getBoundingClientRect().top < 0;
}

function item(entry) {
  const one = { entry, key: keyOf(entry), text: searchable(entry), row: row(entry) };
  one.row.hidden = !matches(one);
  return one;
}

function row(entry) {
  const { status, path, query } = entry;
  const reason = entry.fault && entry.code === "wanted" ? null : entry.why; // the fault says it already
  const kinds = [...byId("fault-fault").options].map((one) => one.value);
  const corrupted = (entry.fault ?? "").split(/[:,] /).find((part) => kinds.includes(part));
  const shownPath = query ? `${path}?${query}` : path;
  const summary = el("summary", {},
    el("time", { datetime: entry.time }, clock(entry.time)),
    el("span", { class: "method" }, entry.method),
    el("span", { class: "status", "data-class": String(status)[0], "data-corrupted": corrupted }, String(status)),
    el("span", { class: "path", title: shownPath }, shownPath),
    el("span", { class: "operation" }, entry.operation ?? "–"),
    el("span", { class: "caller" }, entry.username ?? "–"),
    el("span", { class: "ms" }, `${entry.ms < 100 ? entry.ms.toFixed(1) : Math.round(entry.ms)} ms`),
    entry.fault && el("span", { class: "fault" }, "fault ", el("span", {}, entry.fault)),
    reason && el("span", { class: "why" }, el("b", {}, entry.code), ` ${reason}`),
    !reason && entry.notes.length ? el("span", { class: "why note" }, entry.notes.join("; ")) : null,
  );
  const body = el("details", {}, summary);
  body.addEventListener("toggle", () => {
    if (!body.open) return;
    if (body.children.length === 1) body.append(details(entry));
    body.scrollIntoView({ block: "nearest" });
  });
  return el("li", {}, body);
}

function searchable(entry) {
  const { method, path, query, status, operation, username, code, why, fault, notes, request, response } = entry;
  return [method, `${path}?${query}`, status, operation, username, code, why, fault, ...notes, request.body, response.body]
    .join("\n")
    .toLowerCase();
}

function matches({ entry, text }) {
  const status = byId("filter-status").value;
  const operation = byId("filter-operation").value;
  const words = byId("filter-text").value.toLowerCase().split(/\s+/);
  if (status === "refused" && entry.status < 400) return false;
  if (status === "fault" && !entry.fault) return false;
  if (/^\d/.test(status) && !String(entry.status).startsWith(status)) return false;
  if (operation && operation !== (entry.operation ?? "-")) return false;
  return words.every((word) => text.includes(word));
}

function filter() {
  for (const one of kept) one.row.hidden = !matches(one);
  showCount();
}

function showCount() {
  const shown = kept.filter((one) => !one.row.hidden).length;
  const full = kept.length === MOST ? `the last ${MOST}` : String(kept.length);
  byId("shown").textContent = shown === kept.length ? `${full} shown` : `${shown} of ${full} shown`;
  byId("no-requests").hidden = kept.length > 0;
  byId("no-match").hidden = shown > 0 || !kept.length;
}

function setUnread(count) {
  unread = count;
  byId("newer").hidden = !count;
  byId("newer").textContent = `↑ ${count} newer`;
}

let lastSaid = 0;
let unsaid = 0;
let saying = 0;

function announce(fresh) {
  unsaid += fresh.length;
  clearTimeout(saying);
  const { method, path, status, code } = fresh.at(-1).entry;
  const last = `${method} ${path} ${status} ${code ?? ""}`;
  saying = setTimeout(() => {
    byId("announcer").textContent = unsaid > 1 ? `${unsaid} new requests, the last: ${last}` : last;
    unsaid = 0;
    lastSaid = performance.now();
  }, Math.max(0, lastSaid + SAID_EVERY - performance.now()));
}

function showPaused() {
  const pause = byId("pause");
  pause.setAttribute("aria-pressed", String(paused));
  pause.textContent = paused ? `Resume${waiting.length ? ` (${waiting.length})` : ""}` : "Pause";
}

/** Stop showing what comes, or go on with it. */
export function togglePause() {
  paused = !paused;
  showPaused();
  schedule();
}

/** Put the focus on the next request of the list (1), or the previous one (-1). */
export function step(direction) {
  const shown = kept.filter((one) => !one.row.hidden).map((one) => one.row.querySelector("summary")).reverse();
  const current = document.activeElement?.closest?.("#list > li")?.querySelector("summary");
  const index = shown.indexOf(current);
  const next = shown[index < 0 ? 0 : index + direction];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

/** Open the request that has the focus, and copy its curl line. */
export function copyCurrent() {
  const current = document.activeElement?.closest?.("#list details");
  if (!current) return;
  if (current.children.length === 1) current.append(details(kept.find((one) => one.row.contains(current)).entry));
  current.open = true;
  current.querySelector("button.copy").click();
}

async function clear() {
  await call("DELETE", "requests");
  forget();
  return "The journal is empty.";
}

async function download() {
  const archive = await (await send("GET", "requests.har")).blob();
  const link = el("a", { href: URL.createObjectURL(archive), download: "requests.har" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  return "requests.har is on its way.";
}

/** Wire the section up. */
export function start() {
  const message = byId("requests-message");
  byId("filter-text").addEventListener("input", filter);
  byId("filter-status").addEventListener("change", filter);
  byId("filter-operation").addEventListener("change", filter);
  byId("filter-clear").addEventListener("click", () => {
    for (const id of ["filter-text", "filter-status", "filter-operation"]) byId(id).value = "";
    filter();
    byId("filter-text").focus();
  });
  byId("pause").addEventListener("click", togglePause);
  byId("clear").addEventListener("click", (event) => act(event.currentTarget, message, clear));
  byId("har").addEventListener("click", (event) => act(event.currentTarget, message, download));
  byId("newer").addEventListener("click", () => {
    setUnread(0);
    for (const open of list.querySelectorAll("details[open]")) open.open = false;
    if (wide.matches) scroller().scrollTop = 0;
    else byId("requests").scrollIntoView();
    step(1);
  });
  byId("requests-scroll").addEventListener("scroll", () => {
    if (!isScrolled()) setUnread(0);
  });
  list.addEventListener("keydown", (event) => {
    const direction = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!direction || event.target.tagName !== "SUMMARY") return;
    event.preventDefault();
    step(direction);
  });
  showCount();
}
