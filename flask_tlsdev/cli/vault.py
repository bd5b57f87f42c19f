"""The options of the issuer ``vault``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .issuer_options import Field
from .issuer_options import IssuerOptions
from .options import Checked


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
_FIELDS = (
    Field("addr", "address", Checked("url", _address), "the server's https URL."),
    Field("namespace", "namespace", _PATH, "the namespace of the mounts."),
    Field("mount", "mount", _PATH, "where the PKI secrets engine is mounted."),
    Field("role", "role", _PATH, "the role that signs."),
    Field("ca-file", "ca_file", _FILE, "the root of the server's own certificate."),
    Field(
        "auth",
        "auth",
        click.Choice(["token", "approle", "kubernetes", "cert"]),
        "how to log in.",
    ),
    Field("auth-mount", "auth_mount", _PATH, "where this login is mounted."),
    Field("auth-role", "auth_role", _PATH, "the role to log in as (kubernetes, cert)."),
    Field("token-file", "token_file", _FILE, "the file with the token."),
    Field("role-id", "role_id", click.STRING, "the role id of an AppRole."),
    Field("secret-id-file", "secret_id_file", _FILE, "the file with its secret id."),
    Field("jwt-file", "jwt_file", _FILE, "the service account's token."),
    Field("client-cert", "client_cert", _FILE, "the certificate of the login cert."),
    Field("client-key", "client_key", _FILE, "the key of that certificate."),
)

#: A token of a file that was typed counts before one of the environment.
_INSTEAD = {"token_file": "token", "secret_id_file": "secret_id"}

OPTIONS = IssuerOptions("vault", "Vault", _FIELDS, _INSTEAD)
