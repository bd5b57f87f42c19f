"""Which clients of this user accept a certificate? For words that are true.

They differ: curl has a variable of its own, browsers look into databases, and a
certificate that signs itself is one thing to Chromium and another to Firefox.
"""

from __future__ import annotations

import os
import re
import ssl
import sys
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal
from typing import NamedTuple

from ..errors import TrustError
from . import browsers
from .base import StoreState
from .defaults import OpenSSLDefaults
from .nss import NSSDatabase
from .root import Root

_PEM = rb"-----BEGIN CERTIFICATE-----\s[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----"
_NAMES = {"chromium": "Chromium", "firefox": "Firefox", "nss": "the NSS databases"}
_BROWSERS = ("Chromium", "Firefox")

Verdict = Literal["yes", "no", "in part", "unknown"]


class Clients(NamedTuple):
    """What each kind of client makes of a certificate."""

    verdicts: Mapping[str, Verdict]

    def saying(self, *verdicts: Verdict) -> tuple[str, ...]:
        """The clients with one of these verdicts, in a steady order."""
        return tuple(who for who, said in self.verdicts.items() if said in verdicts)

    @property
    def browsers(self) -> Clients:
        """The same of the browsers alone."""
        known = set(_NAMES.values())
        return Clients({w: said for w, said in self.verdicts.items() if w in known})


def of_root(
    der: bytes, environ: Mapping[str, str], *, platform: str = sys.platform
) -> Clients:
    """Who trusts what was signed under this root.

    A client without any store of its own here, such as a browser that was never
    started, trusts no root of ours.
    """
    root = Root.from_der(der)
    if platform in ("darwin", "win32"):
        return _of_root_elsewhere(root, environ, platform)

    python, curl = OpenSSLDefaults.from_environment(environ), curl_defaults(environ)
    found = {"curl": [curl.state(root)]}
    # As a rule they look at the same files, which are large.
    same = curl.paths == python.paths
    found["Python"] = found["curl"] if same else [python.state(root)]
    for database in browsers.databases(environ):
        found.setdefault(_NAMES[database.name], []).append(database.state(root))

    verdicts = {who: _verdict(states) for who, states in found.items()}
    if root.issuer == root.subject and _is_leaf(root):
        verdicts |= _of_self_signed_in_chromium(found.get("Chromium", []))

    return Clients(verdicts)


def of_chain(
    certfile: Path,
    keyfile: Path,
    environ: Mapping[str, str],
    *,
    platform: str = sys.platform,
) -> Clients:
    """Who trusts a server with this chain and key, as far as can be told.

    What browsers brought with them is not known: they say yes or nothing.

    :raises TrustError: There is no certificate in the file.
    """
    chain = [ssl.PEM_cert_to_DER_cert(pem) for pem in _blocks(certfile)]
    if not chain:
        raise TrustError("There is no certificate to look at.")

    leaf = Root.from_der(chain[0])
    if leaf.issuer == leaf.subject:
        return of_root(leaf.der, environ, platform=platform)

    python = OpenSSLDefaults.from_environment(environ)
    verdicts: dict[str, Verdict] = {"curl": "unknown", "Python": "unknown"}
    if platform not in ("darwin", "win32"):
        verdicts["curl"] = _verified(certfile, keyfile, curl_defaults(environ))
    if platform != "win32":
        verdicts["Python"] = _verified(certfile, keyfile, python)

    return Clients(verdicts | _in_browsers(certfile, keyfile, environ, platform))


def curl_defaults(environ: Mapping[str, str]) -> OpenSSLDefaults:
    """The paths of curl, where it is built with OpenSSL.

    ``CURL_CA_BUNDLE`` comes first. Old versions leave ``SSL_CERT_FILE`` out where
    ``SSL_CERT_DIR`` is set; for curl, an empty variable is none.
    """
    given = {name: environ.get(name, "") for name in ("SSL_CERT_DIR", "SSL_CERT_FILE")}
    file = environ.get("CURL_CA_BUNDLE", "")

    if file:
        return OpenSSLDefaults.from_environment({"SSL_CERT_FILE": file})
    if given["SSL_CERT_DIR"]:
        return OpenSSLDefaults.from_environment({**given, "SSL_CERT_FILE": ""})

    return OpenSSLDefaults.from_environment(
        {name: value for name, value in given.items() if value}
    )


def _of_root_elsewhere(
    root: Root, environ: Mapping[str, str], platform: str
) -> Clients:
    # The keychain and the Windows store are not looked at here, and Python on
    # Windows reads the latter, too.
    verdicts: dict[str, Verdict] = dict.fromkeys(
        ("curl", "Python", *_BROWSERS), "unknown"
    )
    if platform == "darwin":
        python = OpenSSLDefaults.from_environment(environ).state(root)
        verdicts["Python"] = _verdict([python])

    return Clients(verdicts)


def _verdict(states: list[StoreState]) -> Verdict:
    here = {each.state for each in states} - {"absent"}

    if "unreadable" in here:
        return "unknown"
    if here == {"trusted"}:
        return "yes"

    return "in part" if "trusted" in here else "no"


def _of_self_signed_in_chromium(states: list[StoreState]) -> dict[str, Verdict]:
    # As an authority it is invalid to Chromium; as a peer, it is trusted.
    # Firefox has it the other way round, which is what its state says.
    is_there = any(
        each.state != "absent" and "not in this" not in each.detail for each in states
    )
    return {"Chromium": "unknown" if is_there else "no"} if states else {}


def _is_leaf(root: Root) -> bool:
    # basicConstraints (2.5.29.19) with cA TRUE.
    found = re.search(
        rb"\x55\x1d\x13(?:\x01\x01\xff)?\x04.\x30.\x01\x01\xff", root.der, re.DOTALL
    )
    return found is None


def _blocks(certfile: Path) -> Iterator[str]:
    from .. import files

    for block in re.findall(_PEM, files.read(certfile)):
        yield block.decode("ascii")


def _in_browsers(
    certfile: Path, keyfile: Path, environ: Mapping[str, str], platform: str
) -> dict[str, Verdict]:
    if platform in ("darwin", "win32"):
        return dict.fromkeys(_BROWSERS, "unknown")

    found: dict[str, list[bool]] = {}
    for database in browsers.databases(environ):
        known = found.setdefault(_NAMES[database.name], [])
        if database.available():
            known.append(_verifies(certfile, keyfile, _with_anchors(database)))

    return {
        who: "yes" if known and all(known) else "unknown"
        for who, known in found.items()
    }


def _verified(certfile: Path, keyfile: Path, paths: OpenSSLDefaults) -> Verdict:
    context = _client()
    for file, folder in paths.locations():
        with suppress(OSError):
            context.load_verify_locations(file, folder)

    return "yes" if _verifies(certfile, keyfile, context) else "no"


def _client() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    return context


def _with_anchors(database: NSSDatabase) -> ssl.SSLContext:
    context = _client()
    for der in database.anchors():
        with suppress(ssl.SSLError):
            context.load_verify_locations(cadata=der)

    return context


def _verifies(certfile: Path, keyfile: Path, client: ssl.SSLContext) -> bool:
    """Whether a handshake with the pair succeeds, in memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    try:
        server.load_cert_chain(os.fspath(certfile), os.fspath(keyfile), lambda: "")
        ends = (
            client.wrap_bio(to_client, to_server),
            server.wrap_bio(to_server, to_client, server_side=True),
        )
        for end in ends * 2:
            with suppress(ssl.SSLWantReadError):
                end.do_handshake()
        ends[0].do_handshake()
    except (OSError, ValueError):
        return False

    return True
