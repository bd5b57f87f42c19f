import { element, facts, panel, tag } from "./base.js";

function certificate(client) {
  if (client.subject) {
    return [tag("good", "shown"), ` ${client.subject}, until ${client.until}`];
  }
  return client.asked === "none" ? "not asked for" : `asked for (${client.asked}), none shown`;
}

panel("connection", {
  render(state, content) {
    const modern = state.protocol === "TLSv1.3";
    content.append(
      facts([
        ["Origin", state.origin],
        ["Protocol", [tag(modern ? "good" : "warn", state.protocol), ` at least ${state.minimum} here`]],
        ["Cipher", [element("code", {}, state.cipher), ` ${state.bits} bits`]],
        ["Handshake", state.resumed ? "resumed from an earlier connection" : "a full one"],
        ["ALPN", state.alpn ?? "none agreed upon: HTTP/1.1"],
        ["Your address", state.peer],
        ["Client certificate", certificate(state.client)],
      ]),
    );
  },
});
