"""What is a root certificate, and is it one of ours? Read without cryptography."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from typing import NamedTuple

from ..errors import TrustError

#: Organization and common name, as object identifiers in DER form.
_O, _CN = b"\x55\x04\x0a", b"\x55\x04\x03"
_OUR_NAME = rb"flask-tlsdev root ([0-9a-f]{8})"


class Element(NamedTuple):
    """One DER element: its tag, its content, and both with the length between."""

    tag: int
    content: bytes
    whole: bytes


def elements(data: bytes) -> Iterator[Element]:
    """The DER elements that stand one after the other in ``data``.

    :raises ValueError: if the data is not made of whole elements with one-byte
        tags, which is all that a certificate's outer fields have.
    """
    at = 0

    while at < len(data):
        start, at = at, at + 2
        if at > len(data):
            raise ValueError("a cut-off DER element")

        tag, length = data[start], data[start + 1]
        if length & 0x80:
            octets = length & 0x7F
            length = int.from_bytes(data[at : at + octets], "big")
            at += octets
            if not 1 <= octets <= 4:
                raise ValueError("a DER length of a strange size")

        end = at + length
        if end > len(data):
            raise ValueError("a cut-off DER element")

        yield Element(tag, data[at:end], data[start:end])
        at = end


class Root:
    """A root certificate, and the fields that trust stores find it by."""

    def __init__(
        self, der: bytes, serial: bytes, issuer: bytes, subject: bytes, file: str = ""
    ) -> None:
        self.der = der
        #: As DER elements, byte for byte as they stand in the certificate.
        self.serial, self.issuer, self.subject = serial, issuer, subject
        #: The PEM file that it was read from, for whoever types a command.
        self.file = file

    def __eq__(self, other: object) -> bool:
        return self.der == other.der if isinstance(other, Root) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.der)

    @classmethod
    def from_der(cls, der: bytes, file: str = "") -> Root:
        """Read a certificate; :class:`TrustError` if the bytes are not one."""
        # Not with cryptography: a banner shall not wait for its import.
        try:
            (certificate,) = elements(der)
            body = next(elements(certificate.content))
            fields = list(elements(body.content))
            # A version stands before the serial number, except in version 1.
            first = 1 if fields[0].tag == 0xA0 else 0
            serial, _, issuer, _, subject = fields[first : first + 5]
        except (ValueError, IndexError, StopIteration) as error:
            raise TrustError(
                "The root to look for is not a certificate in DER form.",
                hint="Give the bytes of one certificate, not PEM text.",
            ) from error

        return cls(bytes(der), serial.whole, issuer.whole, subject.whole, file)

    @property
    def pem(self) -> bytes:
        return ssl.DER_cert_to_PEM_cert(self.der).encode("ascii")

    @property
    def ca_id(self) -> str:
        """The id of the local CA that this is the root of; else empty.

        Going by its name alone: it says what to remove, never what to trust.
        """
        try:
            attributes = dict(_attributes(self.subject))
        except ValueError:
            return ""

        found = re.fullmatch(_OUR_NAME, attributes.get(_CN, b""))
        is_ours = attributes.get(_O) == b"flask-tlsdev" and self.subject == self.issuer
        return found[1].decode() if found and is_ours else ""

    @property
    def listed_as(self) -> str:
        """How trust stores list a root of ours."""
        return f"flask-tlsdev root {self.ca_id}"


def _attributes(name: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The object identifier and the text of each attribute of a name."""
    for whole in elements(name):
        for rdn in elements(whole.content):
            for attribute in elements(rdn.content):
                kind, value = elements(attribute.content)
                yield kind.content, value.content


def our_roots(data: bytes) -> tuple[Root, ...]:
    """The roots of local CAs in bytes that hold certificates in DER form."""
    return tuple(root for root in _certificates_in(data) if root.ca_id)


def _certificates_in(data: bytes) -> Iterator[Root]:
    # A store's own format around it does not matter: a certificate begins
    # with a SEQUENCE of a two-byte length, shortly before the issuer's name.
    end = 0
    for found in re.finditer(_OUR_NAME, data):
        start = found.start()
        while start >= end and (start := data.rfind(b"\x30\x82", end, start)) >= 0:
            stop = start + 4 + int.from_bytes(data[start + 2 : start + 4], "big")
            try:
                root = Root.from_der(data[start:stop])
            except (TrustError, ValueError):
                continue

            if stop > found.end() and root.ca_id:
                yield root
                end = stop
                break


_PEM = rb"-----BEGIN CERTIFICATE-----\s[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----"


def our_roots_in_pem(text: bytes, file: str = "") -> tuple[Root, ...]:
    """The roots of local CAs in a file or output of PEM blocks."""
    found = []

    for block in re.findall(_PEM, text):
        try:
            der = ssl.PEM_cert_to_DER_cert(block.decode("ascii"))
            root = Root.from_der(der, file)
        except (TrustError, ValueError):
            continue

        if root.ca_id:
            found.append(root)

    return tuple(found)
