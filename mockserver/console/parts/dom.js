// Elements, messages and dialogs. Whatever comes from outside goes in as text, never as markup.

/** The element of an id. */
export const byId = (id) => document.getElementById(id);

/**
 * A new element. `on` holds listeners, `class` the class; everything else is an attribute, left out
 * when it is null or false. Children that are strings become text.
 */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    } else if (value !== null && value !== undefined && value !== false) {
      made.setAttribute(name, value === true ? "" : value);
    }
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Say something beside the place where it was done; `kind` is "done" or "failed". */
export function say(message, text, kind = "done") {
  message.textContent = text;
  message.dataset.kind = text ? kind : "";
}

/**
 * Do what a button or a form asks for, once at a time, and say beside it how that went.
 * What `work` gives back is said; an error is shown. Tells whether it worked.
 */
export async function act(source, message, work) {
  if (source.getAttribute("aria-busy") === "true") return false;
  source.setAttribute("aria-busy", "true");
  say(message, "");
  try {
    say(message, (await work()) ?? "");
    return true;
  } catch (error) {
    say(message, error.message, "failed");
    return false;
  } finally {
    source.removeAttribute("aria-busy");
  }
}

/** A word in a colour: good, or not. */
export function badge(text, good) {
  return el("span", { class: "badge", "data-good": String(Boolean(good)) }, text);
}

/** A small button. `label` is what it is called where `text` alone would not do. */
export function button(text, label, onClick, more = {}) {
  return el("button", { type: "button", "aria-label": label, title: label, class: "small", on: { click: onClick }, ...more }, text);
}

/** A button that copies what `text` gives, and says that it did. */
export function copyButton(label, text) {
  const made = button("Copy", label, async () => {
    const copied = await copy(text());
    made.textContent = copied ? "Copied" : "Failed";
    setTimeout(() => (made.textContent = "Copy"), 1500);
  }, { class: "small copy", "data-action": "copy" });
  return made;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text); // the clipboard is closed to pages that are not on localhost
  }
}

function copyBySelection(text) {
  const area = el("textarea", { class: "unseen", "aria-hidden": "true" });
  const before = document.activeElement;
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  before?.focus();
  return copied;
}

/**
 * Fill the body of a table. A row whose item is the same as before stays as it is, so that nothing
 * flickers, and the focus stays where it was.
 */
export function fill(table, items, keyOf, rowOf, empty) {
  const body = table.tBodies[0];
  const focus = focusIn(body);
  const old = new Map([...body.rows].map((row) => [row.dataset.key, row]));
  const rows = items.map((item) => {
    const key = keyOf(item);
    const shown = JSON.stringify(item);
    const there = old.get(key);
    if (there?.shown === shown) return there;
    const row = rowOf(item);
    row.dataset.key = key;
    row.shown = shown;
    return row;
  });
  if (!rows.length) {
    rows.push(el("tr", {}, el("td", { class: "quiet", colspan: table.tHead.rows[0].cells.length }, empty)));
  }
  body.replaceChildren(...rows);
  if (focus) focusAgain(table, focus);
}

function focusIn(body) {
  const active = document.activeElement;
  if (!body.contains(active)) return null;
  const row = active.closest("tr");
  return { key: row.dataset.key, index: row.sectionRowIndex, action: active.dataset.action };
}

function focusAgain(table, { key, index, action }) {
  const rows = [...table.tBodies[0].rows];
  const row = rows.find((one) => one.dataset.key === key) ?? rows[Math.min(index, rows.length - 1)];
  const target = row.querySelector(`[data-action="${action}"]:not(:disabled)`) ?? row.querySelector("button, a");
  (target ?? table.closest("section")).focus();
}

/** Make a choice of some values; what was chosen stays chosen while it is there. */
export function choices(select, values, first = []) {
  const chosen = select.value;
  const options = [...first, ...values.map((value) => [value, value])];
  if (JSON.stringify(options) === select.dataset.options) return;
  select.dataset.options = JSON.stringify(options);
  select.replaceChildren(...options.map(([value, text]) => el("option", { value }, text)));
  if (options.some(([value]) => value === chosen)) select.value = chosen;
}

/** Ask before something is lost. Escape and Cancel mean no. */
export function confirmed(title, text, verb) {
  const dialog = byId("confirm");
  byId("confirm-title").textContent = title;
  byId("confirm-text").textContent = text;
  byId("confirm-yes").textContent = verb;
  return new Promise((resolve) => {
    byId("confirm-no").onclick = () => dialog.close("no");
    byId("confirm-yes").onclick = () => dialog.close("yes");
    dialog.onclose = () => resolve(dialog.returnValue === "yes");
    dialog.returnValue = "no";
    dialog.showModal();
  });
}

/** Run something soon, and once for all who ask meanwhile. */
export function soon(work, milliseconds) {
  let timer = 0;
  return () => {
    timer ||= setTimeout(() => {
      timer = 0;
      work();
    }, milliseconds);
  };
}
