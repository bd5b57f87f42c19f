"""Which roots does this system trust, for programs that use OpenSSL?"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path

from cryptography import x509

from .. import files
from ..certificates import pem_blocks
from ..errors import TLSDevError
from ..pairs import CERTIFICATE_LABELS
from ..pairs import load_certificate

#: All public roots of 2026 have 230 kB.
_LARGEST = 8 << 20
_MOST = 1000

#: How ``openssl rehash`` calls the files that OpenSSL looks for.
_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]{1,3}")


def system_roots(environ: Mapping[str, str]) -> tuple[x509.Certificate, ...]:
    """The roots in the files that OpenSSL reads by default.

    :param environ: The user's own environment: it may name other files.
    """
    paths = ssl.get_default_verify_paths()
    file = environ.get(paths.openssl_cafile_env) or paths.openssl_cafile
    folder = environ.get(paths.openssl_capath_env) or paths.openssl_capath
    found: dict[x509.Certificate, None] = {}

    for data in (*_read(Path(file)), *_read_folder(Path(folder))):
        for block in pem_blocks(data):
            if block.label in (*CERTIFICATE_LABELS, "TRUSTED CERTIFICATE"):
                found.update(dict.fromkeys(_certificate(block.data)))
        if len(found) > _MOST:
            break

    return tuple(found)


def _read(path: Path) -> Iterator[bytes]:
    try:
        yield files.read(path, limit=_LARGEST)
    except (TLSDevError, OSError):
        # There is none: every other one is looked at.
        return


def _read_folder(path: Path) -> Iterator[bytes]:
    try:
        names = sorted(os.listdir(path))
    except OSError:
        return

    for name in list(filter(_HASHED.fullmatch, names))[:_MOST]:
        yield from _read(path / name)


def _certificate(data: bytes) -> Iterator[x509.Certificate]:
    try:
        yield load_certificate(data, "a root", "it")
    except TLSDevError:
        return
