"""Who are we to a directory? One key and one registration each.

::

    <store>/.acme/<host>-<8 hex>/account.key     the account's key, 0600
    <store>/.acme/<host>-<8 hex>/account.json    what it was registered with

The key is written before the server hears of it: a process that is killed in
between leaves an account that the next one finds again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from typing import TYPE_CHECKING

from ... import files
from ...errors import IssuerRefused
from ...errors import StoreError
from ...printable import printable
from ...printable import quoted
from ._problems import Problem
from .options import is_https

if TYPE_CHECKING:
    from josepy.jwk import JWKEC

    from ..talk import Talk
    from ._session import Session
    from .options import Options

FOLDER = ".acme"
KEY, SUMMARY = "account.key", "account.json"

_VERSION = 1
_KEY_TYPE = "ec-p256"


class AccountClosed(IssuerRefused):
    """The server knows the account and will not have it any more."""


@dataclass(frozen=True)
class Account:
    """What a folder says of an account."""

    #: The directory that it is registered with.
    directory: str
    #: Its URL, which is its name to the server.
    url: str
    email: str | None
    #: The URL of the terms that were accepted.
    terms: str | None
    eab_kid: str | None
    ca_file: str | None

    @classmethod
    def read(cls, folder: Path) -> Account | None:
        """The account in a folder, or ``None``."""
        try:
            return cls(**_checked(files.read(folder / SUMMARY)))
        except (StoreError, ValueError, RecursionError):
            return None

    def write(self, folder: Path) -> None:
        content = {"version": _VERSION, **asdict(self)}
        data = json.dumps(content, indent=2).encode() + b"\n"
        files.write(folder / SUMMARY, data)


def _checked(data: bytes) -> dict[str, Any]:
    content = json.loads(data)
    if not isinstance(content, dict) or content.pop("version", None) != _VERSION:
        raise ValueError("not ours")

    if content.keys() != set(Account.__dataclass_fields__):
        raise ValueError("not its fields")

    if not is_https(content["directory"]) or not is_https(content["url"]):
        raise ValueError("no URLs")

    if any(not isinstance(each, str | None) for each in content.values()):
        raise ValueError("no texts")

    return content


def folder_of(store: Path, options: Options) -> Path:
    """Where the account for these options is kept."""
    return store.absolute() / FOLDER / options.account_id


def list_accounts(store: Path) -> list[tuple[Path, Account]]:
    """Every account in the store with its folder."""
    top = store.absolute() / FOLDER
    return [
        (folder, account)
        for folder in (sorted(top.iterdir()) if top.is_dir() else ())
        if (account := Account.read(folder))
    ]


def load_key(folder: Path) -> JWKEC:
    """The account's key, made when it is missing. The caller holds the lock."""
    from josepy.jwk import JWKEC

    from ... import keys

    path = folder / KEY
    if not path.exists():
        if not files.keeps_modes(folder):
            raise StoreError(
                f"The file system of {quoted(folder)} does not keep file modes, so"
                " everybody on this machine could read the account's key there.",
                hint="Choose another place with --store-path or TLSDEV_STORE_PATH.",
            )
        files.write(path, keys.dump(keys.generate(_KEY_TYPE)))

    return JWKEC(key=keys.load(files.read(path), what=str(path)))


def register(
    session: Session, known: Account | None, options: Options, talk: Talk
) -> Account:
    """The account of the session's key, made where the server has none.

    :param known: What we remember of it.
    :raises IssuerRefused: The terms are not accepted, a binding is missing, or
        the account was deactivated.
    """
    url = _find(session) if known else None
    terms = session.directory.terms

    if url is not None and known is not None:
        session.account_url = url
        if options.email is not None and options.email != known.email:
            _update_contact(session, url, options.email)
        email, terms = options.email or known.email, known.terms
    else:
        _check_terms(session, known, options, talk)
        url, email = _register(session, options), options.email
        session.account_url = url

    return Account(
        directory=options.directory,
        url=url,
        email=email,
        terms=terms,
        eab_kid=options.eab_kid,
        ca_file=str(options.ca_file) if options.ca_file else None,
    )


