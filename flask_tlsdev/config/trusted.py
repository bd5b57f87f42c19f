"""Whom does an app trust: which clients, and which servers?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigError
from ..errors import PairNotFound

if TYPE_CHECKING:
    from ..contexts import ClientCA
    from .settings import Settings


def clients(ca: Path | None, *, required: bool) -> ClientCA:
    """Who may show a certificate, and whether everybody must.

    :raises ConfigError: Everybody must, and no CA for them is named.
    :raises CertificateError: The named file holds no certificate.
    """
    if ca is None:
        raise ConfigError(
            "TLSDEV_CLIENT_CERTIFICATE: clients must show a certificate, and no CA"
            " for them is named.",
            key="TLSDEV_CLIENT_CERTIFICATE",
            hint="Set TLSDEV_CLIENT_CA to its file, or add --client-ca FILE.",
        )

    from ..contexts import ClientCA

    return ClientCA.read(ca, required=required)


def roots(settings: Settings) -> tuple[Path, ...]:
    """What vouches for servers that this user's pairs are for (PEM files).

    The root of the local CA, and that of the app's own pair where another
    issuer gave one. Nothing is made.
    """
    from ..issuers.local_ca import LocalCA
    from ..provision import look_up

    found: tuple[Path, ...]
    try:
        ca = LocalCA.open(settings.ca_path)
    except PairNotFound:
        found = ()
    else:
        # Looked at, too: what lies there is not trusted because it lies there.
        ca.root_pem()
        found = (ca.root_path,)

    if settings.issuer == "local-ca":
        return found

    own = look_up(settings, settings.names)
    return (*found, own.files.cafile) if own and own.files.cafile else found
