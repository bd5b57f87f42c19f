"""Which challenges of a pending order must be answered, by whoever serves the names?

An order puts the answers into files of the store, so any process of any host
that shares it can give them: a Gunicorn worker, the dev server, another
machine behind the same name. There are files only while an order is pending.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from . import files
from .errors import StoreError

#: Where validators of http-01 look (RFC 8555, section 8.3).
HTTP_PATH = "/.well-known/acme-challenge/"

#: The protocol of tls-alpn-01 (RFC 8737), by which validators are told apart.
TLS_PROTOCOL = "acme-tls/1"

#: What may become a name of a file or is looked up. RFC 8555 wants 128 bits of
#: randomness in it, which are 22 such characters.
_TOKEN = r"[A-Za-z0-9_-]{22,128}"  # noqa: S105  (a pattern)
_THUMBPRINT = rb"[A-Za-z0-9_-]{43}"

#: A killed process leaves its files. No order lives longer than this many
#: seconds, so older ones answer nothing and are deleted by the next order.
_LONGEST = 1200.0

_FOLDER = ".challenges"
_HTTP, _TLS = "http-01", "tls-alpn-01"
_LIMIT = 1 << 16


def is_token(text: str) -> bool:
    """Whether this is a challenge's token and nothing else."""
    return re.fullmatch(_TOKEN, text) is not None


class Challenges(NamedTuple):
    """The answers in one store."""

    store: Path

    @property
    def _http(self) -> Path:
        return self.store.absolute() / _FOLDER / _HTTP

    @property
    def _tls(self) -> Path:
        return self.store.absolute() / _FOLDER / _TLS

    def key_authorization(self, token: str) -> bytes | None:
        """What http-01 answers for this token; ``None`` where none is pending."""
        if not is_token(token):
            return None

        path = self._http / token
        if not _is_pending(path):
            return None

        try:
            data = files.read(path, limit=_LIMIT)
        except StoreError:
            return None

        found, _, thumbprint = data.partition(b".")
        is_ours = found == token.encode() and re.fullmatch(_THUMBPRINT, thumbprint)
        return data if is_ours else None

    def certificate(self, host: str) -> Path | None:
        """The file with tls-alpn-01's certificate and key for this SNI name."""
        path = self._tls / _file_name(host)
        return path if _is_pending(path) else None

    @property
    def wants_certificates(self) -> bool:
        """Whether tls-alpn-01 is pending for any name. Costs one look."""
        try:
            with os.scandir(self._tls) as entries:
                return any(True for _ in entries)
        except OSError:
            return False

    @contextmanager
    def publish_token(self, token: str, key_authorization: str) -> Iterator[None]:
        """Answer http-01 for this token in this block."""
        if not is_token(token):
            raise ValueError("no token")

        with _published(self._http / token, key_authorization.encode()):
            yield

    @contextmanager
    def publish_certificate(self, host: str, pem: bytes) -> Iterator[None]:
        """Answer tls-alpn-01 for this SNI name in this block."""
        with _published(self._tls / _file_name(host), pem):
            yield


@contextmanager
def _published(path: Path, data: bytes) -> Iterator[None]:
    files.make_data_folder(path.parents[2])
    files.make_private_folder(path.parent)
    _delete_old(path.parent)

    try:
        files.write(path, data)
        yield
    finally:
        with suppress(StoreError):
            files.delete(path)


def _delete_old(folder: Path) -> None:
    for name in os.listdir(folder):
        if not _is_pending(folder / name):
            files.delete(folder / name)


def _is_pending(path: Path) -> bool:
    try:
        return abs(time.time() - os.lstat(path).st_mtime) < _LONGEST
    except OSError:
        return False


def _file_name(host: str) -> str:
    # An SNI name is whatever a stranger sends.
    folded = host.lower().rstrip(".").encode("utf-8", "replace")
    return hashlib.sha256(folded).hexdigest()
