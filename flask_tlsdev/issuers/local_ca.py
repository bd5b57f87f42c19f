"""The CA on this machine, which can sign names for development and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from pathlib import Path
from typing import Any
from typing import Literal
from typing import NamedTuple
from typing import TYPE_CHECKING

from .. import files
from ..errors import PairNotFound
from ..names import DEFAULT_PERMITS
from ..names import Permits
from ..printable import quoted
from ..profile import PROFILE
from ._ca_folder import all_in
from ._ca_folder import broken
from ._ca_folder import check_place
from ._ca_folder import DamagedCA as DamagedCA
from ._ca_folder import delete_all
from ._ca_folder import delete_key
from ._ca_folder import INTERMEDIATE
from ._ca_folder import KEY
from ._ca_folder import read_summary
from ._ca_folder import ROOT
from ._ca_folder import SUMMARY
from ._ca_folder import write_summary
from ._ca_folder import writing

if TYPE_CHECKING:
    from cryptography import x509

    from ..certificates import Authority
    from ..csr import CertificateRequest
    from ..names import Name
    from ..pairs import Pair

#: A CA lives this long. Trust has to be given again afterwards, so not less;
#: a stolen key is good until then, so not more.
LIFETIME = timedelta(days=730)


class _Described(NamedTuple):
    """What ``ca.json`` says of the active CA of a folder."""

    folder: Path
    #: Eight hexadecimal digits of SHA-256 over the root's public key.
    ca_id: str
    permits: Permits
    key_type: str
    not_before: datetime
    not_after: datetime
    #: SHA-256 of the root's DER form, hexadecimal.
    root_sha256: str
    profile: int


class LocalCA(_Described):
    """The active CA of a folder.

    Made by :meth:`open` and :meth:`create`. The certificates and the key are
    read, and held against the profile, when something is signed.
    """

    #: Whom it signs for, and what it may sign unless more is permitted.
    purpose: Literal["server", "client"] = "server"
    default_permits = DEFAULT_PERMITS

    @property
    def id(self) -> str:
        return f"local-ca-{self.ca_id}"

    @property
    def root_path(self) -> Path:
        """The root's PEM file: the one thing to give to others."""
        return self.folder / self.ca_id / ROOT

    @classmethod
    def open(cls, folder: Path) -> LocalCA:
        """The active CA in ``folder``.

        :raises PairNotFound: There is none.
        :raises StoreError: The folder lies in a git work tree, others may
            write to it, or ``ca.json`` is not ours.
        """
        if not files.exists(folder / SUMMARY):
            raise PairNotFound(
                f"There is no CA in {quoted(folder)}.",
                hint="Type: flask tls ca create",
            )

        check_place(folder)
        return cls(folder=folder, **read_summary(folder))

    @classmethod
    def open_or_create(
        cls, folder: Path, *, key_type: str, permits: Permits | None = None
    ) -> LocalCA:
        """The active CA, or a new one with the default permits.

        Many processes may ask at once: one makes it, the others find it.

        :param permits: What a new one may sign instead. One that is there keeps
            what it has.
        """
        try:
            return cls.open(folder)
        except PairNotFound:
            pass

        with writing(folder):
            if files.exists(folder / SUMMARY):
                return cls.open(folder)

            permits = permits or cls.default_permits
            return cls._make_new(folder, permits, key_type, LIFETIME)

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        permits: Permits = DEFAULT_PERMITS,
        key_type: str,
        lifetime: timedelta = LIFETIME,
    ) -> LocalCA:
        """A new CA that takes the active one's place.

        The old one's key is deleted. Its root stays, so that it can be taken
        out of the trust stores.
        """
        with writing(folder):
            return cls._make_new(folder, permits, key_type, min(lifetime, LIFETIME))

    @classmethod
    def _make_new(
        cls, folder: Path, permits: Permits, key_type: str, lifetime: timedelta
    ) -> LocalCA:
        from ..certificates import make_authority

        authority = make_authority(
            permits,
            key_type=key_type,
            lifetime=lifetime,
            now=datetime.now(timezone.utc),
            purpose=cls.purpose,
        )
        made = cls._describe(folder, permits, key_type, authority)
        made._write(authority)
        made._retire_others()
        return made

    @classmethod
    def _describe(
        cls, folder: Path, permits: Permits, key_type: str, authority: Authority
    ) -> LocalCA:
        from cryptography.hazmat.primitives.hashes import SHA256

        from ..certificates import authority_id

        root = authority.root
        return cls(
            folder=folder,
            ca_id=authority_id(root),
            permits=permits,
            key_type=key_type,
            not_before=root.not_valid_before_utc,
            not_after=root.not_valid_after_utc,
            root_sha256=root.fingerprint(SHA256()).hex(),
            profile=PROFILE,
        )

    def _write(self, authority: Authority) -> None:
        from ..keys import dump
        from ..pairs import dump_certificates

        own = self.folder / self.ca_id
        files.make_private_folder(own)
        files.write_all(
            own,
            [
                (KEY, dump(authority.key), 0o600),
                (INTERMEDIATE, dump_certificates([authority.intermediate]), 0o600),
                (ROOT, dump_certificates([authority.root]), 0o644),
            ],
        )
        write_summary(self.folder, self._summary())

    def _summary(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self._fields[1:]}

    def _retire_others(self) -> None:
        """Delete every key but the active CA's, also one that a killed process
        left before its CA became active.
        """
        for own in all_in(self.folder):
            if own.name != self.ca_id:
                delete_key(own)

    def retired_roots(self) -> list[Path]:
        """The PEM files of earlier roots, which trust stores may still hold."""
        roots = [own / ROOT for own in all_in(self.folder) if own.name != self.ca_id]
        return [root for root in roots if files.exists(root)]

    @staticmethod
    def delete_in(folder: Path) -> None:
        """Delete the CA of a folder, damaged or not, and what is left of earlier ones.

        :raises StoreError: The folder is not only the user's own, or holds other
            files too, which stay.
        """
        check_place(folder)

        with files.lock(folder / ".lock"):
            delete_all(folder)

    def delete(self) -> None:
        """Delete this CA and all that is left of earlier ones."""
        self.delete_in(self.folder)

    def issue(self, request: CertificateRequest) -> Pair:
        from ..certificates import sign_leaf
        from ..pairs import Pair

        authority = self._authority()
        leaf = sign_leaf(
            authority,
            request.names,
            request.key.public_key(),
            lifetime=request.lifetime,
            now=datetime.now(timezone.utc),
            purpose=request.purpose,
            subject=request.subject,
        )
        return Pair(request.key, (leaf, authority.intermediate), (authority.root,))

    def sign(
        self,
        csr: x509.CertificateSigningRequest,
        lifetime: timedelta,
        purpose: Literal["server", "client"],
        names: Sequence[Name] | None = None,
    ) -> tuple[x509.Certificate, ...]:
        """The chain, leaf first. Of the CSR only its key and names are taken.

        :param names: These instead of the names in the CSR's SAN.
        """
        from ..certificates import names_of
        from ..certificates import public_key_of
        from ..certificates import sign_leaf

        authority = self._authority()
        leaf = sign_leaf(
            authority,
            names_of(csr) if names is None else names,
            public_key_of(csr),
            lifetime=lifetime,
            now=datetime.now(timezone.utc),
            purpose=purpose,
        )
        return leaf, authority.intermediate

    def root_pem(self) -> bytes:
        """The root to give to others, after it was held against the profile."""
        from ..pairs import dump_certificates

        root, _ = self._certificates()
        return dump_certificates([root])

    def _authority(self) -> Authority:
        """The certificates and the key, held against the profile and ``ca.json``."""
        from .. import keys
        from ..certificates import Authority

        root, intermediate = self._certificates()
        key = keys.load(self._read(KEY), what=str(self._path(KEY)))

        if not keys.matches(key, intermediate.public_key()):
            raise broken(self.folder, "its files do not belong together")

        return Authority(root, intermediate, key)

    def _certificates(self) -> tuple[x509.Certificate, x509.Certificate]:
        from ..certificates import authority_id
        from ..certificates import check_authority

        check_place(self.folder)
        root = self._certificate(ROOT)
        intermediate = self._certificate(INTERMEDIATE)
        now = datetime.now(timezone.utc)
        check_authority(root, intermediate, self.permits, now, self.purpose)

        if authority_id(root) != self.ca_id:
            raise broken(self.folder, "its files do not belong together")

        return root, intermediate

    def _path(self, name: str) -> Path:
        return self.folder / self.ca_id / name

    def _read(self, name: str) -> bytes:
        if not files.exists(self._path(name)):
            raise broken(self.folder, f"its {name} is missing")

        return files.read(self._path(name))

    def _certificate(self, name: str) -> x509.Certificate:
        from ..pairs import load_certificates

        found = load_certificates(self._read(name), what=str(self._path(name)))
        if len(found) != 1:
            raise broken(self.folder, f"{name} holds {len(found)} certificates")

        return found[0]
