"""When does the server want a certificate to be renewed (RFC 9773)?"""

from __future__ import annotations

import base64
import re
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from typing import TYPE_CHECKING

from ._answers import json_of
from ._directory import Directory

if TYPE_CHECKING:
    from cryptography import x509

    from ._wire import Wire

#: A longer window is a mistake.
_LONGEST = timedelta(days=400)


def certificate_id(certificate: x509.Certificate) -> str | None:
    """What the server knows the certificate by (RFC 9773, section 4.1)."""
    from cryptography import x509

    try:
        key_id = certificate.extensions.get_extension_for_class(
            x509.AuthorityKeyIdentifier
        ).value.key_identifier
    except (x509.ExtensionNotFound, ValueError):
        return None

    if key_id is None:
        return None

    serial = certificate.serial_number
    # As an ASN.1 INTEGER, whose first bit is the sign.
    number = serial.to_bytes(serial.bit_length() // 8 + 1, "big")
    return f"{_encoded(key_id)}.{_encoded(number)}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def window_of(
    wire: Wire, directory: Directory, certificate: x509.Certificate
) -> tuple[datetime, datetime] | None:
    """Begin and end of the window, or ``None`` where the server names none."""
    identifier = certificate_id(certificate)
    if directory.renewal_info is None or identifier is None:
        return None

    answer = wire.get(f"{directory.renewal_info.rstrip('/')}/{identifier}")
    window = json_of(answer).get("suggestedWindow")
    if not answer.ok or not isinstance(window, dict):
        return None

    try:
        start, end = _time(window.get("start")), _time(window.get("end"))
    except (ValueError, TypeError, OverflowError):
        return None

    is_window = timedelta(0) <= end - start <= _LONGEST
    return (start, end) if is_window else None


def _time(text: object) -> datetime:
    if not isinstance(text, str):
        raise TypeError("no text")

    # datetime knows "Z" and long fractions since Python 3.11 only.
    text = re.sub(r"\.[0-9]+", "", text).replace("Z", "+00:00")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time has no zone")

    return moment.astimezone(timezone.utc)
