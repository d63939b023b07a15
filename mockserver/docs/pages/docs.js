// The pages of the reference: whose login the code sends, and "Try it". They work without, as far as they can be read.
"use strict";

(() => {
  const KEPT_LANGUAGE = "accounts-mock language";
  const KEPT_TOKEN = "accounts-mock control token"; // the console keeps it under the same name
  const MOST_LOGINS = 60;
  let authorization = "";

  const panel = document.getElementById("logins");
  const place = document.getElementById("swagger-ui");
  const server = place && CONTRACT.servers[0].url;
  const api = place?.dataset.api;

  if (matchMedia("(max-width: 899px)").matches) document.querySelector("#menu details").open = false;
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", followTheme);
  followTheme();
  keepLanguage();
  for (const sample of document.querySelectorAll(".sample")) sample.prepend(copyButton(sample));
  if (place) start();

  function followTheme() {
    document.documentElement.classList.toggle("dark-mode", matchMedia("(prefers-color-scheme: dark)").matches);
  }

  function keepLanguage() {
    const kept = sessionStorage.getItem(KEPT_LANGUAGE);
    for (const input of document.querySelectorAll(".tabs input")) {
      if (input.value === kept) input.checked = true;
      input.addEventListener("change", () => sessionStorage.setItem(KEPT_LANGUAGE, input.value));
    }
  }

  function element(tag, attributes, ...children) {
    const made = Object.assign(document.createElement(tag), attributes);
    made.append(...children);
    return made;
  }

  function copyButton(sample) {
    const button = element("button", { type: "button", className: "copy" }, "Copy");
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(sample.querySelector("code").textContent);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 1500);
    });
    return button;
  }

  async function start() {
    for (const link of document.querySelectorAll("[data-server]")) link.textContent = server;
    const state = await readState();
    show(state);
  }

  /** The world whose logins are offered: the one that stands in a page from a disk, or the reader's own. */
  async function readState() {
    const written = document.getElementById("state");
    if (written) return JSON.parse(written.textContent);
    const token = sessionStorage.getItem(KEPT_TOKEN);
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    const answer = await fetch("../_mock/state", { headers, cache: "no-store" }).catch(() => null);
    if (answer?.ok) return answer.json();
    return { refused: answer?.status ?? 0, known: token !== null };
  }

  function show(state) {
    panel.replaceChildren();
    if (state.refused !== undefined) {
      panel.append(state.refused === 401 ? unlockForm(state.known) : "The logins of this world cannot be read.");
    }
    if (api === "control") use(sessionStorage.getItem(KEPT_TOKEN) ? `Bearer ${sessionStorage.getItem(KEPT_TOKEN)}` : "");
    else {
      usernameOf(state);
      offer(api === "oauth" ? clientsOf(state) : loginsOf(state));
    }
    if (!place.hasChildNodes()) mount();
  }

  function unlockForm(known) {
    const field = element("input", { type: "password", autocomplete: "off", required: true });
    const label = element("label", {}, "This server asks for its control token: ", field);
    const form = element("form", { className: "unlock" }, label, element("button", {}, "Use it"));
    if (known) form.append(element("p", { role: "status" }, "The server refuses this token."));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      sessionStorage.setItem(KEPT_TOKEN, field.value.trim());
      start();
    });
    return form;
  }

  const nobody = { label: "Nobody", about: "no Authorization", value: "", username: "" };
  const basic = (name, password) => `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${name}:${password}`)))}`;

  function clientsOf(state) {
    const clients = (state.oauth_clients ?? []).filter((one) => one.client_secret);
    return [nobody, ...clients.map(({ client_id, client_secret }) => ({
      label: `${client_id}:${client_secret}`, about: "Basic", value: basic(client_id, client_secret), username: "",
    }))];
  }

  function loginsOf(state) {
    const accounts = (state.accounts ?? []).map((one) => ({ name: one.username, password: one.password, username: one.username, off: one.is_active === false }));
    const basics = [...accounts, ...(state.logins ?? [])].map((one) => ({
      label: `${one.name}:${one.password}`,
      about: one.off ? "not active" : one.name === one.username ? "Basic" : `Basic, as ${one.username}`,
      value: basic(one.name, one.password),
      username: one.username,
    }));
    const tokens = (state.tokens ?? []).map((one) => ({
      label: one.token,
      about: one.revoked ? "revoked" : one.expires_at && new Date(one.expires_at) < new Date() ? "expired" : one.scopes.join(" ") || "no scope",
      value: `Bearer ${one.token}`,
      username: one.username,
    }));
    return [nobody, ...basics, ...tokens];
  }

  /** Show another user than the documented one, where the world does not know that one. */
  function usernameOf(state) {
    const spans = document.querySelectorAll("[data-username]");
    const parameter = CONTRACT.components?.parameters?.username;
    const names = (state.accounts ?? []).filter((one) => one.is_active !== false).map((one) => one.username);
    if (!spans.length || !names.length || names.includes(decodeURIComponent(spans[0].textContent))) return;
    for (const span of spans) span.textContent = encodeURIComponent(names[0]).replaceAll("'", "%27");
    if (parameter) parameter.example = names[0];
  }

  /** The contract with one operation alone, and where that stands. */
  function pick() {
    for (const [path, item] of Object.entries(CONTRACT.paths)) {
      for (const [method, operation] of Object.entries(item)) {
        if (operation.operationId !== place.dataset.operation) continue;
        const { parameters = [] } = item;
        const spec = { ...CONTRACT, tags: [], paths: { [path]: { parameters, [method]: operation } } };
        return { spec, pointer: ["paths", path, method] };
      }
    }
    throw new Error(`the contract has no ${place.dataset.operation}`);
  }

  function mount() {
    const { spec, pointer } = pick();
    const ui = SwaggerUIBundle({
      spec,
      domNode: place,
      presets: [SwaggerUIBundle.presets.apis],
      layout: "BaseLayout",
      validatorUrl: null,
      tryItOutEnabled: true,
      docExpansion: "full",
      defaultModelsExpandDepth: -1,
      displayRequestDuration: true,
      requestInterceptor(request) {
        if (authorization) request.headers.Authorization = authorization;
        request.credentials = "omit"; // else a 401 has the browser ask for a password
        return request;
      },
    });
    // Swagger UI shows its button a moment before it has resolved the operation, which it cannot execute until then.
    const wait = setInterval(() => {
      if (!ui.specSelectors.specResolvedSubtree(pointer)) return;
      clearInterval(wait);
      place.dataset.ready = "";
    }, 20);
  }

  function offer(logins) {
    const written = document.querySelector("[data-login]")?.textContent;
    const chosen = api === "oauth" ? nobody : logins.find((one) => one.value === written) ?? logins[1] ?? nobody;
    const groups = Map.groupBy?.(logins, (one) => one.username) ?? new Map([["", logins]]);
    let left = MOST_LOGINS;
    for (const [username, members] of groups) {
      const buttons = members.slice(0, left).map((login) => {
        const button = element("button", { type: "button", className: "login" }, element("b", {}, login.label), ` ${login.about}`);
        button.addEventListener("click", () => {
          use(login.value);
          press(button);
        });
        if (login === chosen) press(button);
        return button;
      });
      left -= buttons.length;
      if (buttons.length) panel.append(element("p", {}, username ? `${username}: ` : "", ...buttons));
    }
    use(chosen.value);
  }

  function press(button) {
    for (const one of panel.querySelectorAll(".login")) one.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-pressed", "true");
  }

  /** Log in as somebody, in "Try it" and in the code. */
  function use(value) {
    authorization = value;
    if (value) for (const span of document.querySelectorAll("[data-login]")) span.textContent = value;
  }
})();
