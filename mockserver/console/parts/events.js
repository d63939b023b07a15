// The server-sent events of the journal. They are read with fetch, which can send the control token
// where EventSource cannot.

import { call, send } from "./api.js";

const SILENT = 40_000; // ms; the server sends a sign of life every 15 s
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;
const HIDDEN_FOR = 10_000; // a hidden page leaves its connection to the others: a browser has six per host

/**
 * Follow the journal, for ever.
 *
 * @param journal   is given all that the journal holds, each time that a connection is made
 * @param entries   is given the requests that come after that, in the order in which they come
 * @param state     is told "live", "connecting", "asleep" while the page is hidden, "locked" until there is
 *                  a control token, or "lost" with a reason and the seconds to the next try
 * @returns what to call to connect again at once
 */
export function follow({ journal, entries, state }) {
  let controller = new AbortController();
  let wake = () => {};
  let pause = FIRST_PAUSE;
  let hiding = 0;

  async function connect(signal) {
    state("connecting");
    const response = await send("GET", "events", { signal });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let waiting = [];
    const parse = parser((entry) => waiting.push(entry));
    // What comes while the journal is being read may stand in it too.
    const filled = call("GET", "requests").then((all) => {
      const there = new Set(all.map((entry) => entry.id));
      journal(all);
      waiting = waiting.filter((entry) => !there.has(entry.id));
      return true;
    });
    filled.catch(() => controller.abort());
    let isFilled = false;
    filled.then(() => {
      isFilled = true;
      pause = FIRST_PAUSE;
      state("live");
      flush();
    }, () => {});
    function flush() {
      if (!isFilled || !waiting.length) return;
      entries(waiting.splice(0));
    }
    for (;;) {
      const silent = setTimeout(() => controller.abort(), SILENT);
      try {
        const { done, value } = await reader.read();
        if (done) break;
        parse(value);
      } catch {
        break;
      } finally {
        clearTimeout(silent);
      }
      flush();
    }
    await filled; // so that its refusal is shown
  }

  async function run() {
    for (;;) {
      let reason = "The connection ended.";
      let locked = false;
      const current = (controller = new AbortController());
      try {
        await connect(current.signal);
      } catch (error) {
        if (!current.signal.aborted || error.status) reason = error.message;
        locked = error.status === 401;
      }
      current.abort();
      if (document.hidden) {
        state("asleep");
        await new Promise((resolve) => (wake = resolve));
        continue;
      }
      if (locked) {
        state("locked");
        await new Promise((resolve) => (wake = resolve));
        continue;
      }
      state("lost", reason, pause / 1000);
      await new Promise((resolve) => {
        wake = resolve;
        setTimeout(resolve, pause * (0.8 + 0.4 * Math.random()));
      });
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(() => controller.abort(), HIDDEN_FOR);
    else wake();
  });
  run();
  return () => {
    pause = FIRST_PAUSE;
    controller.abort();
    wake();
  };
}

/** Takes the stream in pieces of any size, and gives each entry that is whole. */
function parser(give) {
  let rest = "";
  return (piece) => {
    const blocks = (rest + piece).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const data = block
        .split("\n")
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(5));
      if (data.length) give(JSON.parse(data.join("\n")));
    }
  };
}
