import { announce, ask, command, element, panel, tag, when } from "./base.js";

// What stays when the panel is filled anew.
const entries = new Map();
let totals = { received: 0, forgotten: 0 };
let by = "violation";
let only = "";
let onlyPage = "";
let policy = "";
let tried = null;
let places = null;

const KINDS = {
  "csp-violation": "CSP",
  coop: "COOP",
  coep: "COEP",
  "integrity-violation": "Integrity-Policy",
  "permissions-policy-violation": "Permissions-Policy",
  "document-policy-violation": "Document-Policy",
};
const TYPES = new Set(["require-trusted-types-for", "trusted-types"]);
const VERDICTS = {
  allowed: ["good", "would be allowed"],
  blocked: ["bad", "would be stopped"],
  depends: ["warn", "would depend"],
};
const GROUPS = {
  page: (entry) => [...Object.keys(entry.pages), ...(entry.elsewhere ? ["other pages"] : [])],
  source: (entry) => [entry.source.replace(/(:\d+)+$/, "") || "no file was named"],
  blocked: (entry) => [origin(entry.blocked)],
};

function origin(blocked) {
  try {
    const url = new URL(blocked);
    return url.origin === "null" ? url.protocol : url.origin;
  } catch {
    return blocked || "not said";
  }
}

function kind(entry) {
  return TYPES.has(entry.rule) ? "Trusted Types" : (KINDS[entry.kind] ?? entry.kind);
}

function pages(entry) {
  const all = Object.entries(entry.pages).sort((one, other) => other[1] - one[1]);
  const rest = entry.elsewhere ? [`${entry.elsewhere} times on other pages`] : [];
  const texts = [...all.map(([page, count]) => (count > 1 ? `${page} (${count})` : page)), ...rest];
  return element("p", { class: "quiet" }, "On ", texts.join(", "));
}

function remedy(entry) {
  if (!entry.remedy) {
    return null;
  }
  const isKey = entry.remedy.startsWith("TLSDEV_");
  return [
    element("p", { class: "quiet" }, "To allow it", isKey ? ", if it is yours:" : `: ${entry.remedy}`),
    isKey ? command(entry.remedy) : null,
  ];
}

function verdict(entry) {
  const found = tried?.verdicts[entry.number];
  if (!found) {
    return null;
  }
  const [colour, words] = VERDICTS[found.outcome];
  const name = found.directive ? `${found.directive}: ` : "";
  return element("p", { class: "verdict" }, tag(colour, words), ` ${name}${found.reason}`);
}

function row(entry) {
  return element(
    "li",
    { "data-number": entry.number },
    element(
      "p",
      { class: "head" },
      entry.enforced ? tag("bad", "stopped") : tag("warn", "only reported"),
      tag("plain", kind(entry)),
      element("strong", {}, `${entry.count} ×`),
      when(entry.last),
    ),
    element(
      "p",
      {},
      element("code", { class: "blocked" }, entry.blocked || "something"),
      " by ",
      element("code", {}, entry.rule),
      entry.source ? [" in ", element("code", {}, entry.source)] : null,
    ),
    pages(entry),
    verdict(entry),
    remedy(entry),
    entry.caution ? element("p", { class: "note warn" }, `Better not: ${entry.caution}`) : null,
  );
}

function listOf(some) {
  return element("ol", { class: "events" }, some.map(row));
}

function groups(some) {
  const found = new Map();
  for (const entry of some) {
    for (const name of GROUPS[by](entry)) {
      found.set(name, [...(found.get(name) ?? []), entry]);
    }
  }
  return [...found].map(([name, members]) => [
    element("h3", {}, element("code", {}, name), ` ${members.length}`),
    listOf(members),
  ]);
}

function empty() {
  return element(
    "div",
    {},
    element(
      "p",
      { class: "note" },
      "Nothing was reported so far. What a CSP stops comes at once; the rest only to a server whose certificate the browser trusts, and may take a minute.",
    ),
    command("flask tls trust install"),
  );
}

