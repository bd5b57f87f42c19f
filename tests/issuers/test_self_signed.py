from __future__ import annotations

from datetime import timedelta

from flask_tlsdev import keys
from flask_tlsdev.csr import CertificateRequest
from flask_tlsdev.issuers.self_signed import SelfSigned
from flask_tlsdev.names import parse


def test_the_pair_passes_the_gate_and_is_its_own_chain() -> None:
    request = CertificateRequest(
        parse(["localhost", "10.0.0.7"]),
        keys.generate("ec-p256"),
        timedelta(days=365),
    )

    pair = SelfSigned().issue(request)

    pair.check(request)
    assert pair.chain == (pair.leaf,)
    assert pair.leaf.issuer == pair.leaf.subject


def test_the_id_needs_no_configuration() -> None:
    assert SelfSigned().id == "self-signed"
