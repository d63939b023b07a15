// Send a request: an operation of the contract with its fields, or any other.

import { base } from "./api.js";
import { pairs } from "./details.js";
import { act, badge, byId, copyButton, el } from "./dom.js";
import { bytes, pretty } from "./pretty.js";
import { listed } from "./tokens.js";
import { logins, usernames } from "./world.js";

/** The choice for requests with a method and a path of one's own. */
export const ANY = ""
const OTHER = "other"; // the login with an Authorization of one's own
/** The way to send a body that is written out. */
export const TEXT = "text";
const FORM = "application/x-www-form-urlencoded";
const MULTIPART = "multipart/form-data";
const AS = { "application/json": "JSON", [FORM]: "URL-encoded form", [MULTIPART]: "multipart form", [TEXT]: "text, as written" };

let operations = [];

const chosen = () => operations.find((one) => one.id === byId("send-operation").value);

/** The operations that are offered. */
export const offered = () => operations;

/** The field of a member of the body. */
export const memberField = (name) => byId("send-fields").querySelector(`[name="${CSS.escape(name)}"]`);

/** The field of a parameter of the path. */
export const parameterField = (name) => byId("send-parameters").querySelector(`[name="${CSS.escape(name)}"]`);

/** Offer the operations of the contract. */
export function offerOperations(all) {
  operations = all;
  byId("send-operation").replaceChildren(
    ...all.map(({ id, method }) => el("option", { value: id }, `${id} (${method})`)),
    el("option", { value: ANY }, "another request …"));
  showOperation();
}

/** Offer the logins of the world: HTTP Basic, and the tokens. */
function offerLogins() {
  const select = byId("send-login");
  const before = select.options.length ? select.value : null;
  const [good, refused] = [true, false].map((valid) => listed().filter((token) => token.valid === valid));
  const groups = [
    ["HTTP Basic", logins().map(({ username, name, password }) => [basic(name, password), `${name}:${password}`, username])],
    ["Bearer tokens", good.map(bearer)],
    ["Bearer tokens that are refused", refused.map(bearer)],
  ];
  const shown = JSON.stringify(groups);
  if (shown === select.dataset.shown) return; // so that nothing closes under somebody's hands
  select.dataset.shown = shown;
  select.replaceChildren(
    ...groups.filter(([, options]) => options.length).map(([label, options]) =>
      el("optgroup", { label }, ...options.map(([value, text, username]) => el("option", { value, "data-username": username }, text)))),
    el("option", { value: "" }, "nobody: no Authorization"),
    el("option", { value: OTHER }, "another Authorization …"));
  if ([...select.options].some((option) => option.value === before)) select.value = before;
  showLogin();
}

