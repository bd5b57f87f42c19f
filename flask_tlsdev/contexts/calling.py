"""What does a client get that calls servers such as ours?"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import CertificateError
from ..files import read
from ..printable import quoted
from . import loading

if TYPE_CHECKING:
    from ..store import PairFiles


def client_context(
    roots: Iterable[Path] = (),
    *,
    pair: PairFiles | None = None,
    minimum_version: str = "TLSv1.2",
    passphrase: loading.Passphrase = None,
) -> ssl.SSLContext:
    """A context for the calling side, which verifies whom it talks to.

    It trusts what this system trusts and these roots as well. Names are
    checked; there is nothing to switch that off.

    :param roots: Files in PEM form.
    :param pair: What it shows to a server that asks who is calling.
    :raises StoreError: A file cannot be read.
    :raises CertificateError: The files are no pair, or there is no certificate
        in one that is to hold a root.
    """
    context = ssl.create_default_context()
    context.minimum_version = loading.VERSIONS[minimum_version]

    for path in roots:
        _trust(context, path)

    if pair is not None:
        loading.load_into(context, pair, passphrase)

    return context


def _trust(context: ssl.SSLContext, path: Path) -> None:
    try:
        context.load_verify_locations(cadata=read(path).decode("latin-1"))
    except (ssl.SSLError, ValueError) as error:
        raise CertificateError(
            f"There is no certificate in PEM form in {quoted(path)}, which is to"
            " hold a root.",
            reason="malformed",
        ) from error
