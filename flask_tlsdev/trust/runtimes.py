"""How do programs with roots of their own come to trust ours as well?

By variables that name a bundle: all that they trusted before, and our root. The
file of ``certifi`` is read and never written.
"""

from __future__ import annotations

import binascii
import os
import re
import site
import ssl
import sysconfig
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .. import files
from ..errors import StoreError
from ..errors import TrustError
from ..printable import quoted
from .root import Root

#: Which programs hear which variable, all of them naming the whole bundle.
#: ``SSL_CERT_FILE`` is OpenSSL's: Python's ssl and urllib, httpx, Go, Ruby.
WHOLE = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO")
#: Node adds what is in this file to the roots that came with it.
EXTRA = "NODE_EXTRA_CA_CERTS"
VARIABLES = (*WHOLE, EXTRA)

_FOLDER, _BUNDLE, _EXTRA = "runtimes", "bundle.pem", "extra.pem"
_SOURCE = "# Taken from: "
_HEAD = (
    "# Made by flask-tlsdev, and made anew by: flask tls env\n"
    "# Public roots, and that of a local CA for development at the end.\n"
)
#: Where systems keep their roots, if OpenSSL's own path leads nowhere.
_OF_SYSTEM = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
#: All public roots of 2026 have 230 kB.
_LARGEST = 8 << 20
_PEM = re.compile(
    rb"-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----"
)


@dataclass(frozen=True)
class Bundles:
    """The files that the variables name.

    :param folder: The user's data folder.
    """

    folder: Path

    @property
    def whole(self) -> Path:
        return self.folder / _FOLDER / _BUNDLE

    @property
    def extra(self) -> Path:
        return self.folder / _FOLDER / _EXTRA

    @property
    def variables(self) -> dict[str, str]:
        """Each variable with the file that it is to name."""
        return {**dict.fromkeys(WHOLE, str(self.whole)), EXTRA: str(self.extra)}

    def make(self, root: Root, environ: Mapping[str, str]) -> bool:
        """Write both files unless they are as they should be already.

        What the environment named until now is kept: a company's roots, say.

        :param environ: The user's own environment.
        :return: Whether there was anything to write.
        :raises TrustError: There are no public roots to begin with.
        """
        wanted = self._wanted(root, environ)
        stale = [path for path, data in wanted.items() if _read(path) != data]
        if stale:
            files.make_data_folder(self.folder)
            files.make_private_folder(self.folder / _FOLDER)
        for path in stale:
            files.write(path, wanted[path], 0o644)

        return bool(stale)

    def is_current(self, root: Root, environ: Mapping[str, str]) -> bool:
        """Whether both files are what :meth:`make` would write."""
        return all(
            _read(path) == data for path, data in self._wanted(root, environ).items()
        )

    def delete(self) -> bool:
        """Delete both files. Whether there were any."""
        there = [each for each in (self.whole, self.extra) if files.exists(each)]
        if files.exists(self.folder / _FOLDER):
            files.delete_folder(self.folder / _FOLDER, (_BUNDLE, _EXTRA))

        return bool(there)

    def named_by(self, environ: Mapping[str, str]) -> tuple[str, ...]:
        """The variables that name one of the files."""
        return tuple(name for name in VARIABLES if self._is_ours(environ.get(name)))

    def _wanted(self, root: Root, environ: Mapping[str, str]) -> dict[Path, bytes]:
        whole = self._sources(WHOLE, self.whole, environ) or public_roots()
        extra = self._sources((EXTRA,), self.extra, environ)
        found = {each: _certificates(each) for each in (*whole, *extra)}
        if not any(found[each] for each in whole):
            raise TrustError(
                "There are no public roots on this machine to add ours to, and with"
                " ours alone no site would be reached any more.",
                hint="Install those of Mozilla: pip install certifi",
            )

        return {
            self.whole: _bundle(root, {each: found[each] for each in whole}),
            self.extra: _bundle(root, {each: found[each] for each in extra}),
        }

    def _sources(
        self, names: Iterable[str], made: Path, environ: Mapping[str, str]
    ) -> tuple[Path, ...]:
        """The files that the user's variables name, or named when ours was made."""
        given = [text for name in names if (text := environ.get(name))]
        named = [Path(text).absolute() for text in given if not self._is_ours(text)]
        if len(named) < len(given):
            named = [*_noted_in(made), *named]

        # A file that is gone gave nothing, and is a matter for the doctor.
        readable = [each for each in named if _certificates(each)]
        usual = {os.path.realpath(str(p)) for p in (*public_roots(), *_OF_SYSTEM)}
        places = {os.path.realpath(each) for each in readable}
        is_usual = made == self.whole and places <= usual
        return () if is_usual else tuple(dict.fromkeys(readable))

    def _is_ours(self, text: str | None) -> bool:
        ours = {os.path.realpath(each) for each in (self.whole, self.extra)}
        return bool(text) and os.path.realpath(str(text)) in ours


def public_roots() -> tuple[Path, ...]:
    """The files with the roots of ``certifi`` and of this system.

    ``certifi`` is looked for where packages are installed and is not imported:
    a module of that name in the working folder came with a repository.
    """
    packages = {sysconfig.get_path("purelib"), *site.getsitepackages()}
    if site.ENABLE_USER_SITE:
        packages.add(site.getusersitepackages())

    paths = [Path(each) / "certifi" / "cacert.pem" for each in sorted(packages) if each]
    built_in = ssl.get_default_verify_paths().openssl_cafile
    system = (Path(each) for each in (built_in, *_OF_SYSTEM))
    found = [each for each in paths if each.is_file()]
    first = next((each for each in system if each.is_file()), None)
    return (*found, *([first] if first else []))


def _noted_in(made: Path) -> list[Path]:
    """What a bundle of ours says that it was taken from."""
    lines = _read(made).split(b"-----BEGIN", 1)[0].decode("utf-8", "replace")
    return [
        Path(line.removeprefix(_SOURCE))
        for line in lines.splitlines()
        if line.startswith(_SOURCE)
    ]


def _read(path: Path) -> bytes:
    with suppress(StoreError, OSError):
        return files.read(path, limit=_LARGEST)

    return b""


def _certificates(path: Path) -> list[bytes]:
    return list(_der_in(_read(path)))


def _der_in(data: bytes) -> Iterator[bytes]:
    for block in _PEM.findall(data):
        with suppress(binascii.Error, TrustError):
            # One that cannot be read costs OpenSSL the rest of the file.
            yield Root.from_der(binascii.a2b_base64(block)).der


def _bundle(root: Root, found: Mapping[Path, Iterable[bytes]]) -> bytes:
    head = _HEAD
    for path in found:
        if not str(path).isprintable():
            raise TrustError(
                f"The file {quoted(path, 1024)} has a name that cannot be noted."
            )
        head += f"{_SOURCE}{path}\n"

    all_of_them = dict.fromkeys(der for each in found.values() for der in each)
    # A root of an earlier CA may be in a file that was copied from ours.
    others = (der for der in all_of_them if not Root.from_der(der).ca_id)
    pem = "".join(map(ssl.DER_cert_to_PEM_cert, (*others, root.der)))
    return (head + pem).encode("utf-8")
