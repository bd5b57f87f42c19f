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

function empty() {
  return element("p", { class: "note" }, "Nothing so far: every client was satisfied.");
}

panel("handshakes", {
  render(state, content) {
    content.append(state.events.length ? element("ol", { class: "events" }, state.events.map(row)) : empty());
  },
  event(data, content) {
    let list = content.querySelector("ol");
    if (list === null) {
      list = element("ol", { class: "events" });
      content.replaceChildren(list);
    }
    list.prepend(row(data));
    while (list.children.length > MOST) {
      list.lastChild.remove();
    }
    announce(data.sentence);
  },
});
