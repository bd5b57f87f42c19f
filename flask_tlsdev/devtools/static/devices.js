import { command, element, fileUrl, panel } from "./base.js";

function link(file) {
  return element("li", {}, element("a", { href: fileUrl("devices", file.name), download: file.name }, file.label));
}

function code(state) {
  if (!state.qr) {
    return [element("p", { class: "note" }, "For a QR code, type this and start the server anew:"), command("pip install 'flask-tlsdev[qr]'")];
  }
  return [element("img", { src: fileUrl("devices", "qr.svg"), alt: `QR code of ${state.urls[0]}`, width: 240, height: 240 })];
}

function url(text) {
  return element("li", {}, element("code", {}, text));
}

function steps(state) {
  const [first] = state.urls;
  return element(
    "ol",
    {},
    element("li", {}, "Scan the code with the device's camera, or type ", element("code", {}, first)),
    element("li", {}, "It does not know the CA yet, so it warns you. Go on to the page this once."),
    element("li", {}, "Download the file for the device and follow the steps on that page."),
    element("li", {}, "Before you switch trust on, compare all of the fingerprint that the device shows with this one: ", element("code", { class: "print" }, state.sha256)),
    element("li", {}, "Open the app: ", element("code", {}, state.apps[0])),
  );
}

panel("devices", {
  render(state, content) {
    if (state.problem) {
      content.append(element("p", { class: "note bad" }, state.problem));
      return;
    }
    content.append(
      element("div", { class: "way" }, element("div", { class: "code" }, code(state)), steps(state)),
      element("h3", {}, "Other addresses of the same"),
      element("ul", {}, state.urls.slice(1).map(url)),
      element("h3", {}, "By cable instead"),
      element("p", {}, "Nobody on the network can change what you hand over yourself:"),
      element("ul", {}, state.files.map(link)),
    );
  },
});
