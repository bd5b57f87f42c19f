"""Real browsers for tests: what do Chromium and Firefox make of a URL?

::

    with chromium(root_pem) as browser:
        page = browser.open("https://localhost:5000/")

        assert page.error is None
        assert page.security == "secure"
        assert "hello" in browser.text()

Each browser starts with an empty home folder and trusts nothing but what its
maker built in and the root it is given. Every host name leads to 127.0.0.1, so
that ``app.test`` needs no DNS and nothing a browser does on its own leaves the
machine. When the ``with`` block ends, its processes and its folder are gone.
"""

from __future__ import annotations

import base64
import importlib
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from abc import ABC
from abc import abstractmethod
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from queue import Empty
from queue import Queue
from typing import Any

from .tools import missing
from .tools import program
from .tools import run

#: Seconds that starting, one command, one page and ending may each take. A
#: busy machine with two processors needs a tenth of it.
DEADLINE = 60.0

#: Where a Chromium of 2026 keeps its roots in a fresh home folder.
CHROMIUM_DATABASE = Path(".local/share/pki/nssdb")

CHROMIUM_FLAGS = (
    "--headless=new",
    # Its sandbox refuses to start as root, and in most containers.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-breakpad",
    "--password-store=basic",
    "--host-resolver-rules=MAP * 127.0.0.1,EXCLUDE [::1]",
    # Reports wait for a minute otherwise.
    "--short-reporting-delay",
    "--remote-debugging-port=0",
)

FIREFOX_PREFERENCES: Mapping[str, bool | int | str] = {
    "network.dns.forceResolve": "127.0.0.1",
    "network.proxy.type": 0,
    "network.trr.mode": 5,
    # Each of these would ask a server of Mozilla's.
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.newtabpage.enabled": False,
    "browser.region.network.url": "",
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.search.update": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
    # Pages of the browser's own, in front of ours.
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
}

Message = dict[str, Any]


class BrowserError(Exception):
    """A browser did not start, did not answer in time, or refused a command."""


@dataclass(frozen=True)
class Page:
    """What became of one navigation."""

    url: str
    #: The browser's own code, such as ``net::ERR_CERT_AUTHORITY_INVALID`` or
    #: ``SEC_ERROR_UNKNOWN_ISSUER``; ``None`` where the page was loaded.
    error: str | None
    #: Of the main document, after redirects; ``None`` without an answer.
    status: int | None = None
    #: Of the main document, names in lower case; several of one name are
    #: joined by line breaks.
    headers: Mapping[str, str] = field(default_factory=dict)
    #: ``secure``, ``insecure`` or ``neutral``, as in front of the URL. Firefox
    #: does not tell: it is ``secure`` there when an https page was loaded.
    security: str = "neutral"
    #: Such as ``TLS 1.3``; Chromium only.
    protocol: str | None = None


@dataclass(frozen=True)
class ConsoleMessage:
    level: str
    text: str


def trust_in_nss(
    database: Path, root_pem: bytes, nickname: str, *, flags: str = "C,,"
) -> None:
    """Put a certificate into an NSS database, which is made if it is not there.

    :param flags: As ``certutil -t`` takes them; by default a root that may
        vouch for servers and for nothing else.
    """
    certutil = program("certutil")
    target = f"sql:{database}"

    if not (database / "cert9.db").exists():
        database.mkdir(parents=True, exist_ok=True)
        _must(certutil, "-d", target, "-N", "--empty-password")

    _must(certutil, "-d", target, "-A", "-n", nickname, "-t", flags, stdin=root_pem)


def _must(*command: str, stdin: bytes = b"") -> None:
    done = run(*command, stdin=stdin)

    if done.returncode:
        raise BrowserError(f"{' '.join(command)}: {done.stderr}")


class Process:
    """A browser's process group, and what it has written to stderr."""

    def __init__(self, command: list[str], home: Path) -> None:
        self.lines: list[str] = []
        self._fresh: Queue[str | None] = Queue()
        self._popen = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=_environment(home),
            cwd=home,
            # A group of its own, so that all of it can be ended together.
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._popen.stderr is not None

        with self._popen.stderr as stream:
            for line in stream:
                self.lines.append(line.decode("utf-8", "replace").rstrip())
                self._fresh.put(self.lines[-1])

        self._fresh.put(None)

    def wait_for(self, pattern: str) -> str:
        """The first group of the first line of stderr that has the pattern."""
        end = time.monotonic() + DEADLINE

        while True:
            try:
                line = self._fresh.get(timeout=max(0, end - time.monotonic()))
            except Empty:
                line = None

            if line is None:
                said = "\n".join(self.lines[-20:])
                raise BrowserError(f"{self._popen.args!r} did not start:\n{said}")

            if found := re.search(pattern, line):
                return found[1]

    def end(self, *, grace: float) -> None:
        """Wait for the whole group to end by itself, else end it."""
        # The last process to hold stderr closes it: an event to wait for, also
        # for grandchildren, whom nobody but init could wait for.
        self._reader.join(grace)

        with suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)

        self._popen.wait(DEADLINE)
        self._reader.join(DEADLINE)


