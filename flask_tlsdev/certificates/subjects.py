"""Whose certificate is it? The subject: typed, made by default, shown."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from cryptography import x509
from cryptography.x509.oid import NameOID

from ..errors import CertificateError
from ..names import Name
from ..printable import printable
from ..printable import quoted

#: RFC 4514 section 3 and what ``openssl req -subj`` calls them.
ATTRIBUTES = {
    "CN": NameOID.COMMON_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "C": NameOID.COUNTRY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "L": NameOID.LOCALITY_NAME,
    "STREET": NameOID.STREET_ADDRESS,
    "postalCode": NameOID.POSTAL_CODE,
    "DC": NameOID.DOMAIN_COMPONENT,
    "UID": NameOID.USER_ID,
    "serialNumber": NameOID.SERIAL_NUMBER,
    "emailAddress": NameOID.EMAIL_ADDRESS,
    "GN": NameOID.GIVEN_NAME,
    "SN": NameOID.SURNAME,
    "title": NameOID.TITLE,
}
_BY_LOWER_CASE = {short.lower(): oid for short, oid in ATTRIBUTES.items()}
_SHORT = {oid: short for short, oid in ATTRIBUTES.items()}

#: Upper bounds of RFC 5280 appendix A.1, where it has one.
LENGTHS = {
    NameOID.COMMON_NAME: 64,
    NameOID.ORGANIZATION_NAME: 64,
    NameOID.ORGANIZATIONAL_UNIT_NAME: 64,
    NameOID.STATE_OR_PROVINCE_NAME: 128,
    NameOID.LOCALITY_NAME: 128,
    NameOID.SERIAL_NUMBER: 64,
    NameOID.POSTAL_CODE: 40,
    NameOID.TITLE: 64,
    NameOID.EMAIL_ADDRESS: 255,
}
#: IA5String or PrintableString in RFC 5280: no other script fits.
_ASCII = {
    NameOID.COUNTRY_NAME,
    NameOID.DOMAIN_COMPONENT,
    NameOID.EMAIL_ADDRESS,
    NameOID.SERIAL_NUMBER,
}
_EXAMPLE = "Write it like 'C=DE,O=Example,CN=example.test'."

#: RFC 4514 section 3: ``\C3``, a byte of UTF-8; ``\,``, the character itself.
_TOKEN = re.compile(r"\\[0-9A-Fa-f]{2}|\\.|.", re.DOTALL)
_SPECIAL = frozenset(' "#+,;<=>\\')


def default_subject(names: Iterable[Name]) -> x509.Name:
    """CN = the first DNS name; empty where there is none that fits.

    An address is never the CN: OpenSSL and GnuTLS hold it against the name
    constraints for DNS names and refuse the certificate.
    """
    for name in names:
        if name.kind == "dns" and len(name.value) <= LENGTHS[NameOID.COMMON_NAME]:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name.value)])

    return x509.Name([])


def parse_subject(text: str) -> x509.Name:
    r"""The subject that somebody typed, such as ``C=DE,O=Example,CN=app.test``.

    Commas, plus signs and backslashes in a value are escaped as RFC 4514 says
    (``\,`` or ``\2C``). The order is kept as typed, which is also the order in
    the certificate; RFC 4514 itself writes it backwards, people do not.
    """
    if text.startswith("/"):
        typed = text.strip("/").replace("/", ",")
        raise _malformed(text, f"Did you mean {quoted(typed)}?")

    parts = _split(_TOKEN.findall(text), ",")
    return x509.Name([_relative_name(text, part) for part in parts])


def subject_text(name: x509.Name) -> str:
    """The subject as :func:`parse_subject` reads it, safe to print."""
    return printable(",".join(map(_relative_text, name.rdns)))


def _relative_name(text: str, tokens: list[str]) -> x509.RelativeDistinguishedName:
    try:
        return x509.RelativeDistinguishedName(
            [_attribute(text, part) for part in _split(tokens, "+")]
        )
    except ValueError as error:
        raise _malformed(text, "It names one attribute twice.") from error


def _attribute(text: str, tokens: list[str]) -> x509.NameAttribute[str]:
    if "=" not in tokens:
        part = "".join(tokens).strip()
        problem = f"{quoted(part)} is no attribute." if part else "A part is empty."
        raise _malformed(text, f"{problem} {_EXAMPLE}")

    equals = tokens.index("=")
    oid = _oid(text, "".join(tokens[:equals]).strip())
    value = _value(text, tokens[equals + 1 :])

    if problem := _problem(oid, value):
        raise _malformed(text, f"{_SHORT[oid]} {problem}")

    try:
        return x509.NameAttribute(oid, value)
    except ValueError as error:
        raise _malformed(text, f"{_SHORT[oid]}: {printable(error)}.") from error


def _oid(text: str, short: str) -> x509.ObjectIdentifier:
    if oid := _BY_LOWER_CASE.get(short.lower()):
        return oid

    near = difflib.get_close_matches(short, ATTRIBUTES, n=1)
    guess = f"did you mean {near[0]}?" if near else f"one of {', '.join(ATTRIBUTES)}."
    raise _malformed(text, f"{quoted(short)} is no attribute we know: {guess}")


def _value(text: str, tokens: list[str]) -> str:
    first, last = 0, len(tokens)
    while first < last and tokens[first] == " ":
        first += 1
    while last > first and tokens[last - 1] == " ":
        last -= 1

    try:
        return b"".join(map(_byte, tokens[first:last])).decode()
    except ValueError as error:
        problem = "A backslash stands before , + \\ or two hexadecimal digits only."
        raise _malformed(text, problem) from error


def _byte(token: str) -> bytes:
    if token[0] != "\\":
        return token.encode()
    if len(token) == 3:
        return bytes.fromhex(token[1:])
    if token[1:] in _SPECIAL:
        return token[1:].encode()

    raise ValueError(token)


def _problem(oid: x509.ObjectIdentifier, value: str) -> str:
    if not value:
        return "is empty."
    if not value.isprintable():
        return "has control characters in it."
    if oid in _ASCII and not value.isascii():
        return "can only be ASCII."
    if oid == NameOID.COUNTRY_NAME and not (len(value) == 2 and value.isalpha()):
        return f"is a country's two letters, such as DE, not {quoted(value)}."
    if len(value) > LENGTHS.get(oid, 256):
        return f"is longer than {LENGTHS.get(oid, 256)} characters."

    return ""


def _split(tokens: list[str], separator: str) -> list[list[str]]:
    parts: list[list[str]] = [[]]

    for token in tokens:
        if token == separator:
            parts.append([])
        else:
            parts[-1].append(token)

    return parts


def _malformed(text: str, problem: str) -> CertificateError:
    return CertificateError(
        f"The subject {quoted(text)} cannot be read.", reason="malformed", hint=problem
    )


def _relative_text(relative: x509.RelativeDistinguishedName) -> str:
    return "+".join(
        f"{_SHORT.get(attribute.oid, attribute.oid.dotted_string)}="
        f"{_escaped(attribute.value)}"
        for attribute in relative
    )


def _escaped(value: str | bytes) -> str:
    if isinstance(value, bytes):
        return f"#{value.hex()}"

    escaped = re.sub(r'([\\",+<>;]|^[# ]|(?<!^) $)', r"\\\1", value)
    return "".join(c if c != "\0" else "\\00" for c in escaped)
