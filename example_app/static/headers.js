// Shows the headers that this very page came with, as the browser got them.
const list = document.getElementById("headers");

const response = await fetch(location.href, { method: "HEAD", cache: "no-store" });

for (const [name, value] of response.headers) {
  const term = document.createElement("dt");
  const text = document.createElement("dd");
  term.textContent = name;
  text.textContent = value;
  list.append(term, text);
}

list.dataset.ready = "true";
