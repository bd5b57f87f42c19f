"""A stock that tells the shop what is there, and asks it what that costs."""

from __future__ import annotations

import json
import urllib.request

from flask import Flask

from flask_tlsdev import require_client_certificate
from flask_tlsdev import tls_client
from flask_tlsdev import TLSDev

app = Flask(__name__)
app.config["SHOP_URL"] = "https://localhost:5000"
app.config["CERTIFICATE"] = "stock.crt"
app.config["KEY"] = "stock.key"
app.config.from_prefixed_env()
tls = TLSDev(app)


@app.get("/offers")
@require_client_certificate(names=["shop.client.test"])
def offers() -> dict[str, object]:
    context = tls.client_context(app.config["CERTIFICATE"], app.config["KEY"])
    url = f"{app.config['SHOP_URL']}/price"

    with urllib.request.urlopen(url, context=context, timeout=10) as answer:
        return {"apples": json.load(answer), "told": tls_client.subject}
