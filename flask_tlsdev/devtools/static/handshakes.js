import { announce, element, panel, tag, when } from "./base.js";

const KINDS = {
  refused: ["bad", "Handshake failed"],
  swapped: ["good", "Other certificate"],
  kept: ["warn", "Earlier one kept"],
  renewed: ["good", "Renewed"],
  "not renewed": ["bad", "Not renewed"],
};
const MOST = 200;

function row(event) {
  const [kind, words] = KINDS[event.kind] ?? ["plain", event.kind];
  return element(
    "li",
    {},
    element("p", { class: "head" }, tag(kind, words), when(event.at), event.peer ? ` from ${event.peer}` : null),
    element("p", {}, event.sentence),
  );
}

function list(events) {
  const attributes = { class: "events", tabindex: "0", "aria-labelledby": "handshakes-title" };
  return element("ol", attributes, events.map(row));
}

function empty() {
  return element("p", { class: "note" }, "Nothing so far: every client was satisfied.");
}

panel("handshakes", {
  render(state, content) {
    content.append(state.events.length ? list(state.events) : empty());
  },
  event(data, content) {
    let rows = content.querySelector("ol");
    if (rows === null) {
      rows = list([]);
      content.replaceChildren(rows);
    }
    rows.prepend(row(data));
    while (rows.children.length > MOST) {
      rows.lastChild.remove();
    }
    announce(data.sentence);
  },
});
