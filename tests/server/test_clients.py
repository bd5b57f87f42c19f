"""The clients that people have, against a server as they start it."""

from __future__ import annotations

import hashlib
import json
import os
import ssl
import subprocess
import threading
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest
import requests
import websocket

from ..browsers import Browser
from ..browsers import chromium
from ..browsers import firefox
from ..servers import flask
from ..servers import Server
from ..servers import serving
from ..tools import program
from ..tools import run

APP = """
import hashlib
import threading

from flask import Flask
from flask import request
from flask_sock import Sock

app = Flask(__name__)
sock = Sock(app)
go = threading.Event()
ports = set()

@app.get("/")
def index():
    return str(request.environ["REMOTE_PORT"])

@app.route("/digest", methods=["POST", "PUT"])
def digest():
    return hashlib.sha256(request.get_data()).hexdigest()

@app.route("/refuse", methods=["POST", "PUT"])
def refuse():
    return "no", 403

@app.get("/events")
def events():
    go.clear()
    def stream():
        yield "data: one\\n\\n"
        go.wait(20)
        yield "data: two\\n\\n"
    return stream(), {"Content-Type": "text/event-stream"}

@app.post("/go")
def let_go():
    go.set()
    return "gone"

@app.get("/page")
def page():
    ports.clear()
    tags = "".join(f"<script src=/script/{n}></script>" for n in range(50))
    return f"<title>page</title><script>var sum = 0</script>{tags}"

@app.get("/script/<int:number>")
def script(number):
    ports.add(request.environ["REMOTE_PORT"])
    return f"sum += {number}", {"Content-Type": "text/javascript"}

@app.get("/ports")
def seen():
    return str(len(ports))

@sock.route("/echo")
def echo(ws):
    while True:
        ws.send(ws.receive().upper())
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the app lies, with a home of its own: one server is enough here."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "app.py").write_text(APP)
    (folder / "home").mkdir(mode=0o700)
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with serving(
        "tls", "run", cwd=folder, env={"HOME": str(folder / "home")}
    ) as server:
        yield server


@pytest.fixture(scope="module")
def root(server: Server, folder: Path) -> Path:
    path = folder / "root.crt"
    done = run(
        *flask("tls", "ca", "export", "--out", path),
        env={**os.environ, "HOME": str(folder / "home")},
    )
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
def url(server: Server) -> str:
    return f"https://localhost:{server.port}"


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    path = tmp_path / "upload"
    path.write_bytes(os.urandom(3_000_000))
    return path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def curl(root: Path, *arguments: str | Path) -> str:
    done = run(
        *(program("curl"), "--http1.1", "--silent", "--show-error", "--noproxy", "*"),
        *("--cacert", root, *arguments),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_curl_uses_one_connection_for_all(root: Path, url: str) -> None:
    said = curl(root, "-w", " %{num_connects}\n", *[f"{url}/"] * 4)

    ports, connects = zip(*map(str.split, said.splitlines()), strict=True)
    assert len(set(ports)) == 1
    assert connects == ("1", "0", "0", "0")


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(["-H", "Expect: 100-continue"], id="with Expect"),
        pytest.param(["-H", "Expect:"], id="without Expect"),
        pytest.param(["-H", "Transfer-Encoding: chunked"], id="chunked"),
    ],
)
def test_curl_uploads(root: Path, url: str, upload: Path, options: list[str]) -> None:
    said = curl(root, *options, "-T", upload, f"{url}/digest")

    assert said == digest(upload)


@pytest.mark.parametrize("expect", ["Expect: 100-continue", "Expect:"])
def test_curl_hears_a_refusal_of_what_it_uploads(
    root: Path, url: str, upload: Path, expect: str
) -> None:
    said = curl(root, "-H", expect, "-w", "%{http_code}", "-T", upload, f"{url}/refuse")

    assert said == "no403"


def test_curl_shows_each_event_as_it_comes(root: Path, url: str) -> None:
    command = [program("curl"), "-sN", "--noproxy", "*", "--cacert", str(root)]

    with subprocess.Popen(
        [*command, f"{url}/events"], stdout=subprocess.PIPE
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == b"data: one\n"

        curl(root, "-X", "POST", f"{url}/go")

        assert reader.stdout.read() == b"\ndata: two\n\n"

    assert reader.returncode == 0


def test_requests_keeps_its_connection(root: Path, url: str, upload: Path) -> None:
    with requests.Session() as session:
        session.verify = str(root)
        session.trust_env = False
        ports = {session.get(f"{url}/").text for _ in range(3)}

        with upload.open("rb") as file:
            chunks = iter(lambda: file.read(100_000), b"")
            assert session.post(f"{url}/digest", data=chunks).text == digest(upload)

        ports.add(session.get(f"{url}/").text)

    assert len(ports) == 1


def test_httpx_keeps_its_connection_and_streams(root: Path, url: str) -> None:
    context = ssl.create_default_context(cafile=str(root))

    with httpx.Client(verify=context, trust_env=False, base_url=url) as client:
        ports = {client.get("/").text for _ in range(3)}

        with client.stream("GET", "/events") as response:
            lines = response.iter_lines()
            assert next(lines) == "data: one"
            assert client.post("/go").text == "gone"
            assert [line for line in lines if line] == ["data: two"]

    assert len(ports) == 1


NODE = """
const https = require("https");
const [url] = process.argv.slice(2);
const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
const get = () => new Promise((resolve, reject) => {
  https.get(url, { agent }, (response) => {
    let text = "";
    response.on("data", (data) => (text += data));
    response.on("end", () => resolve(text));
  }).on("error", reject);
});
(async () => {
  const found = { agent: [], fetch: [] };
  for (let n = 0; n < 3; n++) found.agent.push(await get());
  for (let n = 0; n < 6; n++) found.fetch.push(await (await fetch(url)).text());
  const body = "x".repeat(100000);
  const sent = await fetch(url + "digest", { method: "POST", body });
  found.digest = await sent.text();
  console.log(JSON.stringify(found));
  agent.destroy();
})();
"""


def test_nodes_agent_and_fetch_keep_their_connections(
    root: Path, url: str, tmp_path: Path
) -> None:
    script = tmp_path / "client.js"
    script.write_text(NODE)

    done = run(
        *(program("node"), script, f"{url}/"),
        env={**os.environ, "NODE_EXTRA_CA_CERTS": str(root)},
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(set(found["agent"])) == 1
    # fetch() may ask before its last connection is free again.
    assert len(set(found["fetch"])) <= 2
    assert found["digest"] == hashlib.sha256(b"x" * 100_000).hexdigest()


def test_a_websocket_speaks_both_ways(server: Server, root: Path, url: str) -> None:
    socket = websocket.create_connection(
        url.replace("https", "wss") + "/echo",
        sslopt={"ca_certs": str(root)},
        timeout=20,
    )

    for text in ("one", "two", "x" * 100_000):
        socket.send(text)
        assert socket.recv() == text.upper()

    socket.close()
    assert server.get("/", cafile=root)[0] == 200
    assert "Traceback" not in server.output


def test_many_websockets_and_requests_go_together(root: Path, url: str) -> None:
    answers: list[object] = []

    def talk() -> None:
        socket = websocket.create_connection(
            url.replace("https", "wss") + "/echo",
            sslopt={"ca_certs": str(root)},
            timeout=20,
        )
        for _ in range(5):
            socket.send("a")
            answers.append(socket.recv())
        socket.close()

    threads = [threading.Thread(target=talk) for _ in range(10)]
    for thread in threads:
        thread.start()
    curl(root, *[f"{url}/"] * 10)
    for thread in threads:
        thread.join()

    assert answers == ["A"] * 50


Start = Callable[..., AbstractContextManager[Browser]]


@pytest.mark.parametrize("start", [chromium, firefox])
def test_a_browser_loads_fifty_assets_over_few_connections(
    server: Server, root: Path, url: str, start: Start
) -> None:
    with start(root.read_bytes()) as browser:
        page = browser.open(f"{url}/page")
        total = browser.evaluate("sum")

    assert page.error is None
    assert total == sum(range(50))
    assert int(server.get("/ports", cafile=root)[1]) <= 12
    assert "Traceback" not in server.output
