"""A shop that asks the stock what is there, and tells it what things cost.

Each of the two shows who it is and checks who the other one is. See
``docs/client-certificates.rst`` for the commands around it.
"""

from __future__ import annotations

import json
import urllib.request

from flask import Flask

from flask_tlsdev import require_client_certificate
from flask_tlsdev import tls_client
from flask_tlsdev import TLSDev

app = Flask(__name__)
app.config["STOCK_URL"] = "https://localhost:5001"
app.config["CERTIFICATE"] = "shop.crt"
app.config["KEY"] = "shop.key"
app.config.from_prefixed_env()
tls = TLSDev(app)


@app.get("/")
def index() -> dict[str, object]:
    context = tls.client_context(app.config["CERTIFICATE"], app.config["KEY"])
    url = f"{app.config['STOCK_URL']}/offers"

    with urllib.request.urlopen(url, context=context, timeout=10) as answer:
        return {"offers": json.load(answer)}


@app.get("/price")
@require_client_certificate(names=["stock.client.test"])
def price() -> dict[str, object]:
    return {"price": 42, "told": tls_client.subject}
