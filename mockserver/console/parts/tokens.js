// Tokens: mint, copy, expire, revoke. Those that are valid stand first, by user.

import { call } from "./api.js";
import { act, badge, button, byId, choices, copyButton, el, fill } from "./dom.js";
import { duration } from "./pretty.js";
import { usernames } from "./world.js";

const PAGE = 100;

let tokens = [];
let shown = PAGE;

/** Read the tokens anew, and show them. */
export async function refresh() {
  const all = (await call("GET", "tokens")).reverse().map((token) => {
    const state = token.revoked ? "revoked" : token.expired ? "expired" : "valid";
    return { ...token, state, valid: state === "valid" };
  });
  const places = new Map(usernames().map((name, place) => [name, place]));
  const place = ({ valid, username }) => (places.get(username) ?? places.size) + (valid ? 0 : 1e9);
  tokens = all.sort((one, other) => place(one) - place(other)); // the newest of each first, as before
  show();
}

/** The tokens as they were read last, in the order in which they are shown. */
export const listed = () => tokens;

function show() {
  choices(byId("mint-user"), usernames());
  // How long each still lives changes all the time; the row is made anew only when what it says does.
  const facts = tokens.slice(0, shown).map(({ expires_in, ...rest }) => ({ ...rest, left: left(rest, expires_in) }));
  fill(byId("token-table"), facts, (token) => token.id, row, "no tokens");
  byId("tokens-more").hidden = tokens.length <= shown;
  document.dispatchEvent(new Event("logins-read"));
}

function left({ expires_at, expired, revoked }, seconds) {
  if (revoked) return "";
  if (expires_at === null) return "never expires";
  return expired ? `since ${new Date(expires_at).toLocaleDateString()}` : `for ${duration(seconds)}`;
}

function row(token) {
  const { id, access_token, username, scopes, revoked, state, valid, left: howLong } = token;
  const path = `tokens/${encodeURIComponent(id)}`;
  const ending = (text, done, method, where, more) => button(text, `${text} ${access_token}`, (event) => {
    const source = event.currentTarget;
    act(source, byId("tokens-message"), async () => {
      await call(method, where);
      await refresh();
      return `${done} ${access_token}.`;
    });
  }, more);
  const expire = ending("Expire", "Expired", "POST", `${path}/expire`, { "data-action": "expire" });
  const revoke = ending("Revoke", "Revoked", "DELETE", path, { "data-action": "revoke", class: "small danger" });
  expire.disabled = !valid;
  revoke.disabled = revoked;
  return el("tr", {},
    el("th", { scope: "row" },
      el("code", {}, access_token),
      el("span", { class: "quiet block" }, scopes.join(" ") || "no scopes")),
    el("td", { class: "name" }, username),
    el("td", { class: "state" }, badge(state, valid), el("span", { class: "quiet block", title: token.expires_at ?? "" }, howLong)),
    el("td", { class: "actions" }, copyButton(`Copy ${access_token}`, () => access_token), expire, revoke),
  );
}

async function mint() {
  const scopes = [...byId("mint-scopes").querySelectorAll("input:checked")].map((box) => box.value);
  const lifetime = byId("mint-lifetime").value || byId("mint-seconds").value;
  const wish = { username: byId("mint-user").value, scopes, expires_in: Number(lifetime) };
  const token = await call("POST", "tokens", wish);
  await refresh();
  byId("minted").replaceChildren(copyButton("Copy the new token", () => token.access_token));
  return `Minted ${token.access_token}`;
}

/** Offer the scopes of the contract, all of them chosen: a token without any opens nothing. */
export function offerScopes(scopes) {
  byId("mint-scopes").replaceChildren(...Object.entries(scopes).map(([name, description]) =>
    el("label", { class: "check", title: description }, el("input", { type: "checkbox", value: name, checked: true }), ` ${name}`)));
}

/** Wire the section up. */
export function start() {
  const message = byId("tokens-message");
  byId("tokens-refresh").addEventListener("click", (event) => act(event.currentTarget, message, refresh));
  byId("mint-lifetime").addEventListener("change", (event) => {
    const other = event.currentTarget.value === "";
    byId("mint-seconds-label").hidden = !other;
    byId("mint-seconds").required = other;
  });
  byId("mint").addEventListener("submit", (event) => {
    event.preventDefault();
    act(event.currentTarget, message, mint);
  });
  byId("tokens-more").addEventListener("click", () => {
    shown += 5 * PAGE;
    show();
  });
}
