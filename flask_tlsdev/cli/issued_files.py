"""What ``flask tls issue --out`` writes: files of the user's own."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from typing import TYPE_CHECKING

import click

from ..printable import printable
from . import options
from . import passphrases
from .group import answering
from .key import load

if TYPE_CHECKING:
    from ..config import Settings
    from ..csr import CertificateRequest
    from ..names import Name
    from ..pairs import Pair
    from ..store import Purpose


@dataclasses.dataclass(frozen=True)
class Target:
    """Where a pair goes that is not for the store."""

    out: Path
    keyout: Path | None
    key: Path | None
    passphrase_file: Path | None
    encrypt: bool
    force: bool

    @property
    def is_stdout(self) -> bool:
        return str(self.out) == "-"


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What is to be issued, and by whom."""

    settings: Settings
    names: Sequence[Name]
    subject: str | None
    purpose: Purpose


def into_files(wanted: Wanted, target: Target, *, as_json: bool) -> None:
    """Issue, and write the certificate and a new key where they were asked for."""
    from ..provision import issue

    _check_free(target)
    passphrase = _new_passphrase(target)
    pair = issue(wanted.settings.make_issuer(), _request(wanted, target))
    with answering():
        _write(pair, target, passphrase)
        _report(pair, target, as_json=as_json)


def _check_free(target: Target) -> None:
    """Refuse before any work: nothing is half done when a file is in the way."""
    from .. import files

    for path in (target.keyout, None if target.is_stdout else target.out):
        if path is not None and not target.force:
            files.check_free(path)


def _new_passphrase(target: Target) -> bytes | None:
    if target.keyout is None:
        return None

    where = str(target.keyout)
    return passphrases.to_encrypt(target.passphrase_file, target.encrypt, where)


def _request(wanted: Wanted, target: Target) -> CertificateRequest:
    from .. import keys
    from ..certificates import parse_subject
    from ..csr import CertificateRequest

    if target.key is not None:
        key = load(target.key, target.passphrase_file)
    else:
        key = keys.generate(wanted.settings.key_type)

    return CertificateRequest(
        tuple(wanted.names),
        key,
        wanted.settings.lifetime,
        subject=None if wanted.subject is None else parse_subject(wanted.subject),
        purpose=wanted.purpose,
    )


def _write(pair: Pair, target: Target, passphrase: bytes | None) -> None:
    from .. import files
    from .. import keys

    if target.keyout is not None:
        data = keys.dump(pair.key, passphrase)
        files.create(target.keyout, data, 0o600, force=target.force)

    if target.is_stdout:
        click.echo(pair.certificate_pem.decode("ascii"), nl=False)
    else:
        files.create(target.out, pair.certificate_pem, 0o644, force=target.force)


def _report(pair: Pair, target: Target, *, as_json: bool) -> None:
    key = target.keyout or target.key
    report: dict[str, Any] = {
        "certificate": str(target.out),
        "key": str(key),
        "names": [str(name) for name in pair.names],
        "not_after": pair.not_after.isoformat(),
    }
    if as_json and not target.is_stdout:
        options.echo_json(report)
        return

    click.echo(
        f"Issued a certificate for {', '.join(report['names'])} until"
        f" {pair.not_after:%Y-%m-%d}: {printable(target.out)}, key {printable(key)}.",
        err=target.is_stdout,
    )
