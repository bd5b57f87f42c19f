// What every panel has: elements made of text, a state from the server, live events.

const BASE = new URL("..", import.meta.url);
const live = document.getElementById("live");
const said = document.getElementById("said");
const panels = new Map();

/** An element; children are nodes or text, and text never becomes markup. */
export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same for a drawing inside of the page. */
export function drawn(name, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function fill(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      made.addEventListener(key, value);
    } else if (value !== null && value !== undefined && value !== false) {
      made.setAttribute(key, value === true ? "" : value);
    }
  }
  made.append(...children.flat().filter((each) => each !== null && each !== undefined));
  return made;
}

/** A word in a coloured box. Kinds: good, bad, warn, plain. */
export function tag(kind, text) {
  return element("span", { class: `tag ${kind}` }, text);
}

/** Pairs of a term and what is said of it, as a list. */
export function facts(pairs) {
  const kept = pairs.filter(([, value]) => value !== null && value !== undefined);
  return element(
    "dl",
    { class: "facts" },
    kept.map(([term, value]) =>
      element("div", {}, element("dt", {}, term), element("dd", {}, value)),
    ),
  );
}

/** A command to type, with a button that copies it. */
export function command(text) {
  const copy = element(
    "button",
    { type: "button", class: "copy", "aria-label": `Copy: ${text}`, click: () => put(text, copy) },
    "Copy",
  );
  return element("div", { class: "command" }, element("code", {}, text), copy);
}

async function put(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    announce("Copied.");
  } catch {
    button.textContent = "Select it";
    announce("The browser did not allow it: select the text and copy it.");
  }
  setTimeout(() => (button.textContent = "Copy"), 2000);
}

/** A date in ISO form, as this browser's user writes it. */
export function when(iso, options = { dateStyle: "medium", timeStyle: "medium" }) {
  const date = new Date(iso);
  return element("time", { datetime: iso }, new Intl.DateTimeFormat("en-GB", options).format(date));
}

/** Where the server keeps a file of a panel. */
export function fileUrl(panel, name) {
  return new URL(`files/${panel}/${name}`, BASE).href;
}

/** Say something to who does not see it. */
export function announce(text) {
  said.textContent = text;
}

/** What GET /_tlsdev/state/ID answers. */
export async function ask(id, query = {}) {
  const url = new URL(`state/${id}`, BASE);
  url.search = new URLSearchParams(query);
  const answer = await fetch(url);
  const isState = answer.headers.get("Content-Type") === "application/json";
  const state = isState ? await answer.json() : {};
  if (!answer.ok || !isState) {
    throw new Error(state.error ?? `The server answered ${answer.status}.`);
  }
  return state;
}

/**
 * Bring a panel to life.
 *
 * render(state, content): fill the content, which is empty.
 * event(data, content): something has happened; render(…) is called anew without it.
 */
export function panel(id, { render, event = null }) {
  const section = document.getElementById(id);
  if (section === null) {
    return;
  }
  const content = section.querySelector(".content");
  let asking = 0;

  async function again() {
    const mine = ++asking;
    section.setAttribute("aria-busy", "true");
    try {
      const state = await ask(id);
      if (mine === asking) {
        content.replaceChildren();
        render(state, content);
      }
    } catch (error) {
      if (mine === asking) {
        content.replaceChildren(
          element("p", { class: "note bad" }, `This could not be loaded. ${error.message}`),
        );
      }
    }
    if (mine === asking) {
      section.setAttribute("aria-busy", "false");
    }
  }

  section.querySelector(".again").addEventListener("click", async () => {
    await again();
    announce(`${section.querySelector("h2").textContent}: refreshed.`);
  });
  panels.set(id, { again, event: (data) => (event ? event(data, content) : again()) });
  source.addEventListener(id, (message) => panels.get(id).event(JSON.parse(message.data)));
  again();
}

/** Ask for a panel's state anew. */
export function refresh(id) {
  panels.get(id)?.again();
}

/** Hear of another panel's events, too. */
export function hear(id, event) {
  source.addEventListener(id, (message) => event(JSON.parse(message.data)));
}

function say(text, kind) {
  live.textContent = text;
  live.className = kind;
}

let wasOpen = false;
const source = new EventSource(new URL("events", BASE));
source.addEventListener("open", () => {
  say("Live", "good");
  if (wasOpen) {
    panels.forEach((each) => each.again());
  }
  wasOpen = true;
});
source.addEventListener("error", () => {
  const over = source.readyState === EventSource.CLOSED;
  say(over ? "The server wants a new look: reload this page" : "Waiting for the server …", "warn");
});
