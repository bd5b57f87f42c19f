"""What do security headers cost a request, beside plain Flask and the peers?

    python benchmarks/headers.py [--rounds 40] [--requests 400] [--profile]

Each candidate is the same small app with another extension, called through
WSGI in this process. Each round measures every candidate once, in an order
that changes, so that what else the machine does falls on all of them. Printed
are the fastest rounds and their ratio to plain Flask's. A peer that is not
installed is left out: ``pip install flask-talisman secure flask-helmet``.
"""

from __future__ import annotations

import argparse
import cProfile
import importlib
import io
import pstats
import random
import sys
import time
from collections.abc import Callable
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from flask import Blueprint
from flask import Flask
from flask import g
from flask import Response

App = Callable[[dict[str, Any], Any], Iterable[bytes]]
Make = Callable[[], Flask]

PAGE = "<!doctype html><p>hello"

#: What somebody writes who knows what he wants.
BY_HAND = (
    ("Content-Security-Policy", "default-src 'self'; object-src 'none'"),
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "SAMEORIGIN"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Origin-Agent-Cluster", "?1"),
)


def bare() -> Flask:
    app = Flask("benchmark")

    @app.get("/")
    def index() -> str:
        return PAGE

    return app


def plain() -> Flask:
    return bare()


def by_hand() -> Flask:
    app = bare()

    @app.after_request
    def add(response: Response) -> Response:
        response.headers.extend(BY_HAND)
        return response

    return app


def by_hand_with_nonce() -> Flask:
    import secrets

    app = bare()

    @app.get("/nonce")
    def nonce() -> str:
        g.nonce = secrets.token_urlsafe(16)
        return PAGE

    @app.after_request
    def add(response: Response) -> Response:
        policy = f"default-src 'self'; script-src 'nonce-{g.get('nonce')}'"
        response.headers.extend((("Content-Security-Policy", policy), *BY_HAND[1:]))
        return response

    return app


def ours(**config: Any) -> Make:
    def make() -> Flask:
        from flask_tlsdev import csp_nonce
        from flask_tlsdev import TLSDev

        app = bare()
        app.config.update(config)
        TLSDev(app)

        @app.get("/nonce")
        def nonce() -> str:
            csp_nonce()
            return PAGE

        return app

    return make


def ours_with(
    *, routes: int = 0, blueprints: int = 0, views: int = 0, paths: int = 0
) -> Make:
    """Ours, in an app that has this many of everything."""

    def make() -> Flask:
        from flask_tlsdev import tls_headers
        from flask_tlsdev import TLSDev

        app = bare()
        app.config["TLSDEV_PATHS"] = {
            f"/path/{number}": {"frame_options": "DENY"} for number in range(paths)
        }
        for number in range(max(routes, views)):
            view: Any = lambda: PAGE  # noqa: E731 - each view is another function
            if number < views:
                view = tls_headers(csp={"img-src": {"add": f"https://{number}.test"}})(
                    view
                )
            app.add_url_rule(f"/route/{number}", f"route{number}", view)
        for number in range(blueprints):
            blueprint = Blueprint(f"b{number}", __name__, url_prefix=f"/b{number}")
            blueprint.add_url_rule("/", "index", lambda: PAGE)
            tls_headers(blueprint, frame_options="DENY")
            app.register_blueprint(blueprint)

        TLSDev(app)
        return app

    return make


def plain_with(routes: int) -> Make:
    def make() -> Flask:
        app = bare()
        for number in range(routes):
            app.add_url_rule(f"/route/{number}", f"route{number}", lambda: PAGE)
        return app

    return make


def talisman() -> Flask:
    app = bare()
    extension = importlib.import_module("flask_talisman")
    extension.Talisman(
        app,
        content_security_policy_nonce_in=None,
        force_https=False,
    )
    return app


def talisman_with_nonce() -> Flask:
    app = bare()
    extension = importlib.import_module("flask_talisman")
    extension.Talisman(
        app, content_security_policy_nonce_in=["script-src"], force_https=False
    )
    return app


def secure() -> Flask:
    app = bare()
    headers = importlib.import_module("secure").Secure.with_default_headers()

    @app.after_request
    def add(response: Response) -> Response:
        headers.set_headers(response)
        return response

    return app


def helmet() -> Flask:
    app = bare()
    importlib.import_module("flask_helmet").FlaskHelmet(app)
    return app


