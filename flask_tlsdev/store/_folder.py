"""One folder of the store: the files in it, and whether they belong together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from typing import TYPE_CHECKING

from .. import files
from ..errors import StoreError
from ..errors import TLSDevError
from ..profile import PROFILE
from ._sidecar import Purpose
from ._sidecar import sha256
from ._sidecar import Sidecar

if TYPE_CHECKING:
    from ..csr import CertificateRequest
    from ..names import Name
    from ..pairs import Pair

# The names in a kubernetes.io/tls Secret: a mounted one is laid out like a pair.
CERTIFICATE = "tls.crt"
KEY = "tls.key"
ROOTS = "ca.crt"
SIDECAR = "tlsdev.json"

_SIDECAR_LIMIT = 1 << 16


class PairFiles(NamedTuple):
    """The files that a server is given."""

    certfile: Path
    keyfile: Path
    #: The roots, where they are known.
    cafile: Path | None


class StoredPair(NamedTuple):
    """A pair in the store."""

    files: PairFiles
    sidecar: Sidecar
    folder: Path


class Wanted(NamedTuple):
    """What a pair is looked up by."""

    issuer_id: str
    names: Sequence[Name]
    key_type: str
    purpose: Purpose

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(map(str, self.names))

    def is_described_by(self, sidecar: Sidecar) -> bool:
        return (self.issuer_id, self.texts, self.key_type, self.purpose) == (
            sidecar.issuer_id,
            sidecar.names,
            sidecar.key_type,
            sidecar.purpose,
        )

    def answered_by(self, pair: Pair) -> CertificateRequest:
        """The request that a pair must have been the answer to."""
        from ..csr import CertificateRequest

        return CertificateRequest(
            tuple(self.names),
            pair.key,
            pair.not_after - pair.not_before,
            purpose=self.purpose,
        )

    def describe(
        self, pair: Pair, certificate: bytes, key: bytes, profile: int
    ) -> Sidecar:
        return Sidecar(
            names=self.texts,
            not_before=pair.not_before,
            not_after=pair.not_after,
            key_type=self.key_type,
            purpose=self.purpose,
            issuer_id=self.issuer_id,
            profile=profile,
            certificate_sha256=sha256(certificate),
            key_sha256=sha256(key),
        )


class _Contents:
    """What the files of a pair hold, read once."""

    def __init__(self, roots: bytes, certificate: bytes, key: bytes) -> None:
        self.roots = roots
        self.certificate = certificate
        self.key = key

    def parse(self) -> Pair:
        from ..pairs import Pair

        return Pair.from_pem(self.certificate, self.key, self.roots)

    def described(self, wanted: Wanted) -> Sidecar:
        """A new sidecar, if the pair is what an issuer may answer today."""
        pair = self.parse()
        pair.check(wanted.answered_by(pair))

        if pair.key_type != wanted.key_type:
            raise StoreError(f"The key is of the kind {pair.key_type}.")

        # How it was made is not known, but it passes for one made today.
        return wanted.describe(pair, self.certificate, self.key, PROFILE)


def find(folder: Path) -> StoredPair | None:
    """The pair in a folder, if its sidecar agrees with its files."""
    found = _read_agreeing(folder)
    return StoredPair(_files_in(folder), found[0], folder) if found else None


def sidecar_of(pair: PairFiles) -> Sidecar | None:
    """What is known of a pair of ours; ``None`` of files that somebody else keeps.

    Whether it agrees with the files is not looked at.
    """
    try:
        data = files.read(pair.certfile.parent / SIDECAR, limit=_SIDECAR_LIMIT)
        return Sidecar.from_json(data)
    except StoreError:
        return None


def load(folder: Path) -> Pair | None:
    """The same, parsed."""
    found = _read_agreeing(folder)
    return found[1].parse() if found else None


def find_undescribed(folder: Path, wanted: Wanted) -> StoredPair | None:
    """The pair in a folder, if it is good, after writing its sidecar anew.

    The caller holds the lock. A process that was killed before it wrote the
    sidecar leaves such a pair, and so does somebody who exchanges files by hand.
    """
    try:
        sidecar = _read(folder).described(wanted)
    except TLSDevError:
        return None

    files.write(folder / SIDECAR, sidecar.to_json(), 0o644)
    return StoredPair(_files_in(folder), sidecar, folder)


def save(folder: Path, pair: Pair, wanted: Wanted, profile: int) -> StoredPair:
    """Write the files of a pair. The caller holds the lock."""
    certificate, key, roots = pair.certificate_pem, pair.key_pem, pair.roots_pem
    sidecar = wanted.describe(pair, certificate, key, profile)

    files.make_private_folder(folder)
    files.delete_leftovers(folder)
    pair_files = [(KEY, key, 0o600), (CERTIFICATE, certificate, 0o644)]
    description = (SIDECAR, sidecar.to_json(), 0o644)

    if roots:
        files.write_all(folder, [*pair_files, (ROOTS, roots, 0o644), description])
    else:
        files.write_all(folder, pair_files)
        files.delete(folder / ROOTS)
        files.write_all(folder, [description])

    return StoredPair(_files_in(folder), sidecar, folder)


def delete(folder: Path) -> None:
    """Delete a folder with our files. The caller holds the lock."""
    # The key goes first: of a deletion that is cut short, none remains.
    files.delete_folder(folder, (KEY, CERTIFICATE, ROOTS, SIDECAR))


def _read_agreeing(folder: Path) -> tuple[Sidecar, _Contents] | None:
    try:
        sidecar = Sidecar.from_json(files.read(folder / SIDECAR, limit=_SIDECAR_LIMIT))
        contents = _read(folder)
    except StoreError:
        return None

    agrees = sidecar.agrees_with(contents.certificate, contents.key)
    return (sidecar, contents) if agrees else None


def _read(folder: Path) -> _Contents:
    # In the opposite order of save: whoever reads newer roots than the sidecar
    # speaks of reads a newer certificate and key next, with which it disagrees.
    return _Contents(
        roots=_read_roots(folder / ROOTS),
        certificate=files.read(folder / CERTIFICATE),
        key=files.read(folder / KEY),
    )


def _read_roots(path: Path) -> bytes:
    return files.read(path) if os.path.lexists(path) else b""


def _files_in(folder: Path) -> PairFiles:
    roots = folder / ROOTS
    cafile = roots if os.path.lexists(roots) else None
    return PairFiles(folder / CERTIFICATE, folder / KEY, cafile)
