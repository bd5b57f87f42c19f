"""What did a client mean by a failed handshake, and what can be done about it?"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from types import MappingProxyType

from ..printable import printable
from ..printable import quoted

_UNTRUSTED = (
    "The client does not trust the CA. If it is a client of yours, type:"
    " flask tls trust install"
)
_OLD = (
    "The client speaks an old version of TLS or SSL only. It needs one that knows"
    " TLSDEV_MINIMUM_VERSION."
)
_NO_CERTIFICATE = (
    "The client has sent no certificate, and one is required here. Give it one, or"
    " type: flask tls run --client-certificate optional"
)
_BAD_CERTIFICATE = "The client's certificate is not from the CA that was named."
_NO_TLS = "The client began like TLS and went on with something else."

#: OpenSSL's reason to ours. A name with ALERT is what the client has said.
_SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "TLSV1_ALERT_UNKNOWN_CA": _UNTRUSTED,
        # Firefox, and Chromium, say so of a CA that they do not know; so does
        # OpenSSL of a certificate without the name that was asked for.
        "SSLV3_ALERT_BAD_CERTIFICATE": _UNTRUSTED,
        "SSL/TLS_ALERT_BAD_CERTIFICATE": _UNTRUSTED,
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN": _UNTRUSTED,
        "SSL/TLS_ALERT_CERTIFICATE_UNKNOWN": _UNTRUSTED,
        "SSLV3_ALERT_CERTIFICATE_EXPIRED": (
            "The client says that the certificate has expired. Look at both clocks,"
            " then type: flask tls issue --force"
        ),
        "TLSV1_UNRECOGNIZED_NAME": (
            "The client wants another name than the certificate has. To add one,"
            " type: flask tls run --name NAME"
        ),
        "UNSUPPORTED_PROTOCOL": _OLD,
        "UNKNOWN_PROTOCOL": _OLD,
        "VERSION_TOO_LOW": _OLD,
        "TLSV1_ALERT_PROTOCOL_VERSION": _OLD,
        "INAPPROPRIATE_FALLBACK": _OLD,
        "NO_SHARED_CIPHER": (
            "The client knows none of the ciphers that are spoken here: it is too old."
        ),
        "NO_SUITABLE_SIGNATURE_ALGORITHM": (
            "The client cannot verify a key of this kind. Another kind is set with"
            " TLSDEV_KEY_TYPE."
        ),
        "PEER_DID_NOT_RETURN_A_CERTIFICATE": _NO_CERTIFICATE,
        "CERTIFICATE_VERIFY_FAILED": _BAD_CERTIFICATE,
        "WRONG_VERSION_NUMBER": _NO_TLS,
        "HTTP_REQUEST": _NO_TLS,
        "PACKET_LENGTH_TOO_LONG": _NO_TLS,
        "RECORD_LAYER_FAILURE": _NO_TLS,
    }
)


class HandshakeFailed(ssl.SSLError):
    """A handshake that came to nothing, in words for whoever reads the log."""

    def __init__(self, sentence: str, cause: ssl.SSLError) -> None:
        super().__init__(cause.errno, sentence)
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


def explain(error: ssl.SSLError, missed: str | None = None) -> HandshakeFailed:
    """The error with what the client did, and what to type.

    :param missed: The name that the client asked for and that is none of ours.
    """
    reason: str = getattr(error, "reason", None) or ""
    said = printable(reason or error)
    sentence = _SENTENCES.get(reason)

    # Clients say the same of a CA that they do not know and of a wrong name.
    if missed and sentence is _UNTRUSTED:
        sentence = (
            f"The client asks for {quoted(missed)}, which the certificate does not"
            " have. To add it, type: flask tls run --name NAME"
        )

    if sentence is None and "_ALERT_" in reason:
        sentence = "The client has broken off the handshake."

    sentence = sentence or "The handshake with a client failed."
    return HandshakeFailed(f"{sentence} ({said})", error)
