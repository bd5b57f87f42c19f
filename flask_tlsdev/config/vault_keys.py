"""The keys of the issuer ``vault``."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import ConfigError
from ..issuers.vault import AUTHS
from ..issuers.vault import check_address
from ..issuers.vault import check_path
from . import values
from ._key import Key

_SECRET_LENGTH = 10_000


def _address(value: object) -> str | None:
    return None if value is None else check_address(values.parse_text(value))


def _path(value: object) -> str | None:
    return None if value is None else check_path(values.parse_text(value))


def _auth(value: object) -> str:
    return values.parse_choice(value, AUTHS)


def _secret(value: object) -> str | None:
    if value is None or value == "":
        return None

    text = value if isinstance(value, str) else ""
    if not 0 < len(text) <= _SECRET_LENGTH or not text.isprintable():
        # Not with the value: it is a secret.
        raise ConfigError("This is no secret that Vault gives.")

    return text


_FILE = "the absolute path of a file, or None"

KEYS: Mapping[str, Key] = {
    "TLSDEV_VAULT_ADDR": Key(
        None,
        _address,
        "an https URL, or None",
        "The server that the issuer ``vault`` asks; with ``None`` the user's"
        " ``VAULT_ADDR``.",
    ),
    "TLSDEV_VAULT_NAMESPACE": Key(
        None,
        _path,
        "the path of a namespace, or None",
        "The namespace of the mounts; with ``None`` the user's ``VAULT_NAMESPACE``.",
    ),
    "TLSDEV_VAULT_MOUNT": Key(
        "pki", _path, "the path of a mount", "Where the PKI secrets engine is mounted."
    ),
    "TLSDEV_VAULT_ROLE": Key(
        None, _path, "the name of a role, or None", "The role that signs."
    ),
    "TLSDEV_VAULT_CA_FILE": Key(
        None,
        values.parse_path,
        _FILE,
        "The root of the server's own certificate; with ``None`` the user's"
        " ``VAULT_CACERT``, or what the system trusts.",
    ),
    "TLSDEV_VAULT_AUTH": Key(
        "token",
        _auth,
        ", ".join(map(repr, AUTHS)),
        "How to log in.",
    ),
    "TLSDEV_VAULT_AUTH_MOUNT": Key(
        None,
        _path,
        "the path of a mount, or None",
        "Where this way to log in is mounted, if not under its own name.",
    ),
    "TLSDEV_VAULT_AUTH_ROLE": Key(
        None,
        _path,
        "the name of a role, or None",
        "The role to log in as with ``kubernetes`` or ``cert``.",
    ),
    "TLSDEV_VAULT_TOKEN": Key(
        None,
        _secret,
        "a text, or None",
        "The token; with ``None`` the user's ``VAULT_TOKEN``, a file, or"
        " ``~/.vault-token``.",
    ),
    "TLSDEV_VAULT_TOKEN_FILE": Key(
        None, values.parse_path, _FILE, "The file with the token."
    ),
    "TLSDEV_VAULT_ROLE_ID": Key(
        None, _secret, "a text, or None", "The role id of an AppRole."
    ),
    "TLSDEV_VAULT_SECRET_ID": Key(
        None, _secret, "a text, or None", "The secret id of an AppRole."
    ),
    "TLSDEV_VAULT_SECRET_ID_FILE": Key(
        None, values.parse_path, _FILE, "The file with the secret id of an AppRole."
    ),
    "TLSDEV_VAULT_JWT_FILE": Key(
        None,
        values.parse_path,
        _FILE,
        "The token of a Kubernetes service account, if not where a pod has it.",
    ),
    "TLSDEV_VAULT_CLIENT_CERT": Key(
        None, values.parse_path, _FILE, "The certificate of the login ``cert``."
    ),
    "TLSDEV_VAULT_CLIENT_KEY": Key(
        None, values.parse_path, _FILE, "The key of that certificate."
    ),
}