function nothing() {
  return element("p", { class: "note" }, "None of them is of this kind.");
}

function summary() {
  const dropped = totals.forgotten
    ? ` ${totals.forgotten} that were not seen for longest were dropped, to keep no more than so many.`
    : "";
  return `${entries.size} violations in ${totals.received} reports.${dropped}`;
}

/** The latest first. Who stands on a button of the list stays there. */
function show(content) {
  const list = content.querySelector(".list");
  const place = focused(list);
  const some = [...entries.values()]
    .filter((entry) => !onlyPage || Object.hasOwn(entry.pages, onlyPage))
    .filter((entry) => !only || entry.enforced === (only === "stopped"))
    .sort((one, other) => (one.last < other.last ? 1 : one.last > other.last ? -1 : other.number - one.number));
  const parts = by === "violation" ? [listOf(some)] : groups(some).flat();
  list.replaceChildren(...(some.length ? parts : [entries.size ? nothing() : empty()]));
  content.querySelector(".summary").textContent = summary();
  choosePage(content.querySelector("#violations-page"));
  refocus(list, place);
}

function focused(list) {
  const item = document.activeElement?.closest?.("li[data-number]");
  if (!item || !list.contains(item)) {
    return null;
  }
  const same = [...list.querySelectorAll(`li[data-number="${item.dataset.number}"]`)];
  return [item.dataset.number, same.indexOf(item)];
}

function refocus(list, place) {
  if (place === null) {
    return;
  }
  const same = list.querySelectorAll(`li[data-number="${place[0]}"]`);
  (same[place[1]] ?? same[0])?.querySelector("button")?.focus({ preventScroll: true });
}

function choosePage(select) {
  const known = [...new Set([...entries.values()].flatMap((entry) => Object.keys(entry.pages)))].sort();
  if (onlyPage && !known.includes(onlyPage)) {
    onlyPage = "";
  }
  select.replaceChildren(
    element("option", { value: "" }, "all"),
    ...known.map((page) => element("option", { value: page, selected: page === onlyPage }, page)),
  );
}

function choice(id, label, options, value, changed) {
  const select = element(
    "select",
    { id, change: () => changed(select.value) },
    Object.entries(options).map(([name, text]) => element("option", { value: name, selected: name === value }, text)),
  );
  return element("p", {}, element("label", { for: id }, label), " ", select);
}

function controls(content) {
  const grouped = { violation: "nothing", page: "page", source: "file that did it", blocked: "what was stopped" };
  return element(
    "div",
    { class: "controls" },
    choice("violations-only", "Show", { "": "all", stopped: "what was stopped", reported: "what was only reported" }, only, (value) => {
      only = value;
      show(content);
    }),
    choice("violations-by", "Group by", grouped, by, (value) => {
      by = value;
      show(content);
    }),
    choice("violations-page", "Page", { "": "all" }, "", (value) => {
      onlyPage = value;
      show(content);
    }),
  );
}

async function judge(content) {
  const result = content.querySelector(".result");
  const asked = policy.trim();
  tried = null;
  if (asked) {
    let found;
    try {
      found = await ask("violations", { policy: asked });
    } catch (error) {
      found = { error: error.message, doubts: [], verdicts: {} };
    }
    if (asked !== policy.trim()) {
      return;
    }
    tried = found;
  }
  result.replaceChildren(...outcome());
  show(content);
}

function outcome() {
  if (tried === null) {
    return [];
  }
  if (tried.error) {
    return [element("p", { class: "note bad" }, tried.error)];
  }
  const count = { allowed: 0, blocked: 0, depends: 0 };
  Object.values(tried.verdicts).forEach((each) => (count[each.outcome] += 1));
  return [
    element(
      "p",
      {},
      Object.entries(VERDICTS).flatMap(([name, [colour, words]]) => [tag(colour, `${count[name]} ${words}`), " "]),
    ),
    ...tried.doubts.map((text) => element("p", { class: "note warn" }, text)),
    command(`TLSDEV_CSP = ${JSON.stringify(policy.trim().replace(/\s+/g, " "))}`),
  ];
}

