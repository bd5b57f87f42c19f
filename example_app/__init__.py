"""One page that shows how its own connection is protected.

Run it from the repository's root::

    flask --app example_app tls run
"""

from __future__ import annotations

import ssl

from cryptography import x509
from flask import Flask
from flask import render_template
from flask import request

from flask_tlsdev import TLSDev
from flask_tlsdev.certificates import names_of
from flask_tlsdev.contexts import PairContext

tls = TLSDev()


def create_app() -> Flask:
    app = Flask(__name__)
    # Any key can come as a variable: FLASK_TLSDEV_NAMES=app.test,localhost
    app.config.from_prefixed_env()
    tls.init_app(app)

    @app.get("/")
    def index() -> str:
        return render_template("index.html", connection=connection())

    return app


def connection() -> dict[str, object] | None:
    """What is known of the request's connection; ``None`` for plain HTTP."""
    socket = request.environ.get("werkzeug.socket")
    if not isinstance(socket, ssl.SSLSocket):
        return None

    name, _, bits = socket.cipher() or ("unknown", "", 0)
    return {
        "protocol": socket.version(),
        "cipher": f"{name}, {bits} bits",
        "certificate": certificate(socket.context),
    }


def certificate(context: ssl.SSLContext) -> dict[str, str]:
    """What the server shows its clients, if it is ours."""
    if not isinstance(context, PairContext):
        return {}

    leaf = x509.load_pem_x509_certificate(context.files.certfile.read_bytes())
    return {
        "Names": ", ".join(map(str, names_of(leaf))),
        "Issued by": leaf.issuer.rfc4514_string(),
        "Valid until": f"{leaf.not_valid_after_utc:%Y-%m-%d %H:%M} UTC",
    }