def _find(session: Session) -> str | None:
    """The account's URL, or ``None`` where the server does not know the key."""
    from ._answers import location

    new_account = session.directory.new_account
    answer = session.ask(new_account, {"onlyReturnExisting": True})
    if answer.ok:
        _check_status(session, answer.body)
        return location(answer, session.issuer_id)

    if Problem.from_body(answer.body).code == "accountDoesNotExist":
        return None

    raise _closed(session, answer.body) or session.refusal(answer, "the account")


def _check_status(session: Session, body: bytes) -> None:
    try:
        status = json.loads(body).get("status", "valid")
    except (ValueError, AttributeError, RecursionError):
        return

    if status != "valid":
        raise _not_valid(session, printable(status))


def _closed(session: Session, body: bytes) -> AccountClosed | None:
    problem = Problem.from_body(body)
    return _not_valid(session, problem.text) if "deactivat" in problem.text else None


def _not_valid(session: Session, said: str) -> AccountClosed:
    return AccountClosed(
        f"The account with this ACME server cannot be used any more: {said}.",
        issuer_id=session.issuer_id,
        hint="Forget it, and the next order makes a new one: flask tls account"
        f" deactivate --directory {session.directory.url}",
    )


def _check_terms(
    session: Session, known: Account | None, options: Options, talk: Talk
) -> None:
    terms = session.directory.terms
    accepted = options.agree_tos or (known is not None and known.terms == terms)
    if terms is None or accepted or talk.agree(printable(terms, 2000)):
        return

    raise IssuerRefused(
        f"The ACME server's terms of service are not accepted: {printable(terms)}",
        issuer_id=session.issuer_id,
        hint="Read them, and accept them with --agree-tos",
    )


def _register(session: Session, options: Options) -> str:
    from ._answers import location

    payload: dict[str, object] = {}
    if session.directory.terms is not None:
        payload["termsOfServiceAgreed"] = True
    if options.email is not None:
        payload["contact"] = _contact(options.email)
    if options.eab_kid is not None or session.directory.binding_required:
        payload["externalAccountBinding"] = _binding(session, options)

    answer = session.post(session.directory.new_account, payload, "a new account")
    _check_status(session, answer.body)
    return location(answer, session.issuer_id)


def _contact(email: str) -> list[str]:
    return [f"mailto:{email}"]


def _update_contact(session: Session, url: str, email: str) -> None:
    session.post(url, {"contact": _contact(email)}, "the new e-mail address")


def _binding(session: Session, options: Options) -> Mapping[str, object]:
    """The proof that an account elsewhere is ours (RFC 8555, section 7.3.4)."""
    from acme.messages import Directory
    from acme.messages import ExternalAccountBinding

    if options.eab_kid is None or options.eab_hmac_key is None:
        raise IssuerRefused(
            "The ACME server wants an account that is bound to one with its owner"
            " (external account binding).",
            issuer_id=session.issuer_id,
            hint="Ask the authority for a key id and an HMAC key, and set"
            " TLSDEV_ACME_EAB_KID and TLSDEV_ACME_EAB_HMAC_KEY.",
        )

    try:
        return ExternalAccountBinding.from_data(
            session.key.public_key(),
            options.eab_kid,
            options.eab_hmac_key,
            Directory({"newAccount": session.directory.new_account}),
        )
    except ValueError as error:
        raise IssuerRefused(
            "TLSDEV_ACME_EAB_HMAC_KEY is no base64url text.",
            issuer_id=session.issuer_id,
            hint="Copy it again, without spaces.",
        ) from error


def deactivate(session: Session, folder: Path) -> None:
    """Let the server close the account, and forget its key.

    One that it has closed before is only forgotten here.
    """
    with suppress(AccountClosed):
        if (url := _find(session)) is not None:
            session.account_url = url
            session.post(url, {"status": "deactivated"}, "to close the account")

    files.delete_folder(folder, (KEY, SUMMARY))
