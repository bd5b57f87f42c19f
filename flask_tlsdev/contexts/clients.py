"""Which clients may prove who they are, and must they?"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import NamedTuple

from ..errors import CertificateError
from ..files import read
from ..printable import quoted


class ClientCA(NamedTuple):
    """The CA whose certificates a server takes from its clients.

    A client that shows another certificate is not served, also where none is
    required.
    """

    #: PEM. Read once: a change takes a restart.
    roots: str
    #: Whether a client without a certificate is turned away.
    required: bool = False

    @classmethod
    def read(cls, path: Path, *, required: bool = False) -> ClientCA:
        """The CA in this file.

        :raises StoreError: The file cannot be read.
        :raises CertificateError: There is no certificate in it.
        """
        text = read(path).decode("latin-1")
        made = cls(text, required)

        try:
            made.ask(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
        except (ssl.SSLError, ValueError) as error:
            raise CertificateError(
                f"There is no certificate in PEM form in {quoted(path)}, which is to"
                " hold the clients' CA.",
                reason="malformed",
                hint="Name the file with the certificate of whoever signed theirs.",
            ) from error

        return made

    def ask(self, context: ssl.SSLContext) -> None:
        """Let a server's context ask its clients for a certificate."""
        context.load_verify_locations(cadata=self.roots)
        context.verify_mode = ssl.CERT_REQUIRED if self.required else ssl.CERT_OPTIONAL