/** An Authorization by HTTP Basic. */
export function basic(name, password) {
  const bytes = new TextEncoder().encode(`${name}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

function bearer({ access_token, username, scopes, state }) {
  const what = state === "valid" ? scopes.join(" ") || "no scopes" : state;
  return [`Bearer ${access_token}`, `${access_token} (${what})`, username];
}

/** Show what goes with the chosen login. */
export function showLogin() {
  const { value, selectedOptions } = byId("send-login");
  byId("send-authorization-label").hidden = value !== OTHER;
  const owner = chosen()?.owner;
  const input = owner && parameterField(owner);
  // The account is that of the login, until somebody writes another.
  if (input && !input.dataset.written) input.value = selectedOptions[0]?.dataset.username ?? usernames()[0] ?? "";
}

/** Offer no login of a user to an operation that takes none, such as those of the token flow. */
function chooseLogin(operation) {
  const login = byId("send-login");
  if (!operation) return;
  if (!operation.scopes.length && login.value) {
    login.dataset.before = login.value;
    login.value = "";
  } else if (operation.scopes.length && login.dataset.before) {
    login.value ||= login.dataset.before;
    delete login.dataset.before;
  }
}

/** Show the fields of the chosen operation. */
export function showOperation() {
  const operation = chosen();
  chooseLogin(operation);
  byId("send-any").hidden = Boolean(operation);
  byId("send-scope").textContent = operation
    ? `${operation.path}, ${operation.scopes.length ? `scope ${operation.scopes.join(" ")}` : "no scope needed"}` : "";
  byId("send-parameters").replaceChildren(...(operation?.parameters ?? []).map(({ name, in: place, required, description }) =>
    el("label", {}, `${name} in the ${place} `,
      el("input", { name, title: description, list: place === "path" ? "usernames" : null, required, placeholder: required ? null : "left out", autocomplete: "off", spellcheck: "false", on: { input: (event) => (event.target.dataset.written = "true") } }))));
  byId("send-body").hidden = operation?.mediaTypes.length === 0;
  const types = operation ? [...operation.mediaTypes.filter((name) => AS[name]), TEXT] : [TEXT];
  byId("send-as").replaceChildren(...types.map((value) => el("option", { value }, AS[value])));
  byId("send-fields").replaceChildren(...(operation?.fields ?? []).map(inputOf));
  byId("send-text").value = "";
  showBody();
  showLogin();
}

function inputOf({ name, type, required, description }) {
  const attributes = { name, title: description, "data-type": type };
  const input = type === "boolean"
    ? el("select", attributes, ...["", "true", "false"].map((value) => el("option", { value }, value || "left out")))
    : el("input", { ...attributes, placeholder: required ? "required" : "left out", autocomplete: "off", spellcheck: "false" });
  return el("label", {}, `${name} `, input);
}

/** Show the body as it is to be sent. */
export function showBody() {
  const isText = byId("send-as").value === TEXT;
  byId("send-fields").hidden = isText;
  byId("send-text-label").hidden = !isText;
  if (isText && !byId("send-text").value && chosen()) byId("send-text").value = JSON.stringify(members(), null, 2);
}

/** The members that are filled in; a number or anything else that is no text is written as JSON. */
function members() {
  const found = {};
  for (const input of byId("send-fields").querySelectorAll("[name]")) {
    if (input.value !== "") found[input.name] = input.dataset.type === "string" ? input.value : parsed(input.value);
  }
  return found;
}

/** A text as JSON data; if it is none, the text. */
export function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What the form says, as `fetch` takes it. Throws an Error in the words of the form. */
function wanted() {
  const operation = chosen();
  const headers = new Headers();
  for (const line of byId("send-headers").value.split("\n").filter((one) => one.trim())) {
    const [, name, value] = /^\s*([^:\s]+)\s*:(.*)$/.exec(line) ?? [];
    if (!name) throw new Error(`More header fields: “${line.trim()}” is no “Name: value”.`);
    headers.append(name, value.trim());
  }
  const login = byId("send-login").value;
  const authorization = login === OTHER ? byId("send-authorization").value : login;
  if (authorization) headers.set("Authorization", authorization);
  const method = operation?.method ?? byId("send-method").value.trim();
  let path = byId("send-target").value;
  if (operation) {
    path = operation.path.replace(/\{([^{}]+)\}/g, (_, name) =>
      encodeURIComponent(parameterField(name).value));
    const query = new URLSearchParams(operation.parameters
      .filter((one) => one.in === "query" && parameterField(one.name).value !== "")
      .map(({ name }) => [name, parameterField(name).value]));
    if (query.size) path += `?${query}`;
  } else if (!path.startsWith("/")) {
    throw new Error("Path and query: begin with a slash.");
  }
  return { method, path, headers, body: bodyOf(headers, method) };
}

function bodyOf(headers, method) {
  if (byId("send-body").hidden || /^(GET|HEAD)$/i.test(method)) return undefined;
  const as = byId("send-as").value;
  if (as === TEXT) {
    // Without a type of its own: it is sent with the one that the header fields say, or without.
    const text = byId("send-text").value;
    return text === "" ? undefined : new Blob([text]);
  }
  if (as === FORM) return new URLSearchParams(Object.entries(members()));
  if (as === MULTIPART) {
    const form = new FormData();
    for (const [name, value] of Object.entries(members())) form.append(name, value);
    return form;
  }
  headers.set("Content-Type", as);
  return JSON.stringify(members());
}

class Redirect extends Error {}

/** Send what the form says, and show the answer. */
export async function send() {
  const { method, path, headers, body } = wanted();
  const answer = byId("send-answer");
  answer.setAttribute("aria-busy", "true");
  const started = performance.now();
  try {
    const response = await fetch(base + path, { method, headers, body, cache: "no-store", credentials: "omit", redirect: "manual" });
    if (response.type === "opaqueredirect") throw new Redirect();
    const text = await response.text().catch(() => null);
    showAnswer(response, text, performance.now() - started);
  } catch (error) {
    const [what, why] = error instanceof Redirect
      ? ["A redirect", "No script can read where to; the list of requests shows it."]
      : ["No answer", "The connection broke before there was one: a fault, or the server has ended."];
    answer.replaceChildren(el("p", {}, badge(what, false), ` ${why}`));
  } finally {
    answer.removeAttribute("aria-busy");
  }
}

function showAnswer({ status, statusText, headers }, text, ms) {
  const body = text ?? "";
  const problem = parsed(body);
  const fields = [...headers];
  const parts = [
    el("p", { class: "answered" },
      el("span", { class: "status", "data-class": String(status)[0] }, `${status} ${statusText}`),
      el("span", { class: "quiet" }, ` in ${ms < 100 ? ms.toFixed(1) : Math.round(ms)} ms`)),
    status >= 400 && problem?.detail && el("p", { class: "why" }, problem.code ? el("b", {}, `${problem.code} `) : null, problem.detail),
    text === null && el("p", { class: "why" }, "Its body broke off in the middle."),
    el("div", { class: "size" },
      el("p", { class: "quiet" }, body ? bytes(new TextEncoder().encode(body).length) : "no body"),
      body ? copyButton("Copy the body of the answer", () => body) : null),
    body && el("pre", { tabindex: "0", role: "group", "aria-label": "Answer, body" }, pretty(body)),
    el("details", { class: "more" }, el("summary", {}, `${fields.length} header fields`), pairs(fields)),
  ];
  byId("send-answer").replaceChildren(...parts.filter(Boolean));
  byId("send-answer").scrollIntoView({ block: "nearest" });
}

/** Wire the section up. */
export function start() {
  byId("send-operation").addEventListener("change", showOperation);
  document.addEventListener("logins-read", offerLogins);
  byId("send-login").addEventListener("change", showLogin);
  byId("send-as").addEventListener("change", showBody);
  byId("send-form").addEventListener("submit", (event) => {
    event.preventDefault();
    act(event.currentTarget, byId("send-message"), send);
  });
}
