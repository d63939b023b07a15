// A request as a curl line for a POSIX shell. Secrets become variables that no shell sets by itself (as all
// of them set $USER): $MOCK_TOKEN, or $MOCK_LOGIN.

// What curl sends by itself, what belongs to the connection or the page that sent it, and the sandbox,
// which stands in the URL.
const LEFT_OUT = /^(host|content-length|transfer-encoding|connection|keep-alive|user-agent|accept-encoding|accept-language|authorization|origin|referer|cookie|x-mock-sandbox|x-mock-epoch|dnt|pragma|cache-control|priority|sec-.*|te|upgrade-insecure-requests)$/i;

/** A word of a shell command that stands for exactly this text. */
export function quoted(text) {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * The curl line of an entry of the journal, as pieces that a space joins: an option and its value are one
 * piece. `base` is the base URL of its sandbox.
 */
export function curlPieces(entry, base) {
  const { method, request } = entry;
  const url = base + entry.path.replaceAll("#", "%23") + (entry.query ? `?${entry.query}` : "");
  const words = ["curl"];
  if (method === "HEAD") words.push("--head");
  else if (method !== (request.body ? "POST" : "GET")) words.push(`-X ${quoted(method)}`);
  if (/\/\.\.?(\/|$)/.test(entry.path)) words.push("--path-as-is");
  if (/[[\]{}]/.test(url)) words.push("--globoff");
  words.push(...credentials(request.headers));
  const names = Object.keys(request.headers).map((name) => name.toLowerCase());
  for (const [name, value] of ownFields(request.headers)) {
    words.push(`-H ${quoted(value ? `${name}: ${value}` : `${name};`)}`);
  }
  if (request.body) {
    if (!names.includes("content-type")) words.push("-H Content-Type:");
    words.push(`--data-raw ${quoted(request.body)}`);
  }
  words.push(quoted(url));
  return words;
}

/** The header fields of a request that are its own, and no client's. */
export function ownFields(headers) {
  return Object.entries(headers).filter(([name, value]) =>
    !LEFT_OUT.test(name) && !(name.toLowerCase() === "accept" && value === "*/*"));
}

/** What one must know before the curl line does what the request did. */
export function curlNotes(entry) {
  const { request } = entry;
  const notes = [];
  const scheme = schemeOf(request.headers);
  if (scheme === "Bearer") notes.push("Set MOCK_TOKEN first, to a token of the Tokens tab.");
  if (scheme === "Basic") notes.push("Set MOCK_LOGIN first, to a USERNAME:PASSWORD of the World tab.");
  if (scheme === "") notes.push("Its Authorization was neither Basic nor Bearer, and is left out.");
  if (isCut(request)) notes.push("The journal holds only the beginning of the body.");
  if (request.body.includes("\uFFFD")) notes.push("The body was no UTF-8, and is not here as it was sent.");
  if (`${entry.path}?${entry.query} ${request.body}`.includes("***")) notes.push("*** stands for a secret.");
  return notes.join(" ");
}

/** Whether the journal holds only the beginning of a body. */
export function isCut(message) {
  return message.size > 16 * 1024;
}

function credentials(headers) {
  const scheme = schemeOf(headers);
  if (scheme === "Bearer") return ['-H "Authorization: Bearer $MOCK_TOKEN"'];
  if (scheme === "Basic") return ['-u "$MOCK_LOGIN"'];
  return [];
}

/** The scheme of the Authorization; empty for an unknown one, null without one. */
function schemeOf(headers) {
  const name = Object.keys(headers).find((one) => one.toLowerCase() === "authorization");
  if (name === undefined) return null;
  return /^(Basic|Bearer) /.exec(headers[name])?.[1] ?? "";
}