def _environment(home: Path) -> dict[str, str]:
    temporary = home / "tmp"
    temporary.mkdir(exist_ok=True)
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "XDG_RUNTIME_DIR": str(temporary),
        "LANG": "C.UTF-8",
        "MOZ_CRASHREPORTER_DISABLE": "1",
        # Looking for a session bus would start one.
        "DBUS_SESSION_BUS_ADDRESS": "disabled:",
    }


def _websocket() -> Any:
    try:
        return importlib.import_module("websocket")
    except ImportError:
        missing("websocket-client")


class Wire:
    """Commands and events over one websocket.

    DevTools and BiDi both send JSON with ``id``, ``method`` and ``params``.
    """

    def __init__(self, url: str) -> None:
        websocket = _websocket()
        # Both browsers refuse a connection that names a page as its origin.
        self._socket = websocket.create_connection(
            url, timeout=DEADLINE, suppress_origin=True
        )
        self._timeout = websocket.WebSocketTimeoutException
        self._id = 0
        #: Sent with every command, once known: DevTools' session.
        self.extra: Message = {}
        #: Everything that came without being an answer, oldest first.
        self.events: list[Message] = []

    def call(self, method: str, **params: Any) -> Message:
        """The answer to a command, as it came: maybe with an ``error``."""
        self._id += 1
        message = {"id": self._id, "method": method, "params": params, **self.extra}
        self._socket.send(json.dumps(message))
        end = time.monotonic() + DEADLINE

        while (answer := self._receive(end)).get("id") != self._id:
            pass

        return answer

    def result(self, method: str, **params: Any) -> Message:
        """The result of a command that has to work."""
        answer = self.call(method, **params)

        if "result" not in answer:
            raise BrowserError(f"{method}: {answer}")

        result: Message = answer["result"]
        return result

    def wait(self, wanted: Callable[[Message], bool], since: int = 0) -> Message:
        """The first event of this kind, which may have come already."""
        end = time.monotonic() + DEADLINE

        while True:
            while since < len(self.events):
                if wanted(self.events[since]):
                    return self.events[since]

                since += 1

            self._receive(end)

    def _receive(self, end: float) -> Message:
        self._socket.settimeout(max(0.001, end - time.monotonic()))

        try:
            message: Message = json.loads(self._socket.recv())
        except self._timeout:
            last = [event.get("method") for event in self.events[-5:]]
            raise BrowserError(f"no answer in {DEADLINE} s; last: {last}") from None

        if "id" not in message:
            self.events.append(message)

        return message

    def close(self) -> None:
        self._socket.close()


class Browser(ABC):
    """One tab of a running browser."""

    def __init__(self, wire: Wire, home: Path) -> None:
        self._wire = wire
        #: The browser's home folder, which ends with it.
        self.home = home

    @abstractmethod
    def open(self, url: str) -> Page:
        """Go to a URL and wait until it is loaded or has failed."""

    @abstractmethod
    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression; promises are waited for."""

    @abstractmethod
    def screenshot(self) -> bytes:
        """What is to be seen, as a PNG image."""

    @abstractmethod
    def _console(self, event: Message) -> ConsoleMessage | None: ...

    @abstractmethod
    def quit(self) -> None:
        """Ask the browser to end."""

    def text(self) -> str:
        """The text of the page as it is rendered."""
        return str(self.evaluate("document.body ? document.body.innerText : ''"))

    def dom(self) -> str:
        """The document as it is now, as HTML."""
        return str(self.evaluate("document.documentElement.outerHTML"))

    def console(self) -> list[ConsoleMessage]:
        """What all pages so far wrote to the console, the browser's notes included."""
        # Events come in order, so those of before are here with this answer.
        self.evaluate("0")
        messages = map(self._console, self._wire.events)
        return [message for message in messages if message is not None]

    def wait_for_console(self, text: str) -> ConsoleMessage:
        """The first console message that contains this text."""

        def wanted(event: Message) -> bool:
            message = self._console(event)
            return message is not None and text in message.text

        message = self._console(self._wire.wait(wanted))
        assert message is not None
        return message


