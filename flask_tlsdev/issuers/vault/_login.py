"""With which token is Vault asked, and may it go there?"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from typing import TYPE_CHECKING

from ... import files
from ...errors import ConfigError
from ...errors import IssuerRefused
from ...errors import StoreError
from ...errors import TLSDevError
from ...printable import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._session import Session
    from .options import Options

#: Where Kubernetes puts a pod's own token.
KUBERNETES_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")

_LIMIT = 1 << 16


@contextlib.contextmanager
def logged_in(session: Session, tell: Callable[[str], None]) -> Iterator[None]:
    """A session with a token: the user's own, or one that ends with the block."""
    options = session.options
    if options.auth == "token":
        session.use(_token(options))
        yield
        _prolong(session, tell)
        return

    answer = session.post(_login_path(options), _CREDENTIALS[options.auth](options))
    session.use(_client_token(answer, options))
    try:
        yield
    finally:
        # It would live on for weeks, one more for each renewal.
        with contextlib.suppress(TLSDevError):
            session.post("auth/token/revoke-self", {})


def _prolong(session: Session, tell: Callable[[str], None]) -> None:
    """Renew a token that has less than half of its life left, where it may be."""
    try:
        data = session.get("auth/token/lookup-self").get("data", {})
        left, whole = data.get("ttl", 0), data.get("creation_ttl", 0)
        if data.get("renewable") is True and 0 < left < whole / 2:
            session.post("auth/token/renew-self", {})
    except (TLSDevError, TypeError, AttributeError) as error:
        tell(f"Vault's token could not be renewed: {error}")


def _login_path(options: Options) -> str:
    return f"auth/{options.auth_mount or options.auth}/login"


def _client_token(answer: dict[str, Any], options: Options) -> str:
    auth = answer.get("auth")
    token = auth.get("client_token") if isinstance(auth, dict) else None
    if not isinstance(token, str):
        raise IssuerRefused(
            f"Vault gives no token for the login by {options.auth}.",
            issuer_id=options.issuer_id,
            hint="It may want a second factor: choose another way with --vault-auth.",
        )

    return _clean(token, "what Vault gave")


def _token(options: Options) -> str:
    if options.token is not None:
        check_own(options, "a token", literal=True)
        return _clean(options.token, "TLSDEV_VAULT_TOKEN")

    path = options.token_file
    if path is None:
        raise ConfigError(
            "There is no token for Vault.",
            key="TLSDEV_VAULT_TOKEN",
            hint="Type: vault login; or set VAULT_TOKEN in your shell; or name another"
            " way with --vault-auth.",
        )

    return _secret(options, path, "a token")


def _approle(options: Options) -> dict[str, str]:
    if options.role_id is None:
        raise _missing("a role id", "TLSDEV_VAULT_ROLE_ID", "--vault-role-id ID")

    content = {"role_id": options.role_id}
    if options.secret_id is not None:
        check_own(options, "a secret id", literal=True)
        content["secret_id"] = _clean(options.secret_id, "TLSDEV_VAULT_SECRET_ID")
    elif options.secret_id_file is not None:
        content["secret_id"] = _secret(options, options.secret_id_file, "a secret id")

    return content


def _kubernetes(options: Options) -> dict[str, str]:
    if options.auth_role is None:
        raise _missing("a role", "TLSDEV_VAULT_AUTH_ROLE", "--vault-auth-role NAME")

    path = options.jwt_file or KUBERNETES_TOKEN
    return {
        "role": options.auth_role,
        "jwt": _secret(options, path, "a service account's token"),
    }


def _cert(options: Options) -> dict[str, str]:
    if options.client_cert is None or options.client_key is None:
        raise _missing(
            "a certificate and its key",
            "TLSDEV_VAULT_CLIENT_CERT",
            "--vault-client-cert FILE --vault-client-key FILE",
        )

    check_own(options, "a certificate")
    return {"name": options.auth_role} if options.auth_role else {}


_CREDENTIALS: dict[str, Callable[[Options], dict[str, str]]] = {
    "approle": _approle,
    "kubernetes": _kubernetes,
    "cert": _cert,
}


def check_own(options: Options, what: str, *, literal: bool = False) -> None:
    """Raise unless the user himself has named where this goes.

    :param literal: It is no file but stands in the configuration.
    """
    if not options.foreign or (literal and options.secrets_are_foreign):
        return

    raise ConfigError(
        f"Nothing of yours ({what}) is sent to {options.address}: {options.foreign}.",
        key="TLSDEV_VAULT_ADDR",
        hint=f"If you know it, type: export VAULT_ADDR={options.address}"
        " (and VAULT_CACERT=FILE for its root), or add --vault-addr"
        f" {options.address}",
    )


def _secret(options: Options, path: Path, what: str) -> str:
    """The secret in a file of the user's."""
    check_own(options, what)
    try:
        data = files.read(path, limit=_LIMIT)
    except StoreError as error:
        raise ConfigError(
            f"There is no {what.partition(' ')[2]} for Vault: {error.message}",
            key="TLSDEV_VAULT_AUTH",
            hint="Type: vault login; or choose another way with --vault-auth.",
        ) from error

    return _clean(data.decode("ascii", "replace"), quoted(path))


def _clean(text: str, where: str) -> str:
    secret = text.strip()
    if not secret or not secret.isascii() or not secret.isprintable() or " " in secret:
        raise ConfigError(
            f"There is no usable secret in {where}.",
            key="TLSDEV_VAULT_AUTH",
            hint="It is one word of letters, digits and dots.",
        )

    return secret


def _missing(what: str, key: str, option: str) -> ConfigError:
    return ConfigError(
        f"The login to Vault needs {what}.", key=key, hint=f"Set {key}, or add {option}"
    )
