"""A Flask app on hypercorn, which follows its pair: ``python on_hypercorn.py``."""

from __future__ import annotations

import asyncio
import ssl

from flask import Flask
from hypercorn.asyncio import serve
from hypercorn.config import Config

from flask_tlsdev import TLSDev

app = Flask(__name__)
app.config["PORT"] = 8443
app.config.from_prefixed_env()
tls = TLSDev(app)


@app.get("/")
def index() -> str:
    return "served by hypercorn"


class OurConfig(Config):
    """Without the files that hypercorn would read once."""

    @property
    def ssl_enabled(self) -> bool:
        return True

    def create_ssl_context(self) -> ssl.SSLContext:
        return tls.ssl_context(app)


if __name__ == "__main__":
    config = OurConfig()
    config.bind = [f"localhost:{app.config['PORT']}"]
    asyncio.run(serve(app, config, mode="wsgi"))