class Chromium(Browser):
    """Chromium, through the DevTools protocol."""

    def __init__(self, wire: Wire, home: Path) -> None:
        super().__init__(wire, home)
        target = wire.result("Target.createTarget", url="about:blank")["targetId"]
        session = wire.result("Target.attachToTarget", targetId=target, flatten=True)
        wire.extra = {"sessionId": session["sessionId"]}

        for domain in ("Page", "Network", "Runtime", "Log"):
            wire.result(f"{domain}.enable")

    def resize(self, width: int, height: int) -> None:
        """Be a phone with a screen of this size, in CSS pixels."""
        self._wire.result(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2,
            mobile=True,
        )

    def open(self, url: str) -> Page:
        since = len(self._wire.events)
        answer = self._wire.result("Page.navigate", url=url)
        error = answer.get("errorText")

        # Neither a download, a 204 nor a jump within the page is ever loaded.
        if error != "net::ERR_ABORTED" and "loaderId" in answer:
            self._wire.wait(lambda e: e["method"] == "Page.loadEventFired", since)

        document = self._document(answer.get("loaderId"), since)
        if error or document is None:
            security = "insecure" if error and "ERR_CERT" in error else "neutral"
            return Page(url, error, security=security)

        response = document["response"]
        return Page(
            url,
            None,
            status=response["status"],
            headers=self._headers(document, since),
            security=response["securityState"],
            protocol=response.get("securityDetails", {}).get("protocol"),
        )

    def _document(self, loader: str | None, since: int) -> Message | None:
        for event in reversed(self._wire.events[since:]):
            params: Message = event["params"]
            if (
                event["method"] == "Network.responseReceived"
                and params["type"] == "Document"
                and params["loaderId"] == loader
            ):
                return params

        return None

    def _headers(self, document: Message, since: int) -> dict[str, str]:
        response = document["response"]
        headers = response["headers"]

        # Only this event has Set-Cookie. A redirect has one of its own.
        if document.get("hasExtraInfo"):
            extra = self._wire.wait(
                lambda event: (
                    event["method"] == "Network.responseReceivedExtraInfo"
                    and event["params"]["requestId"] == document["requestId"]
                    # A stored page counts as 200, and a 304 has brought it.
                    and event["params"]["statusCode"] in {response["status"], 304}
                ),
                since,
            )
            headers = extra["params"]["headers"]

        return {name.lower(): value for name, value in headers.items()}

    def evaluate(self, script: str) -> Any:
        result = self._wire.result(
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
        )
        if "exceptionDetails" in result:
            raise BrowserError(f"{script}: {result['exceptionDetails']}")

        return result["result"].get("value")

    def screenshot(self) -> bytes:
        return base64.b64decode(self._wire.result("Page.captureScreenshot")["data"])

    def _console(self, event: Message) -> ConsoleMessage | None:
        params = event["params"]
        match event["method"]:
            case "Runtime.consoleAPICalled":
                parts = (
                    arg.get("value", arg.get("description", ""))
                    for arg in params["args"]
                )
                return ConsoleMessage(params["type"], " ".join(map(str, parts)))
            case "Runtime.exceptionThrown":
                details = params["exceptionDetails"]
                said = details.get("exception", {}).get("description", details["text"])
                return ConsoleMessage("error", said)
            case "Log.entryAdded":
                return ConsoleMessage(params["entry"]["level"], params["entry"]["text"])

        return None

    def quit(self) -> None:
        self._wire.extra = {}
        self._wire.call("Browser.close")


