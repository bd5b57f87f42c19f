"""In which forms do devices take a root, and what type has each?"""

from __future__ import annotations

import plistlib
import uuid
from dataclasses import dataclass

from ..trust.base import Root

#: Made of fixed names, so that a profile that is installed again replaces itself.
_NAMESPACE = uuid.UUID("5f0f0a32-2d0b-5ae1-9b9d-6f1c0e5b7a11")


@dataclass(frozen=True)
class Download:
    """A file that a device is given."""

    name: str
    content_type: str
    data: bytes


def downloads(root: Root) -> tuple[Download, ...]:
    """The root in each form. It is a certificate: there is no key in any."""
    name = f"flask-tlsdev-{root.ca_id}"
    der = "application/x-x509-ca-cert"
    return (
        Download(
            f"{name}.mobileconfig",
            "application/x-apple-aspen-config",
            mobileconfig(root),
        ),
        Download(f"{name}.crt", der, root.der),
        Download(f"{name}.pem", "application/x-pem-file", root.pem),
    )


def mobileconfig(root: Root) -> bytes:
    """A configuration profile for Apple's devices with the root and nothing else.

    It is not signed: who would have signed it is not trusted yet either.
    """
    identifier = f"flask-tlsdev.root.{root.ca_id}"
    certificate = {
        "PayloadType": "com.apple.security.root",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{identifier}.certificate",
        "PayloadUUID": _uuid(root, "certificate"),
        "PayloadDisplayName": root.listed_as,
        "PayloadCertificateFileName": f"{root.ca_id}.cer",
        "PayloadContent": root.der,
    }
    profile = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": identifier,
        "PayloadUUID": _uuid(root, "profile"),
        "PayloadDisplayName": root.listed_as,
        "PayloadDescription": "The root of a CA for development, and nothing else.",
        "PayloadRemovalDisallowed": False,
        "PayloadContent": [certificate],
    }
    return plistlib.dumps(profile)


def _uuid(root: Root, part: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, f"{root.der.hex()} {part}")).upper()