@dataclass
class Candidate:
    name: str
    make: Make
    path: str = "/"
    scheme: str = "https"
    #: The candidate that it is compared with.
    beside: str = "plain Flask"
    times: list[float] = field(default_factory=list)


CANDIDATES = (
    Candidate("plain Flask", plain),
    Candidate("headers.extend by hand", by_hand),
    Candidate("flask-tlsdev", ours()),
    Candidate("flask-tlsdev, http", ours(), scheme="http"),
    Candidate("flask-tlsdev, strict", ours(TLSDEV_HEADERS="strict")),
    Candidate("Flask-Talisman", talisman),
    Candidate("secure", secure),
    Candidate("flask-helmet", helmet),
    Candidate("headers.extend by hand, nonce", by_hand_with_nonce, "/nonce"),
    Candidate("flask-tlsdev, nonce", ours(), "/nonce"),
    Candidate("Flask-Talisman, nonce", talisman_with_nonce),
)

SIZES = (1, 100, 10_000)


def growth() -> list[Candidate]:
    candidates = []
    for size in SIZES:
        beside = f"plain Flask, {size} routes"
        candidates += [
            Candidate(beside, plain_with(size), beside=beside),
            Candidate(f"{size} routes", ours_with(routes=size), beside=beside),
            Candidate(f"{size} views with overrides", ours_with(views=size), "/"),
            Candidate(f"{size} paths with overrides", ours_with(paths=size)),
        ]
    # Registering a blueprint takes longer the more there are.
    candidates += [
        Candidate(f"{size} blueprints", ours_with(blueprints=size))
        for size in (1, 100, 1_000)
    ]
    return candidates


def environ(candidate: Candidate) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": candidate.path,
        "QUERY_STRING": "",
        "SERVER_NAME": "www.shop.com",
        "SERVER_PORT": "443",
        "HTTP_HOST": "www.shop.com",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": candidate.scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def request(app: App, candidate: Candidate) -> tuple[str, list[tuple[str, str]]]:
    said: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
        said.extend((status, headers))

    chunks = app(environ(candidate), start)
    b"".join(chunks)
    close = getattr(chunks, "close", None)
    if close is not None:
        close()
    return said[0], said[1]


def measure(app: App, candidate: Candidate, requests: int) -> float:
    """Microseconds for a request."""
    began = time.perf_counter()
    for _ in range(requests):
        request(app, candidate)
    return (time.perf_counter() - began) / requests * 1e6


def run(candidates: Iterable[Candidate], rounds: int, requests: int) -> None:
    apps = {}
    for candidate in candidates:
        try:
            apps[candidate.name] = app = candidate.make()
        except ImportError as error:
            print(f"  {candidate.name} is left out: {error}")
            continue
        status, _ = request(app, candidate)
        if not status.startswith("200"):
            raise RuntimeError(f"{candidate.name}: {status}")

    there = [candidate for candidate in candidates if candidate.name in apps]
    for _ in range(rounds):
        for candidate in random.sample(there, len(there)):
            took = measure(apps[candidate.name], candidate, requests)
            candidate.times.append(took)

    by_name = {candidate.name: candidate for candidate in there}
    for candidate in there:
        best = _best(candidate)
        ratio = best / _best(by_name.get(candidate.beside, there[0]))
        _, headers = request(apps[candidate.name], candidate)
        print(
            f"  {candidate.name:32} {best:8.1f} µs  {ratio:5.2f}x"
            f"  {len(headers)} headers"
        )


def _best(candidate: Candidate) -> float:
    """The middle of the fastest quarter: the machine's own noise only adds."""
    fastest = sorted(candidate.times)[: max(1, len(candidate.times) // 4)]
    return fastest[len(fastest) // 2]


def profile(candidate: Candidate, requests: int) -> None:
    app = candidate.make()
    request(app, candidate)
    profiler = cProfile.Profile()
    profiler.enable()
    measure(app, candidate, requests)
    profiler.disable()
    pstats.Stats(profiler).sort_stats("tottime").print_stats("flask_tlsdev")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--growth", action="store_true")
    options = parser.parse_args()

    print(f"Python {sys.version.split()[0]}")
    if options.profile:
        profile(CANDIDATES[2], options.requests * options.rounds)
        return

    chosen = growth() if options.growth else list(CANDIDATES)
    run(chosen, options.rounds, options.requests)


if __name__ == "__main__":
    main()
