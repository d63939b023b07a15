// What a request of the list opens to.

import { base } from "./api.js";
import { curlNotes, curlPieces, isCut } from "./curl.js";
import { button, copyButton, el } from "./dom.js";
import { bytes, clock, pretty } from "./pretty.js";

/** The details of an entry of the journal. */
export function details(entry) {
  const pieces = curlPieces(entry, base);
  const notes = curlNotes(entry);
  return el("div", { class: "details" },
    facts(entry),
    el("div", { class: "curl" },
      el("pre", { tabindex: "0", role: "group", "aria-label": "curl line" }, ...spaced(pieces)),
      el("div", { class: "buttons" },
        copyButton("Copy curl line", () => pieces.join(" ")),
        button("Send again", "Send this request again", () => document.dispatchEvent(new CustomEvent("send-again", { detail: entry })))),
    ),
    notes && el("p", { class: "quiet" }, notes),
    el("div", { class: "messages" },
      message("Request", entry.request),
      message("Answer", entry.response),
    ),
  );
}

/** Pieces that a line is broken between, and only if need be within. */
function spaced(pieces) {
  return pieces.flatMap((piece) => [el("span", { class: "piece" }, piece), " "]).slice(0, -1);
}

function facts(entry) {
  const login = entry.username && `${entry.username}${entry.scheme ? `, by ${entry.scheme}` : ""}`;
  const all = [
    ["Refused", entry.why && el("span", {}, el("b", {}, entry.code), ` ${entry.why}`)],
    ["Notes", entry.notes.length ? entry.notes.join("; ") : null],
    ["Fault", entry.fault],
    ["Path", entry.path],
    ["Query", entry.query],
    ["Operation", entry.operation ?? "none"],
    ["Caller", login ?? "not known"],
    ["Came", `${clock(entry.time, true)}, answered in ${entry.ms} ms, number ${entry.id}`],
  ];
  return pairs(all.filter(([, value]) => value));
}

function message(title, { headers, body, size }) {
  const fields = Object.entries(headers);
  const unread = title === "Request" ? Number(headers["content-length"] ?? 0) : 0;
  const cut = isCut({ size }) ? `, of which the beginning is kept` : "";
  return el("section", { "aria-label": title },
    el("h3", {}, title),
    fields.length ? pairs(fields) : el("p", { class: "quiet" }, "no header fields"),
    el("div", { class: "size" },
      el("p", { class: "quiet" }, size ? `${bytes(size)}${cut}` : unread ? `not kept: it was not read, or not all of it (${bytes(unread)})` : "no body"),
      body ? copyButton(`Copy the body of the ${title.toLowerCase()}`, () => body) : null,
    ),
    body ? el("pre", { tabindex: "0", role: "group", "aria-label": `${title}, body` }, pretty(body)) : null,
  );
}

/** Names and values. */
export function pairs(all) {
  return el("dl", {}, ...all.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}
