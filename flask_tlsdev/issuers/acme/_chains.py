"""Which of the chains that the server offers is ours?"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...errors import CertificateError
from ...pairs import load_certificates
from ...printable import printable
from ...printable import quoted
from ._answers import malformed

if TYPE_CHECKING:
    from cryptography import x509

Chain = tuple["x509.Certificate", ...]


def parse(texts: Sequence[bytes], issuer_id: str) -> list[Chain]:
    """The chains in these PEM texts, leaf first, each with its root if it has one."""
    try:
        return [load_certificates(text, "The ACME server's answer") for text in texts]
    except CertificateError as error:
        raise malformed(error.message.rstrip("."), issuer_id) from error


def choose(
    chains: Sequence[Chain], preferred: str | None, tell: Callable[[str], None]
) -> Chain:
    """The chain whose top was issued under this common name, else the first.

    :param preferred: As certbot's option of that name has it.
    """
    if preferred is None:
        return chains[0]

    for chain in chains:
        if preferred in _common_names(chain[-1]):
            return chain

    offered = ", ".join(
        quoted(name) for each in chains for name in _common_names(each[-1])
    )
    tell(
        f"Warning: no chain ends at {quoted(preferred)}; the server's own is taken."
        f" It offers {offered}."
    )
    return chains[0]


def _common_names(certificate: x509.Certificate) -> list[str]:
    from cryptography.x509.oid import NameOID

    found = certificate.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    return [printable(each.value) for each in found]


def without_root(chain: Chain) -> tuple[Chain, Chain]:
    """The chain as servers send it, and the root where the server gave one."""
    roots = tuple(each for each in chain[1:] if each.issuer == each.subject)
    return tuple(each for each in chain if each not in roots), roots
