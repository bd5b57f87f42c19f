"""Whether our answer of what a policy lets in is that of real browsers."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from flask_tlsdev.headers import reports
from flask_tlsdev.headers import what_if
from flask_tlsdev.headers._csp_matching import Address
from flask_tlsdev.headers._csp_matching import matches
from flask_tlsdev.headers.reports import Report

from ..browsers import Browser
from ..browsers import chromium
from ..browsers import firefox
from ..servers import serving
from ..test_road import export_root

APP = """
from flask import Flask, request

app = Flask(__name__)


@app.get("/ask")
def ask():
    page = '<!doctype html><link rel="icon" href="data:,"><p>hello'
    policy = {"Content-Security-Policy": request.args["policy"]}
    return page, policy
"""

#: Ask for each URL, and at last for one that is refused in any case: refusals
#: are told in their order. The answer is what was refused.
ASK = """new Promise(resolve => {
  const refused = new Set();
  document.addEventListener("securitypolicyviolation", event => {
    if (event.effectiveDirective !== "img-src") refused.add(event.blockedURI);
    else resolve([...refused]);
  });
  for (const url of %s) {
    // Firefox throws where it refuses a WebSocket.
    if (url.startsWith("ws")) try { new WebSocket(url); } catch {}
    else fetch(url, {mode: "no-cors"}).catch(() => {});
  }
  setTimeout(() => { new Image().src = "https://last.test/"; });
})"""

#: Do what a policy may stop, one after the other; the answer is what was stopped,
#: as a browser reports it. What runs inside a timer is not the debugger's.
TRY = """new Promise(resolve => {
  const add = (name, about) =>
    document.body.append(Object.assign(document.createElement(name), about));
  const tries = [
    () => add("img", {src: "https://cdn.test:9/a.png"}),
    () => add("img", {src: "data:image/png,"}),
    () => add("img", {src: `${origin}/own.png`}),
    () => add("script", {src: "https://cdn.test:9/a.js"}),
    () => add("script", {src: `${origin}/own.js`}),
    () => add("script", {src: "data:text/javascript,1"}),
    () => add("script", {textContent: "1"}),
    () => add("style", {textContent: "p {}"}),
    () => add("link", {rel: "stylesheet", href: "https://cdn.test:9/a.css"}),
    () => add("base", {href: "https://cdn.test:9/"}),
    () => document.body.setAttribute("onclick", "1"),
    () => document.body.setAttribute("style", "color: red"),
    () => eval("1"),
    () => new Function("1"),
    () => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
    () => new Worker("data:text/javascript,1"),
    () => new Worker(`${origin}/own.js`),
    () => fetch("https://cdn.test:9/", {mode: "no-cors"}).catch(() => {}),
    () => document.body.insertAdjacentHTML("beforeend", "<b>b</b>"),
    () => trustedTypes.createPolicy("mine", {}),
  ];
  const stopped = [];
  document.addEventListener("securitypolicyviolation", event => {
    if (event.effectiveDirective !== "manifest-src") stopped.push({
      documentURL: event.documentURI,
      effectiveDirective: event.effectiveDirective,
      blockedURL: event.blockedURI,
    });
  });
  setTimeout(() => {
    for (const each of tries) try { each(); } catch {}
    setTimeout(() => resolve(stopped), 300);
  });
})"""

#: Together they stop all of it: what is no trusted type goes no further.
NOTHING = (
    "default-src 'none'; base-uri 'none'; trusted-types 'none'",
    "require-trusted-types-for 'script'",
)
POLICIES = (
    "default-src 'none'",
    "default-src 'self'",
    "default-src * data:",
    "default-src * 'unsafe-inline' 'unsafe-eval'",
    "default-src 'self'; img-src https://cdn.test:9; style-src 'unsafe-inline'",
    "default-src 'self'; script-src cdn.test:9/b/; style-src *; base-uri 'self'",
    "script-src 'self' 'wasm-unsafe-eval' 'unsafe-inline' 'sha256-abc='",
    "script-src 'nonce-abc' 'strict-dynamic' 'unsafe-inline'; img-src data:",
    "script-src 'strict-dynamic' https:; worker-src data:",
    "script-src 'unsafe-eval'; script-src-elem 'unsafe-inline'; connect-src 'none'",
    "script-src-attr 'unsafe-inline'; style-src-attr 'none'; script-src 'none'",
    "child-src data:; script-src 'self'; connect-src https://*:9; base-uri https:",
    "trusted-types mine; img-src 'none'",
    "trusted-types *; require-trusted-types-for 'script'",
)

#: Nobody listens there, and nobody has to.
PORT = 9

SOURCES = (
    "*",
    "'self'",
    "'none'",
    "https:",
    "http:",
    "wss:",
    "ws:",
    "HTTPS:",
    f"https://cdn.test:{PORT}",
    f"http://cdn.test:{PORT}",
    f"cdn.test:{PORT}",
    f"CDN.test:{PORT}",
    "cdn.test",
    "http://cdn.test",
    "http://cdn.test:80",
    "http://cdn.test:443",
    "cdn.test:80",
    "cdn.test:443",
    "cdn.test:*",
    "https://cdn.test:*",
    "wss://cdn.test:*",
    "*.cdn.test:*",
    "https://*.cdn.test:*",
    "*:*",
    f"*:{PORT}",
    "https://*",
    "cdn.test:*/a/",
    "cdn.test:*/a",
    "cdn.test:*/a/b.js",
    "cdn.test:*/a%2fb",
    "cdn.test:*/%61/",
    "cdn.test:*/",
    "10.1.2.3:*",
    "127.0.0.1:*",
    "localhost:*",
    "localhost",
)

URLS = (
    f"https://cdn.test:{PORT}/",
    f"https://cdn.test:{PORT}/a",
    f"https://cdn.test:{PORT}/a/",
    f"https://cdn.test:{PORT}/a/b.js",
    f"https://cdn.test:{PORT}/a/b.js/c",
    f"https://cdn.test:{PORT}/a/b.js?x=1",
    f"https://cdn.test:{PORT}/A/b.js",
    f"https://cdn.test:{PORT}/%61/b.js",
    f"https://a.cdn.test:{PORT}/a",
    f"https://b.a.cdn.test:{PORT}/a",
    f"https://evilcdn.test:{PORT}/a",
    "https://cdn.test/a",
    "https://cdn.test:8443/a",
    "https://cdn.test:80/a",
    f"wss://cdn.test:{PORT}/a",
    f"https://10.1.2.3:{PORT}/a",
    f"https://127.0.0.1:{PORT}/a",
    f"https://localhost:{PORT}/a",
    "https://localhost/a",
)
#: A page on HTTPS may not load these at all.
PLAIN_URLS = (
    f"http://cdn.test:{PORT}/a",
    "http://cdn.test/a",
    "http://cdn.test:443/a",
    f"ws://cdn.test:{PORT}/a",
    f"http://a.cdn.test:{PORT}/a",
    f"http://10.1.2.3:{PORT}/a",
    "http://localhost/a",
)


Start = Callable[..., AbstractContextManager[Browser]]
Question = tuple[str, str]


def let_in(browser: Browser, own: str, urls: tuple[str, ...]) -> dict[Question, bool]:
    """What the browser lets in on a page there, by source and URL."""
    found: dict[Question, bool] = {}
    for source in SOURCES:
        policy = {"policy": f"connect-src {source}; img-src 'none'"}
        page = browser.open(f"{own}/ask?{urlencode(policy)}")
        assert page.error is None
        refused = browser.evaluate(ASK % json.dumps(urls))
        found |= {(source, url): url not in refused for url in urls}

    return found


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("start", [chromium, firefox])
def test_what_we_let_in_is_what_browsers_let_in(
    start: Start, scheme: str, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(APP)
    secure = scheme == "https"
    command = ("tls", "run", "--no-reload") if secure else ("run", "--no-reload")

    with serving(*command, cwd=tmp_path) as server:
        root = export_root(tmp_path / "root.crt").read_bytes() if secure else None
        own = f"localhost:{server.port}"
        urls: tuple[str, ...] = (*URLS, f"https://{own}/a", f"wss://{own}/a")
        urls += () if secure else (*PLAIN_URLS, f"http://{own}/a", f"ws://{own}/a")
        with start(root) as browser:
            theirs = let_in(browser, f"{scheme}://{own}", urls)

    page = Address.of(f"{scheme}://{own}")
    ours = {
        (source, url): matches(Address.of(url), source, page) for source, url in theirs
    }
    assert len(theirs) == len(SOURCES) * len(urls)
    if start is chromium:
        assert ours == theirs
    else:
        # Firefox lets in more where a port is named and the scheme another one.
        assert {each for each in ours if ours[each]} <= {
            each for each in theirs if theirs[each]
        }


def stopped(browser: Browser, own: str, policy: str) -> list[Report]:
    """What the policy stops of all that the page tries."""
    page = browser.open(f"{own}/ask?{urlencode({'policy': policy})}")
    assert page.error is None
    entries = [
        {"type": "csp-violation", "url": own, "body": body}
        for body in browser.evaluate(TRY)
    ]
    return reports.read(reports.REPORTS, json.dumps(entries).encode())


def test_what_we_say_of_another_policy_is_what_it_does(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)

    with serving("run", "--no-reload", cwd=tmp_path) as server, chromium() as browser:
        own = f"http://localhost:{server.port}"
        recorded = {
            each.violation: each
            for policy in NOTHING
            for each in stopped(browser, own, policy)
        }
        theirs = {
            policy: {each.violation for each in stopped(browser, own, policy)}
            for policy in POLICIES
        }

    assert len(recorded) > 18
    ours = {
        policy: {key: judged(policy, each) for key, each in recorded.items()}
        for policy in POLICIES
    }
    wrong = [
        (policy, key, ours[policy][key])
        for policy in POLICIES
        for key in recorded
        if ours[policy][key] == ("allowed" if key in theirs[policy] else "blocked")
    ]
    assert wrong == []
    certain = [each for some in ours.values() for each in some.values()]
    assert certain.count("depends") < len(certain) / 10


def judged(policy: str, report: Report) -> str:
    verdict = what_if.read(policy).judge(report)
    assert verdict is not None
    return verdict.outcome
