"""What is in an answer of Vault? Nothing in it is believed beforehand."""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

from ...errors import CertificateError
from ...errors import IssuerRefused
from ...pairs import load_certificates
from ...pairs import order_chain
from ...printable import printable

if TYPE_CHECKING:
    from cryptography import x509

    Chain = tuple[x509.Certificate, ...]

_MOST = 20


def chain_in(answer: dict[str, Any], issuer_id: str) -> tuple[Chain, Chain]:
    """The chain as servers send it, leaf first, and the root where Vault has it."""
    data = _data(answer, issuer_id)
    above = data.get("ca_chain") or []
    texts = [data.get("certificate"), *_listed(above, issuer_id)]
    texts.append(data.get("issuing_ca") or "")
    if not all(isinstance(each, str) for each in texts):
        raise _malformed("a certificate in it is no text", issuer_id)

    leaf = _parsed([str(texts[0])], issuer_id)[0]
    found = _parsed([str(each) for each in texts], issuer_id)
    try:
        chain = order_chain(found, leaf)
    except CertificateError as error:
        raise _malformed(error.message, issuer_id) from error

    others = tuple(dict.fromkeys(found[1:]))
    roots = tuple(each for each in others if each.issuer == each.subject)
    return chain, tuple(each for each in roots if each not in chain)


def certificate_in(answer: dict[str, Any], issuer_id: str) -> x509.Certificate:
    """The only certificate in an answer."""
    text = _data(answer, issuer_id).get("certificate")
    return _parsed([str(text)], issuer_id)[0]


def _data(answer: dict[str, Any], issuer_id: str) -> dict[str, Any]:
    data = answer.get("data")
    if not isinstance(data, dict) or not data.get("certificate"):
        raise _malformed("there is no certificate in it", issuer_id)

    return data


def _listed(value: object, issuer_id: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > _MOST:
        raise _malformed("its ca_chain is no short list", issuer_id)

    return value


def _parsed(texts: list[str], issuer_id: str) -> Chain:
    # Vault's texts end without a newline.
    data = "\n".join(texts).encode("utf-8", "replace")
    try:
        return load_certificates(data, "Vault's answer")
    except CertificateError as error:
        raise _malformed(error.message, issuer_id) from error


def _malformed(why: str, issuer_id: str) -> IssuerRefused:
    return IssuerRefused(
        f"Vault's answer cannot be used: {printable(why).rstrip('.')}.",
        issuer_id=issuer_id,
        hint="Ask whoever runs it, or look at --vault-addr.",
    )
