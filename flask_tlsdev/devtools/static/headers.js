import { element, panel, tag } from "./base.js";

const GOOD = /^[AB]/;

function letter(group) {
  if (group.grade === null) {
    return tag("plain", "files");
  }
  const kind = GOOD.test(group.grade) ? "good" : group.grade === "F" ? "bad" : "warn";
  return tag(kind, `Grade ${group.grade}`);
}

function because(origins) {
  return origins.flatMap((origin, index) => [index ? " → " : null, element("code", {}, origin)]);
}

function here(header) {
  if (header.development === header.text) {
    return null;
  }
  if (header.development === "") {
    return [tag("plain", "production only"), " "];
  }
  return [tag("plain", "shorter in development"), " "];
}

function sent(header) {
  return element(
    "li",
    {},
    element("p", { class: "name" }, element("code", {}, header.name), " ", here(header)),
    element("p", { class: "text" }, element("code", {}, header.text)),
    element("p", { class: "why" }, "because of ", because(header.origins)),
  );
}

function unsent(header) {
  const off = header.text === "";
  return element(
    "li",
    {},
    element("code", {}, header.name),
    " ",
    off ? ["off: ", element("code", {}, header.key), " would set it."] : header.reason,
  );
}

function better(group) {
  if (group.improvements.length === 0) {
    return group.grade === null ? null : element("p", { class: "note" }, "Nothing would gain points.");
  }
  return [
    element("h3", {}, "What would be better"),
    element("ul", {}, group.improvements.map((text) => element("li", {}, text))),
  ];
}

function routes(group) {
  return element(
    "ul",
    { class: "routes" },
    group.routes.map((route) =>
      element("li", {}, element("code", {}, `${route.methods.join(",")} ${route.path}`), ` ${route.endpoint}`),
    ),
  );
}

function shown(group, open) {
  const [first, ...others] = group.routes;
  const count = others.length ? ` and ${others.length} more` : "";
  const going = group.headers.filter((header) => header.sent);
  const rest = group.headers.filter((header) => !header.sent);
  return element(
    "details",
    { open },
    element("summary", {}, letter(group), " ", element("code", {}, first.path), count),
    routes(group),
    better(group),
    element("h3", {}, `${going.length} headers are sent`),
    element("ul", { class: "headers" }, going.map(sent)),
    rest.length
      ? element(
          "details",
          {},
          element("summary", {}, `${rest.length} are not`),
          element("ul", {}, rest.map(unsent)),
        )
      : null,
  );
}

function wrong(state) {
  const problems = state.problems.map((each) => `${each.origin}: ${each.text}`);
  const findings = state.findings.map((each) => `${each.template}:${each.line}: ${each.text}`);
  const found = [...problems, ...findings];
  if (found.length === 0) {
    return element("p", {}, tag("good", "fine"), " Nothing is wrong with the keys, and the templates keep to the policy.");
  }
  return [
    element("h3", {}, tag("warn", `${found.length}`), " in keys and templates"),
    element("ul", { class: "wrong" }, found.map((text) => element("li", {}, text))),
  ];
}

function has(group, text) {
  return group.routes.some((route) => `${route.path} ${route.endpoint}`.toLowerCase().includes(text));
}

panel("headers", {
  render(state, content) {
    if (!state.registered) {
      content.append(element("p", { class: "note warn" }, "The app has not called TLSDev(app): none of our headers is sent."));
      return;
    }
    const list = element("div", { class: "groups" });
    const show = (text) => {
      const groups = state.groups.filter((group) => has(group, text.trim().toLowerCase()));
      list.replaceChildren(
        ...groups.map((group) => shown(group, groups.length === 1)),
        ...(groups.length ? [] : [element("p", { class: "note" }, "No route is called that.")]),
      );
    };
    const find = element("input", { id: "headers-find", type: "search", input: () => show(find.value) });
    content.append(
      element("div", {}, wrong(state)),
      element("p", { class: "find" }, element("label", { for: "headers-find" }, "Find a route "), find),
      list,
    );
    show("");
  },
});
