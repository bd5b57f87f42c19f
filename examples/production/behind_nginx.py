"""An app behind one proxy that ends TLS: ``gunicorn behind_nginx:app``."""

from __future__ import annotations

from flask import Flask
from flask import request
from werkzeug.middleware.proxy_fix import ProxyFix

from flask_tlsdev import TLSDev

app = Flask(__name__)
TLSDev(app)

# One proxy stands before us, and it sets each of these. Without a proxy anybody
# could say anything in them.
app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
    app.wsgi_app, x_for=1, x_proto=1, x_host=1
)


@app.get("/")
def index() -> dict[str, str | None]:
    return {"url": request.url, "client": request.remote_addr}
