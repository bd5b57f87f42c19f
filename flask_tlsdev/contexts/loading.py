"""How do two files become a context to serve, or a sentence that says why not?"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import CertificateError
from ..errors import CertificateReason
from ..errors import ConfigError
from ..errors import StoreError
from ..files import read
from ..printable import printable
from ..printable import quoted
from .mounted import pinned

if TYPE_CHECKING:
    from ..store import PairFiles
    from .clients import ClientCA

#: A passphrase, or what is called when the key turns out to be encrypted.
Passphrase = str | bytes | Callable[[], str | bytes] | None

VERSIONS = {
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}

#: TLS 1.2's suites of Mozilla's "intermediate" set: AEAD with forward secrecy.
#: Its DHE suites are left out, they need parameters and no client needs them.
#: https://wiki.mozilla.org/Security/Server_Side_TLS
CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
)

#: What OpenSSL says of a key that belongs to another certificate; all but the
#: first come when their kinds differ.
_MISMATCHES = frozenset(
    {
        "KEY_VALUES_MISMATCH",
        "KEY_TYPE_MISMATCH",
        "NO_CERTIFICATE_ASSIGNED",
        "NO_PRIVATE_KEY_ASSIGNED",
    }
)
_WEAK = frozenset({"EE_KEY_TOO_SMALL", "CA_KEY_TOO_SMALL", "CA_MD_TOO_WEAK"})


def harden(context: ssl.SSLContext, minimum_version: str) -> None:
    """Set versions, ciphers and protocols of a server's context.

    :raises ConfigError: There is no such version, or it is too old.
    """
    if minimum_version not in VERSIONS:
        raise ConfigError(
            f"TLSDEV_MINIMUM_VERSION is {quoted(minimum_version)}.",
            key="TLSDEV_MINIMUM_VERSION",
            hint=f"It may be {' or '.join(VERSIONS)}.",
        )

    context.minimum_version = VERSIONS[minimum_version]
    context.set_ciphers(":".join(CIPHERS))
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION

    # All of these suites are good. A phone without AES instructions knows
    # better than we do that it wants ChaCha20.
    context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE


class PairContext(ssl.SSLContext):
    """The context of one state of one pair; ``SSLSocket.context`` of a connection."""

    #: Where the pair was read.
    files: PairFiles


def load(
    files: PairFiles,
    *,
    minimum_version: str,
    passphrase: Passphrase = None,
    clients: ClientCA | None = None,
) -> PairContext:
    """A new context that serves this pair.

    :raises StoreError: A file cannot be read.
    :raises CertificateError: The files are no pair that can be served.
    """
    context = PairContext(ssl.PROTOCOL_TLS_SERVER)
    context.files = files
    harden(context, minimum_version)
    load_into(context, files, passphrase)

    if clients is not None:
        clients.ask(context)

    return context


def load_into(
    context: ssl.SSLContext, files: PairFiles, passphrase: Passphrase = None
) -> None:
    """Let a new context show this pair, a server's or a client's.

    It raises as :func:`load` does.
    """
    # OpenSSL would wait for ever on a FIFO and says "PEM lib" of whatever else
    # is wrong, without the file's name.
    _expect(files.certfile, "certificate", b" CERTIFICATE-----")
    _expect(files.keyfile, "private key", b"PRIVATE KEY-----")
    lock = _Lock(files.keyfile, passphrase)

    try:
        context.load_cert_chain(*pinned(files), lock.open)
    except (ssl.SSLError, ValueError) as error:
        # Python has a limit of its own for the passphrase, a ValueError.
        raise _explain(error, files, lock) from error
    except OSError as error:
        # Exchanged between the look at it and now.
        raise StoreError(
            f"The pair in {quoted(files.certfile.parent)} was taken away while it was"
            f" read: {printable(error.strerror)}.",
            hint=f"Look at what is there: ls -la {_typed(files.certfile.parent)}",
        ) from error


class _Lock:
    """Answers OpenSSL's question for the passphrase, and knows if it was asked.

    Without an answer of ours, OpenSSL would ask on the terminal and wait.
    """

    def __init__(self, keyfile: Path, passphrase: Passphrase) -> None:
        self.keyfile = keyfile
        self.passphrase = passphrase
        self.asked = False

    def open(self) -> str | bytes:
        self.asked = True

        if self.passphrase is None:
            raise CertificateError(
                f"The private key in {quoted(self.keyfile)} is encrypted and"
                " there is no passphrase for it.",
                reason="malformed",
                hint="Give the passphrase, or serve a key without one.",
            )

        return self.passphrase() if callable(self.passphrase) else self.passphrase


def _expect(path: Path, what: str, mark: bytes) -> None:
    if mark not in read(path):
        raise CertificateError(
            f"There is no {what} in PEM form in {quoted(path)}.",
            reason="malformed",
            hint=f"Look at what it is: {_show(path)}",
        )


def _show(path: Path) -> str:
    return f"flask tls show {_typed(path)}"


def _typed(path: Path) -> str:
    import shlex

    return printable(shlex.quote(str(path)))


def _explain(
    error: ssl.SSLError | ValueError, files: PairFiles, lock: _Lock
) -> CertificateError:
    certfile, keyfile = quoted(files.certfile), quoted(files.keyfile)
    said = (error.reason if isinstance(error, ssl.SSLError) else None) or str(error)
    reason: CertificateReason = "malformed"
    hint = ""

    if said in _MISMATCHES:
        message = (
            f"The private key in {keyfile} does not belong to the certificate"
            f" in {certfile}."
        )
        reason = "mismatch"
        hint = "Put the key and the certificate that were made together there."
    elif said in _WEAK:
        message = (
            f"The certificate in {certfile} is too weak for the TLS library"
            f" ({printable(said)})."
        )
        reason = "weak"
        hint = "Use an EC key, or an RSA key of 2048 bits or more, and SHA-256."
    elif lock.asked:
        message = f"The passphrase does not open the private key in {keyfile}."
    else:
        message = (
            f"The certificate in {certfile} or the private key in {keyfile} is"
            f" damaged: {printable(said)}."
        )
        hint = f"Look at it: {_show(files.certfile)}"

    return CertificateError(message, reason=reason, hint=hint)
