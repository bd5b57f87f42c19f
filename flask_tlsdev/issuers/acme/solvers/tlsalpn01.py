"""tls-alpn-01: a certificate of its own, in a handshake of its own (RFC 8737)."""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import AbstractContextManager
from contextlib import contextmanager
from contextlib import suppress
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from typing import Any
from typing import TYPE_CHECKING

from ....challenges import Challenges
from ....challenges import TLS_PROTOCOL
from ._base import Challenge
from ._base import CLIENT_SECONDS
from ._base import Published

if TYPE_CHECKING:
    from pathlib import Path

    from ....names import Name

#: id-pe-acmeIdentifier (RFC 8737, section 6.1).
_IDENTIFIER = "1.3.6.1.5.5.7.1.31"
_OCTETS = b"\x04\x20"

#: More clients than this at once are no validators.
_CLIENTS = 32


class TlsAlpn01(Published):
    """A small server of ours, or our dev server, shows the certificates."""

    kind = "tls-alpn-01"
    unserved = "Without --tls-port only our running dev server answers."

    def _publish(self, challenge: Challenge) -> AbstractContextManager[None]:
        return self.challenges.publish_certificate(
            server_name(challenge.name),
            make_certificate(challenge.name, challenge.key_authorization),
        )

    def _serve(
        self, listeners: Sequence[socket.socket]
    ) -> AbstractContextManager[None]:
        return _serving(listeners, self.challenges)


def server_name(name: Name) -> str:
    """What a validator sends as SNI; of an address its reverse (RFC 8738)."""
    return name.address.reverse_pointer if name.kind == "ip" else name.value


def make_certificate(name: Name, key_authorization: str) -> bytes:
    """The key and the certificate that answer, as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    from .... import keys
    from ....certificates import san
    from ....pairs import dump_certificates

    key = keys.generate("ec-p256")
    now = datetime.now(timezone.utc)
    digest = hashlib.sha256(key_authorization.encode()).digest()
    subject = x509.Name([])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(san([name]), critical=True)
        .add_extension(
            x509.UnrecognizedExtension(
                x509.ObjectIdentifier(_IDENTIFIER), _OCTETS + digest
            ),
            critical=True,
        )
        .sign(key, SHA256())
    )
    return keys.dump(key) + dump_certificates([certificate])


@contextmanager
def _serving(
    listeners: Sequence[socket.socket], challenges: Challenges
) -> Iterator[None]:
    server = _Server(challenges)
    threads = [
        threading.Thread(target=server.accept_from, args=(each,), daemon=True)
        for each in listeners
    ]
    for thread in threads:
        thread.start()

    try:
        yield
    finally:
        server.is_over.set()
        for thread in threads:
            thread.join()
        for listener in listeners:
            listener.close()


class _Server:
    """Makes handshakes for names of the pending order, and no more than that."""

    def __init__(self, challenges: Challenges) -> None:
        self.is_over = threading.Event()
        self._challenges = challenges
        self._clients = threading.BoundedSemaphore(_CLIENTS)

    def accept_from(self, listener: socket.socket) -> None:
        listener.settimeout(0.05)
        while not self.is_over.is_set():
            with suppress(OSError):
                client, _ = listener.accept()
                self._meet_in_thread(client)

    def _meet_in_thread(self, client: socket.socket) -> None:
        if not self._clients.acquire(blocking=False):
            client.close()
            return

        threading.Thread(target=self._meet, args=(client,), daemon=True).start()

    def _meet(self, client: socket.socket) -> None:
        try:
            with suppress(OSError, ValueError), client:
                client.settimeout(CLIENT_SECONDS)
                with self._context().wrap_socket(client, server_side=True):
                    pass
        finally:
            self._clients.release()

    def _context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols([TLS_PROTOCOL])

        def choose(
            connection: ssl.SSLSocket | ssl.SSLObject, host: str | None, _: Any
        ) -> int | None:
            path = self._challenges.certificate(host or "")
            if path is None:
                return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

            connection.context = _context_of(path)
            return None

        context.sni_callback = choose
        return context


def _context_of(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols([TLS_PROTOCOL])
    context.load_cert_chain(path)
    return context