class Firefox(Browser):
    """Firefox, through WebDriver BiDi."""

    def __init__(self, wire: Wire, home: Path) -> None:
        super().__init__(wire, home)
        wire.result("session.new", capabilities={})
        wire.result(
            "session.subscribe", events=["log.entryAdded", "network.responseCompleted"]
        )
        tree = wire.result("browsingContext.getTree")
        self._context: str = tree["contexts"][0]["context"]

    def open(self, url: str) -> Page:
        since = len(self._wire.events)
        answer = self._wire.call(
            "browsingContext.navigate",
            context=self._context,
            url=url,
            wait="complete",
        )
        if "result" not in answer:
            return self._failed(url, answer)

        # Events come in order, so what belongs to the page is here with this.
        self.evaluate("0")
        response = self._response(answer["result"]["navigation"], since)
        if response is None:
            return Page(url, None)

        return Page(
            url,
            None,
            status=response["status"],
            headers=_joined(response["headers"]),
            security="secure" if response["url"].startswith("https:") else "neutral",
        )

    def _failed(self, url: str, answer: Message) -> Page:
        # Now and then its own error page comes before it has said what failed.
        if "interrupted an unfinished navigation" in answer["message"]:
            return Page(url, "interrupted")

        # NS_ERROR_GENERATE_FAILURE(NS_ERROR_MODULE_SECURITY, code) for TLS.
        found = re.fullmatch(r"Error: (?:\w+\(\w+, )?(\w+)\)?", answer["message"])
        if found is None:
            raise BrowserError(f"{url}: {answer}")

        tls = found[1].startswith(("SEC_ERROR", "SSL_ERROR", "MOZILLA_PKIX"))
        return Page(url, found[1], security="insecure" if tls else "neutral")

    def _response(self, navigation: str | None, since: int) -> Message | None:
        for event in reversed(self._wire.events[since:]):
            params: Message = event["params"]
            if (
                event["method"] == "network.responseCompleted"
                and navigation is not None
                and params["navigation"] == navigation
            ):
                response: Message = params["response"]
                return response

        return None

    def evaluate(self, script: str) -> Any:
        result = self._wire.result(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({script}\n)))()",
            target={"context": self._context},
            awaitPromise=True,
        )
        if result["type"] == "exception":
            raise BrowserError(f"{script}: {result['exceptionDetails']['text']}")

        value = result["result"].get("value")
        return None if value is None else json.loads(value)

    def screenshot(self) -> bytes:
        shot = self._wire.result(
            "browsingContext.captureScreenshot", context=self._context
        )
        return base64.b64decode(shot["data"])

    def _console(self, event: Message) -> ConsoleMessage | None:
        if event["method"] != "log.entryAdded":
            return None

        params = event["params"]
        return ConsoleMessage(params["level"], params["text"] or "")

    def quit(self) -> None:
        self._wire.call("browser.close")


def _joined(headers: list[Message]) -> dict[str, str]:
    joined: dict[str, str] = {}

    for header in headers:
        name, value = header["name"].lower(), header["value"]["value"]
        joined[name] = f"{joined[name]}\n{value}" if name in joined else value

    return joined


@contextmanager
def chromium(
    root_pem: bytes | None = None, *, prepare: Callable[[Path], None] | None = None
) -> Iterator[Chromium]:
    """A fresh headless Chromium.

    :param root_pem: A root for it to trust.
    :param prepare: Called with its home folder before it starts.
    """
    command = program("chromium", "chromium-browser", "google-chrome")

    with _fresh_home() as home:
        if root_pem is not None:
            trust_in_nss(home / CHROMIUM_DATABASE, root_pem, "test root")

        if prepare is not None:
            prepare(home)

        flags = (*CHROMIUM_FLAGS, f"--user-data-dir={home / 'profile'}")
        with _running([command, *flags, "about:blank"], home) as process:
            url = process.wait_for(r"DevTools listening on (ws://\S+)")

            with _connected(url) as wire:
                browser = Chromium(wire, home)
                yield browser
                browser.quit()


@contextmanager
def firefox(
    root_pem: bytes | None = None, *, prepare: Callable[[Path], None] | None = None
) -> Iterator[Firefox]:
    """A fresh headless Firefox; its profile is ``profile`` in its home folder.

    :param root_pem: A root for it to trust.
    :param prepare: Called with its home folder before it starts.
    """
    command = program("firefox-esr", "firefox")

    with _fresh_home() as home:
        profile = home / "profile"
        profile.mkdir()
        (profile / "user.js").write_text(_user_js())

        if root_pem is not None:
            trust_in_nss(profile, root_pem, "test root")

        if prepare is not None:
            prepare(home)

        flags = ("--headless", "--no-remote", "--remote-debugging-port=0")
        with _running([command, *flags, "--profile", str(profile)], home) as process:
            url = process.wait_for(r"WebDriver BiDi listening on (ws://\S+)")

            with _connected(f"{url}/session") as wire:
                browser = Firefox(wire, home)
                yield browser
                browser.quit()


def _user_js() -> str:
    lines = (
        f'user_pref("{name}", {json.dumps(value)});\n'
        for name, value in FIREFOX_PREFERENCES.items()
    )
    return "".join(lines)


@contextmanager
def _fresh_home() -> Iterator[Path]:
    # Not below tmp_path: the path of a socket in it may have 108 characters.
    with tempfile.TemporaryDirectory(prefix="browser-") as folder:
        yield Path(folder)


@contextmanager
def _running(command: list[str], home: Path) -> Iterator[Process]:
    process = Process(command, home)

    try:
        yield process
    except BaseException:
        process.end(grace=0)
        raise

    # It has been asked to quit.
    process.end(grace=5)


@contextmanager
def _connected(url: str) -> Iterator[Wire]:
    wire = Wire(url)

    try:
        yield wire
    finally:
        wire.close()
