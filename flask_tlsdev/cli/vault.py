"""The options of the issuer ``vault``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .options import Checked
from .options import F


def _address(text: str) -> Any:
    from ..issuers.vault import check_address

    return check_address(text)


def _path(text: str) -> Any:
    from ..issuers.vault import check_path

    return check_path(text)


_PATH = Checked("name", _path)
_FILE = click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path)

#: Each option, its type and its help. Its name is that of the field of
#: :class:`flask_tlsdev.issuers.vault.Options`.
_OPTIONS: tuple[tuple[str, str, Any, str], ...] = (
    ("addr", "address", Checked("url", _address), "the server's https URL."),
    ("namespace", "namespace", _PATH, "the namespace of the mounts."),
    ("mount", "mount", _PATH, "where the PKI secrets engine is mounted."),
    ("role", "role", _PATH, "the role that signs."),
    ("ca-file", "ca_file", _FILE, "the root of the server's own certificate."),
    (
        "auth",
        "auth",
        click.Choice(["token", "approle", "kubernetes", "cert"]),
        "how to log in.",
    ),
    ("auth-mount", "auth_mount", _PATH, "where this login is mounted."),
    ("auth-role", "auth_role", _PATH, "the role to log in as (kubernetes, cert)."),
    ("token-file", "token_file", _FILE, "the file with the token."),
    ("role-id", "role_id", click.STRING, "the role id of an AppRole."),
    ("secret-id-file", "secret_id_file", _FILE, "the file with its secret id."),
    ("jwt-file", "jwt_file", _FILE, "the service account's token."),
    ("client-cert", "client_cert", _FILE, "the certificate of the login cert."),
    ("client-key", "client_key", _FILE, "the key of that certificate."),
)

#: A token of a file that was typed counts before one of the environment.
_INSTEAD = {"token_file": "token", "secret_id_file": "secret_id"}


def make_options() -> list[click.Option]:
    """The options, new ones for each command.

    None can be set by a variable: a repository's dotenv file would be the user.
    """
    return [
        click.Option(
            [f"--vault-{name}", f"vault_{field}"],
            type=kind,
            allow_from_autoenv=False,
            help=f"Vault: {text}",
        )
        for name, field, kind, text in _OPTIONS
    ]


def options(function: F) -> F:
    """The options, for a command that is a decorated function."""
    for option in reversed(make_options()):
        # What click.option() does.
        params = function.__dict__.setdefault("__click_params__", [])
        params.append(option)

    return function


def take(values: dict[str, Any]) -> dict[str, object]:
    """Take these options out of all that a command was given."""
    taken = {field: values.pop(f"vault_{field}") for _, field, _, _ in _OPTIONS}
    given = {field: value for field, value in taken.items() if value}
    return given | {_INSTEAD[each]: None for each in _INSTEAD.keys() & given.keys()}