let waiting = 0;

function later(task) {
  clearTimeout(waiting);
  waiting = setTimeout(task, 300);
}

function whatIf(content) {
  const text = element(
    "textarea",
    {
      id: "violations-policy",
      rows: 6,
      maxlength: 4000,
      spellcheck: "false",
      autocapitalize: "off",
      "aria-describedby": "violations-policy-about",
      input: () => {
        policy = text.value;
        later(() => judge(content));
      },
    },
    policy,
  );
  const start = element("select", { id: "violations-start", change: () => begin(start, text, content) });
  const details = element(
    "details",
    { class: "what-if", open: policy !== "", toggle: () => details.open && fillStart(start) },
    element("summary", {}, "What if the policy was another one?"),
    element(
      "p",
      { class: "about", id: "violations-policy-about" },
      "Each violation of a CSP below then says what this policy would have done with it. What was let in until now is not known here.",
    ),
    element("p", {}, element("label", { for: "violations-start" }, "Begin with "), start),
    element("p", {}, element("label", { for: "violations-policy" }, "Policy"), text),
    element("div", { class: "result", role: "status" }),
  );
  return details;
}

async function fillStart(select) {
  places ??= await startingPoints();
  select.replaceChildren(
    element("option", { value: "" }, "choose a policy"),
    ...places.map((each, index) => element("option", { value: index }, each.name)),
  );
}

/** Every policy that some route sends. */
async function startingPoints() {
  const state = await ask("headers");
  const found = new Map();
  for (const group of state.groups ?? []) {
    for (const header of group.headers) {
      if (header.sent && header.name.startsWith("Content-Security-Policy")) {
        const only = header.name.endsWith("Only") ? ", report-only" : "";
        const text = header.text.replaceAll("'nonce-...'", "'nonce'").replace(/; report-(uri|to) [^;]*/g, "");
        if (!found.has(text)) {
          found.set(text, { name: `that of ${group.routes[0].path}${only}`, text });
        }
      }
    }
  }
  return [...found.values()];
}

function begin(select, text, content) {
  if (select.value !== "") {
    text.value = places[Number(select.value)].text.replaceAll("; ", ";\n");
    policy = text.value;
    judge(content);
  }
}

let drawing = 0;

/** Reports may come by the thousand: what is shown follows a few times a second. */
function soon(content) {
  drawing ||= setTimeout(() => {
    drawing = 0;
    forget();
    show(content);
  }, 200);
}

/** What the server has dropped to make room. */
function forget() {
  const oldest = [...entries.values()].sort((one, other) => (one.last < other.last ? -1 : 1));
  oldest.slice(0, Math.max(0, entries.size - totals.kept)).forEach((each) => entries.delete(each.number));
}

panel("violations", {
  render(state, content) {
    if (!state.registered) {
      content.append(element("p", { class: "note warn" }, "The app has not called TLSDev(app): nothing is reported to it."));
      return;
    }
    entries.clear();
    places = null;
    state.entries.forEach((entry) => entries.set(entry.number, entry));
    totals = state.totals;
    content.append(
      element("p", { class: "summary" }),
      whatIf(content),
      controls(content),
      element("div", { class: "list" }),
    );
    show(content);
    if (policy) {
      judge(content);
    }
  },
  event(entry, content) {
    const old = entries.get(entry.number);
    entries.set(entry.number, entry);
    totals = entry.totals;
    soon(content);
    if (!old) {
      announce(`${entry.enforced ? "Stopped" : "Would have been stopped"}: ${entry.rule} ${entry.blocked}`);
      if (policy.trim()) {
        later(() => judge(content));
      }
    }
  },
});
