// Bodies for people.

/**
 * A body as text: JSON is laid out, anything else stays as it is. The text is laid out, not the data
 * behind it, so that long numbers, repeated members and escapes stay as they were sent.
 */
export function pretty(body) {
  try {
    JSON.parse(body);
  } catch {
    return body;
  }
  let out = "";
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  for (const [piece] of body.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]|[,:]|[^\s"[\]{},:]+/g)) {
    if (piece === "{" || piece === "[") {
      depth += 1;
      out += piece + line();
    } else if (piece === "}" || piece === "]") {
      depth -= 1;
      // An empty object or list stays on its line.
      out = /[[{]\s*$/.test(out.slice(-2 * depth - 4)) ? out.trimEnd() : out + line();
      out += piece;
    } else if (piece === ",") {
      out += piece + line();
    } else {
      out += piece === ":" ? ": " : piece;
    }
  }
  return out;
}

/** A number of bytes. */
export function bytes(count) {
  if (count < 10_000) return `${count} bytes`;
  if (count < 10_000_000) return `${Math.round(count / 1000)} kB`;
  return `${Math.round(count / 1_000_000)} MB`;
}

/** A number of seconds, roughly. */
export function duration(seconds) {
  const units = [["day", 86400], ["h", 3600], ["min", 60]];
  for (const [name, size] of units) {
    if (seconds >= 2 * size) {
      const count = Math.round(seconds / size);
      return `${count} ${name === "day" ? "days" : name}`;
    }
  }
  return `${Math.round(seconds)} s`;
}

/** The time of day, to the second; to the millisecond with `exact`. */
export function clock(time, exact = false) {
  const date = new Date(time);
  const two = (number) => String(number).padStart(2, "0");
  const seconds = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return exact ? `${seconds}.${String(date.getMilliseconds()).padStart(3, "0")}` : seconds;
}
