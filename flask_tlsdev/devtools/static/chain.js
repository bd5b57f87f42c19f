import { command, element, facts, hear, panel, refresh, tag, when } from "./base.js";

const DAY = 86_400_000;
const ROLES = {
  leaf: ["good", "Leaf", "shown to every client"],
  intermediate: ["plain", "Intermediate", "shown with the leaf; it signs"],
  root: ["plain", "Root", "never shown: trust stores have it"],
  "self-signed": ["warn", "Self-signed", "it vouches for itself"],
};
const DATE = { dateStyle: "medium" };

function remaining(until, now) {
  const days = Math.floor((Date.parse(until) - now) / DAY);
  if (days < 0) {
    return [tag("bad", "expired")];
  }
  return [tag(days < 2 ? "warn" : "good", days === 0 ? "ends today" : `${days} days left`)];
}

/** The life of a certificate on the time that all of the chain spans. */
function life(certificate, span, now, renews) {
  const at = (time) => `${(100 * (time - span.from)) / (span.until - span.from)}%`;
  const [from, until] = [Date.parse(certificate.from), Date.parse(certificate.until)];
  const track = element("div", { class: "track", "aria-hidden": "true" });
  const bar = element("span", { class: "bar" });
  bar.style.left = at(from);
  bar.style.width = `calc(${at(until)} - ${at(from)})`;
  const mark = element("span", { class: "now" });
  mark.style.left = at(now);
  track.append(bar, mark);
  if (renews) {
    const due = element("span", { class: "due" });
    due.style.left = at(Date.parse(renews));
    track.append(due);
  }
  return element(
    "div",
    { class: "life" },
    track,
    element("p", {}, when(certificate.from, DATE), " to ", when(certificate.until, DATE), " ", remaining(certificate.until, now)),
  );
}

function limits(certificate) {
  return certificate.limits.map((each) => [
    `${each.name}${each.critical ? " (critical)" : ""}`,
    element("ul", { class: "values" }, each.values.map((value) => element("li", {}, value))),
  ]);
}

function fingerprint(hex) {
  return element("code", {}, hex.toUpperCase().match(/../g).join(":"));
}

function card(certificate, span, now, renews) {
  const [kind, role, meaning] = ROLES[certificate.role];
  const bits = certificate.key.bits ? `, ${certificate.key.bits} bits` : "";
  return element(
    "li",
    { class: `card ${certificate.role}` },
    element("h4", {}, tag(kind, role), " ", certificate.name),
    element("p", { class: "about" }, meaning, certificate.role === "leaf" ? `, signed by ${certificate.issuer}` : null),
    life(certificate, span, now, renews),
    facts([
      ["Names", certificate.names.length ? certificate.names.join(", ") : null],
      ["May sign for", certificate.permits.length ? certificate.permits.join(", ") : null],
      ["Key", `${certificate.key.type}${bits}`],
      ["Signature", certificate.signature],
    ]),
    element(
      "details",
      {},
      element("summary", {}, "Constraints and fingerprint"),
      facts([
        ...limits(certificate),
        ["SHA-256 fingerprint", fingerprint(certificate.sha256)],
        ["Serial number", element("code", {}, certificate.serial)],
        ["Subject", certificate.subject],
      ]),
    ),
  );
}

function issued(pair) {
  if (pair.issuer === null) {
    return element("p", {}, "Somebody else keeps this pair: it is not renewed here.");
  }
  return element("p", {}, "Issued by ", element("code", {}, pair.issuer), ", renewed by itself on ", when(pair.renews), ".");
}

function shown(pair, now) {
  if (pair.problem) {
    return [element("p", { class: "note bad" }, pair.problem)];
  }
  const span = {
    from: Math.min(...pair.certificates.map((each) => Date.parse(each.from))),
    until: Math.max(...pair.certificates.map((each) => Date.parse(each.until))),
  };
  const cards = pair.certificates.map((each, index) => card(each, span, now, index === 0 ? pair.renews : null));
  return [issued(pair), element("ol", { class: "cards" }, cards)];
}

panel("chain", {
  render(state, content) {
    const now = Date.parse(state.now);
    for (const pair of state.pairs) {
      content.append(
        element("h3", {}, pair.title),
        ...shown(pair, now),
        element("p", { class: "about" }, "All of it:"),
        command(pair.command),
      );
    }
    content.append(
      element(
        "p",
        { class: "key", "aria-hidden": "true" },
        element("span", { class: "now" }), " now ",
        element("span", { class: "due" }), " renewal",
      ),
    );
  },
});

hear("handshakes", (event) => {
  if (event.kind === "renewed" || event.kind === "swapped") {
    refresh("chain");
  }
});
