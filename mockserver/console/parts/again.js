// Send a request of the list again: the form is filled in from its entry in the journal.

import { isCut, ownFields } from "./curl.js";
import { act, byId } from "./dom.js";
import { ANY, TEXT, basic, memberField, offered, parameterField, parsed, send, showBody, showLogin, showOperation } from "./send.js";
import { open } from "./tabs.js";
import { listed } from "./tokens.js";
import { logins } from "./world.js";

/** Fill the form in from a request of the list; tells what keeps it from being the same, if anything does. */
function fillFrom(entry) {
  const { method, path, query, request } = entry;
  const operation = query ? undefined : offered().find((one) => one.id === entry.operation && one.method === method);
  const values = operation && pathValues(operation, path);
  byId("send-operation").value = values ? operation.id : ANY;
  showOperation();
  byId("send-method").value = method;
  byId("send-target").value = query ? `${path}?${query}` : path;
  for (const [name, value] of Object.entries(values ?? {})) {
    const input = parameterField(name);
    input.value = value;
    input.dataset.written = "true";
  }
  const isJson = fillBody(request);
  byId("send-headers").value = ownFields(request.headers)
    .filter(([name]) => !isJson || name.toLowerCase() !== "content-type")
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");
  const login = loginOf(entry, operation);
  byId("send-login").value = login ?? "";
  showLogin();
  if (login === undefined) return "The journal does not keep its login: choose one, and send.";
  if (isCut(request)) return "The journal holds only the beginning of its body: complete it, and send.";
  if (`${path}?${query}${request.body}`.includes("***")) return "The journal hides a secret of it behind ***: fill it in, and send.";
  return null;
}

function pathValues({ path }, actual) {
  const pattern = path.split(/\{[^{}]+\}/).map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("([^/]+)");
  const found = new RegExp(`^${pattern}$`).exec(actual);
  try {
    const names = [...path.matchAll(/\{([^{}]+)\}/g)].map(([, name]) => name);
    return found && Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(found[index + 1])]));
  } catch {
    return null; // no UTF-8: it is sent as it stands
  }
}

/** Fill the body in: into the fields, where it is JSON that they can hold; tells whether it is. */
function fillBody({ headers, body }) {
  const type = Object.entries(headers).find(([name]) => name.toLowerCase() === "content-type")?.[1];
  const data = type === "application/json" ? parsed(body) : null;
  const fits = data !== null && typeof data === "object" && !Array.isArray(data)
    && Object.entries(data).every(([name, value]) => value !== "" && memberField(name) && (memberField(name).dataset.type === typeof value || null));
  byId("send-as").value = fits ? "application/json" : TEXT;
  if (fits) for (const [name, value] of Object.entries(data)) memberField(name).value = String(value);
  else byId("send-text").value = body;
  showBody();
  return fits;
}

/** The Authorization that a request had, as far as its entry tells; undefined where it does not. */
function loginOf({ request, username, scheme, code, why }, operation) {
  const sent = Object.entries(request.headers).find(([name]) => name.toLowerCase() === "authorization")?.[1];
  if (sent === undefined) return "";
  if (scheme === "Basic") {
    const login = logins().find((one) => one.username === username);
    return login && basic(login.name, login.password);
  }
  const ended = { "token-expired": "expired", "token-revoked": "revoked" }[code];
  const had = code === "scope-missing" ? /the token has (?:no scope|(.*))$/.exec(why)?.[1] ?? "" : null;
  const token = listed().find((one) => (ended ? one.state === ended : scheme === "Bearer" && one.valid && one.username === username)
    && (had === null ? ended || (operation?.scopes ?? []).every((scope) => one.scopes.includes(scope)) : one.scopes.join(" ") === had));
  return token && `Bearer ${token.access_token}`;
}

/** Send an entry again when the page asks for it. */
export function start() {
  document.addEventListener("send-again", ({ detail: entry }) => {
    open("send");
    const missing = fillFrom(entry);
    act(byId("send-form"), byId("send-message"), async () => {
      if (missing === null) return send();
      byId("send-answer").replaceChildren();
      throw new Error(missing);
    });
  });
}
