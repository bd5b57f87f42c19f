"""A Flask app on uvicorn, which follows its pair: ``python on_uvicorn.py``."""

from __future__ import annotations

import uvicorn
from asgiref.wsgi import WsgiToAsgi
from flask import Flask

from flask_tlsdev import TLSDev

app = Flask(__name__)
app.config["PORT"] = 8443
app.config.from_prefixed_env()
tls = TLSDev(app)


@app.get("/")
def index() -> str:
    return "served by uvicorn"


if __name__ == "__main__":
    uvicorn.run(
        WsgiToAsgi(app),  # type: ignore[no-untyped-call]
        host="localhost",
        port=app.config["PORT"],
        ssl_context_factory=lambda config, default: tls.ssl_context(app),
    )
