"""Do OpenSSL's default paths trust a root? Python, curl and Ruby look there."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import ssl
from collections.abc import Iterator
from collections.abc import Mapping
from itertools import count
from pathlib import Path

from ..printable import printable
from .base import elements
from .base import read_regular
from .base import ReadableStore
from .base import Root
from .base import StoreState

#: The string types that a name's hash does not tell apart, with their encoding:
#: UTF8String, PrintableString, T61String, IA5String, VisibleString,
#: UniversalString and BMPString (``ASN1_MASK_CANON`` in OpenSSL).
_STRINGS = {
    0x0C: "utf-8",
    0x13: "latin-1",
    0x14: "latin-1",
    0x16: "latin-1",
    0x1A: "latin-1",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}

_BLOCK = re.compile(
    rb"-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----"
)


class OpenSSLDefaults(ReadableStore):
    """A bundle file, and folders with one hashed name for each root.

    They are the paths built into the OpenSSL that this Python uses, unless
    ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` say otherwise. Another OpenSSL on
    the machine may have other paths built in.
    """

    def __init__(self, file: Path | None, folders: tuple[Path, ...]) -> None:
        super().__init__("openssl", file or next(iter(folders), ""))
        #: What is looked at, in the order of OpenSSL.
        self.paths = (file, *folders)
        self._file = file
        self._folders = folders

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> OpenSSLDefaults:
        # get_default_verify_paths() itself looks at os.environ, and leaves out
        # what does not exist.
        built_in = ssl.get_default_verify_paths()
        # A variable that is set but empty means no file at all, to OpenSSL too.
        file = environ.get(built_in.openssl_cafile_env, built_in.openssl_cafile)
        text = environ.get(built_in.openssl_capath_env, built_in.openssl_capath)
        folders = (Path(part) for part in text.split(os.pathsep) if part)
        return cls(Path(file) if file else None, tuple(folders))

    def locations(self) -> Iterator[tuple[Path | None, Path | None]]:
        """Pairs of file and folder, one of them ``None``, as OpenSSL takes them."""
        if self._file is not None:
            yield self._file, None

        for folder in self._folders:
            yield None, folder

    def available(self) -> bool:
        return any(path is not None and os.path.exists(path) for path in self.paths)

    def state(self, root: Root) -> StoreState:
        failed = []

        for path in self._places(root):
            try:
                trusted = _trusts(path, root)
            except FileNotFoundError:
                continue
            except OSError as error:
                failed.append((path, error.strerror or str(error)))
                continue

            if trusted:
                return StoreState(self.name, str(path), "trusted")

        if failed:
            path, reason = failed[0]
            return StoreState(self.name, str(path), "unreadable", printable(reason))

        if not self.available():
            return self._answer("absent", "no bundle and no folder of roots")

        return self._answer("not trusted")

    def _places(self, root: Root) -> Iterator[Path]:
        """The files that OpenSSL would open for this root, in its order."""
        if self._file is not None:
            yield self._file

        # OpenSSL does not list a folder: a root under any other name is not
        # there for it. Version 3 forgives a gap in the numbers where it loads
        # its own defaults, as Python does, but not for curl, which names them.
        for folder in self._folders:
            for number in count():
                path = folder / f"{subject_hash(root.subject):08x}.{number}"
                if not os.path.exists(path):
                    break

                yield path


def subject_hash(subject: bytes) -> int:
    """The hash of a name that ``openssl x509 -subject_hash`` prints.

    :param subject: The name as a DER element.
    """
    (name,) = elements(subject)
    canonical = b"".join(
        _element(0x31, b"".join(sorted(map(_canonical, _contents(rdn.content)))))
        for rdn in elements(name.content)
    )
    digest = hashlib.sha1(canonical, usedforsecurity=False).digest()
    return int.from_bytes(digest[:4], "little")


def _contents(data: bytes) -> Iterator[bytes]:
    return (element.content for element in elements(data))


def _canonical(attribute: bytes) -> bytes:
    """One attribute of a name: its text in lower case, with single spaces."""
    kind, value = elements(attribute)

    if encoding := _STRINGS.get(value.tag):
        # Only ASCII is folded: bytes.lower() and bytes.split() do just that.
        text = value.content.decode(encoding, "replace").encode()
        folded = _element(0x0C, b" ".join(text.lower().split()))
    else:
        folded = value.whole

    return _element(0x30, kind.whole + folded)


def _element(tag: int, content: bytes) -> bytes:
    size = len(content)

    if size < 0x80:
        return bytes((tag, size)) + content

    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def _trusts(path: Path, root: Root) -> bool:
    """Whether OpenSSL, told to load this file, would have the root.

    Loading a bundle of all public roots takes OpenSSL 3 about 15 ms; looking
    for the root's own base64 takes a tenth of one, and mostly settles it.
    """
    data = read_regular(path)
    # A TRUSTED CERTIFICATE goes on after the certificate: whole groups of
    # three bytes are the same in both.
    start = base64.b64encode(root.der[: len(root.der) // 3 * 3])

    if start not in data.translate(None, b" \t\r\n"):
        return False

    bundle = _plain_bundle(data)
    return root.der in (_loaded(path) if bundle is None else bundle)


def _plain_bundle(data: bytes) -> set[bytes] | None:
    """The certificates of a file that holds nothing unusual, else ``None``.

    One block that OpenSSL cannot read costs it the whole file, so a file with
    anything but well-formed ``CERTIFICATE`` blocks is left to OpenSSL.
    """
    blocks = _BLOCK.findall(data)

    if len(blocks) != data.count(b"-----BEGIN "):
        return None

    try:
        bundle = {binascii.a2b_base64(block) for block in blocks}
    except binascii.Error:
        return None

    return bundle if all(map(_is_one_sequence, bundle)) else None


def _is_one_sequence(der: bytes) -> bool:
    try:
        return [element.tag for element in elements(der)] == [0x30]
    except ValueError:
        return False


def _loaded(path: Path) -> list[bytes]:
    """What OpenSSL itself makes of the file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError:
        return []

    # Unlike a folder given as capath, a file is loaded at once.
    return context.get_ca_certs(binary_form=True)
