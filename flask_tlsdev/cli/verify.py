"""``flask tls verify``: would a client accept it, and if not, why?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import CertificateError
from ..errors import PairNotFound
from ..errors import TLSDevError
from . import options
from . import passphrases
from . import sources
from .group import FOUND_WANTING
from .group import usage_error
from .settings import machine_settings
from .show import meet

if TYPE_CHECKING:
    from cryptography import x509

    from ..certificates import Purpose
    from ..names import Name
    from ..pairs import Contents
    from ..peers import Address
    from ..verification import Question

    Roots = dict[x509.Certificate, str]


@click.command("verify")
@click.argument("files", metavar="FILE...|HOST:PORT", nargs=-1, required=True)
@click.option(
    "--ca",
    "cafiles",
    multiple=True,
    type=options.EXISTING,
    help="Trust the roots in this file, and no others. Repeat for more.",
)
@click.option(
    "--name",
    "names",
    multiple=True,
    type=options.NAME,
    help="It must be for this name; of a server, its own by default.",
)
@click.option("--at", type=options.DATE, help="Verify as of this date, 2027-01-31.")
@click.option("--purpose", type=click.Choice(["server", "client"]), default="server")
@click.option(
    "--crl",
    "crlfiles",
    multiple=True,
    type=options.EXISTING,
    help="Look for it on this revocation list. Repeat for more.",
)
@click.option(
    "--fetch-revocation",
    is_flag=True,
    allow_from_autoenv=False,
    help="Ask for it at the OCSP and CRL addresses that the certificates name.",
)
@passphrases.file_option("Opens an encrypted key or PKCS#12 file.")
@options.as_json
@click.pass_context
def verify(
    ctx: click.Context,
    files: Sequence[str],
    cafiles: Sequence[Path],
    names: Sequence[Name],
    at: datetime | None,
    purpose: Purpose,
    crlfiles: Sequence[Path],
    fetch_revocation: bool,
    passphrase_file: Path | None,
    as_json: bool,
) -> None:
    """Verify a certificate with its chain, in files or as a server sends it.

    Without --ca the roots of this system and of your own CAs are trusted.
    Exit code 3 says that a client should refuse it.
    """
    from ..verification import verify as answer

    servers = [server for each in files if (server := sources.find_server(each))]
    if servers and len(files) > 1:
        usage_error("Name one server, or files.")
    if at is not None and fetch_revocation:
        usage_error("--fetch-revocation tells of today; leave --at out.")

    question = _of_server(servers[0]) if servers else _of_files(files, passphrase_file)
    completed = _completed(question, ctx, cafiles, names, at, purpose, crlfiles)
    report = answer(_fetching(completed) if fetch_revocation else completed)

    if as_json:
        options.echo_json(report.as_dict())
    else:
        click.echo(report.as_text())
    if not report.ok:
        ctx.exit(FOUND_WANTING)


def _of_server(server: Address) -> Question:
    from ..verification import Question

    peer = meet(server)
    return Question(
        leaf=peer.certificates[0],
        sent=peer.certificates if peer.is_all else None,
        names=(server.name,),
        is_server=True,
        protocol=peer.protocol,
    )


def _of_files(names: Sequence[str], passphrase_file: Path | None) -> Question:
    from ..pairs import find_leaf
    from ..verification import Question

    contents = read_all(names, passphrase_file)
    if not contents.certificates:
        raise CertificateError(
            "There is no certificate to verify.",
            reason="malformed",
            hint="A key alone is described by: flask tls show FILE",
        )
    if len(contents.keys) > 1:
        raise CertificateError(
            f"The files hold {len(contents.keys)} keys, not one.", reason="malformed"
        )

    key = contents.keys[0] if contents.keys else None
    leaf = find_leaf(contents.certificates, key)
    others = tuple(each for each in contents.certificates if each != leaf)
    is_first = contents.certificates[0] == leaf
    sent = (leaf, *others) if is_first else (*others, leaf)
    return Question(leaf=leaf, sent=sent, key=key)


def read_all(names: Sequence[str], passphrase_file: Path | None) -> Contents:
    """The keys and certificates of all these files together."""
    from ..pairs import Contents
    from ..pairs import load_contents

    found = Contents()
    for name in names:
        source = sources.read(name, passphrase_file)
        found += load_contents(source.data, source.what, source.passphrase)

    return found


def _completed(
    question: Question,
    ctx: click.Context,
    cafiles: Sequence[Path],
    names: Sequence[Name],
    at: datetime | None,
    purpose: Purpose,
    crlfiles: Sequence[Path],
) -> Question:
    import dataclasses
    from datetime import timezone

    from .. import files
    from ..verification import load_crls

    roots = _roots_in(cafiles) if cafiles else default_roots(ctx, purpose)
    crls = (load_crls(files.read(each, limit=1 << 24), str(each)) for each in crlfiles)
    return dataclasses.replace(
        question,
        roots=roots,
        at=at or datetime.now(timezone.utc),
        names=tuple(names) or question.names,
        purpose=purpose,
        crls=tuple(crl for found in crls for crl in found),
    )


def _fetching(question: Question) -> Question:
    """The question, with leave to ask where the certificates say."""
    import dataclasses

    from ..config import user_environment
    from ..fetching import Fetcher
    from ..printable import printable

    fetcher = Fetcher.from_environment(user_environment(os.environ))

    def fetch(url: str, body: bytes | None) -> bytes:
        click.echo(f"Fetching {printable(url)} ...", err=True)
        return fetcher.revocation(url, body)

    return dataclasses.replace(question, fetch=fetch)


def _roots_in(cafiles: Sequence[Path]) -> Roots:
    from .. import files
    from ..pairs import load_certificates
    from ..printable import quoted

    return {
        root: f"is trusted: it is in {quoted(path)}"
        for path in cafiles
        for root in load_certificates(files.read(path, limit=4 << 20), str(path))
    }


def default_roots(ctx: click.Context, purpose: Purpose) -> Roots:
    from ..config import user_environment
    from ..verification import system_roots

    environ = user_environment(os.environ)
    system = dict.fromkeys(system_roots(environ), "is trusted by this system")
    return {**dict(_own_roots(ctx, purpose)), **system}


def _own_roots(
    ctx: click.Context, purpose: Purpose
) -> Iterator[tuple[x509.Certificate, str]]:
    """The root of the user's own CA for this purpose, if there is one."""
    from ..issuers.client_ca import client_ca_folder
    from ..issuers.client_ca import ClientCA
    from ..issuers.local_ca import LocalCA
    from ..pairs import load_certificates

    try:
        folder = machine_settings(ctx).ca_path
        active = (
            ClientCA.open(client_ca_folder(folder))
            if purpose == "client"
            else LocalCA.open(folder)
        )
        (root,) = load_certificates(active.root_pem())
    except PairNotFound:
        return
    except TLSDevError as error:
        click.echo(f"Your own CA is left out. {error}", err=True)
        return

    yield root, "is the root of your own CA (who trusts it: flask tls trust status)"
