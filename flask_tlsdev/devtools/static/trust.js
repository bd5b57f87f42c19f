import { command, element, panel, tag } from "./base.js";

const KINDS = {
  trusted: "good",
  "not trusted": "warn",
  "another root": "warn",
  absent: "plain",
  failed: "bad",
};

function row(store) {
  const more = [
    store.detail,
    store.others.length ? `Other roots of ours: ${store.others.join(", ")}` : "",
    store.hint,
  ].filter(Boolean);
  return element(
    "li",
    {},
    element("div", { class: "head" }, tag(KINDS[store.state] ?? "plain", store.state), element("strong", {}, store.name), store.clients),
    element("p", { class: "about" }, element("code", {}, store.path)),
    more.map((text) => element("p", {}, text)),
    store.command ? command(store.command) : null,
  );
}

function sum(stores) {
  const here = stores.filter((each) => each.state !== "absent");
  const good = here.filter((each) => each.state === "trusted");
  if (here.length === 0) {
    return ["warn", "There is no trust store here yet. A browser makes its own when it first runs."];
  }
  if (good.length === here.length) {
    return ["good", "Every trust store here trusts the local CA."];
  }
  const words = good.length ? `Only ${good.length} of ${here.length} trust stores here trust` : "No trust store here trusts";
  return ["warn", `${words} the local CA.`];
}

function typed(words, text) {
  return [element("p", {}, words), command(text)];
}

panel("trust", {
  render(state, content) {
    if (state.root === null) {
      content.append(element("p", { class: "note warn" }, state.note), command(state.command));
      return;
    }
    if (state.note) {
      content.append(element("p", { class: "note warn" }, state.note), command(state.status));
      return;
    }
    const [kind, words] = sum(state.stores);
    content.append(
      element("p", { class: `note ${kind}` }, words, " The root is ", element("code", {}, state.root), "."),
      element("ul", { class: "stores" }, state.stores.map(row)),
    );
    if (kind !== "good") {
      content.append(...typed("For every store of yours at once:", state.install));
    }
    content.append(...typed("For programs that look into no store, such as Node and requests:", state.env));
  },
});
