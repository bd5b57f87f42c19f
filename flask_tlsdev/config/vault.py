"""How is Vault configured, and what of it did the user say himself?

A repository may say where its app's pairs come from. It may not say to whom the
user's token is sent: that goes to addresses of his own environment or command
line only.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from ..issuers.vault import check_address
from ..issuers.vault import check_path
from ..issuers.vault import Options
from ..issuers.vault.options import DEFAULT_ADDRESS
from .environment import PREFIX as _OWN_PREFIX
from .vault_keys import KEYS

_PREFIX = "TLSDEV_VAULT_"

#: Variables that decide whom TLS believes.
_TRUST = ("SSL_CERT_FILE", "SSL_CERT_DIR")


#: Vault's own variables, and OpenBao's, for what no key says.
_VARIABLES = {
    "address": ("VAULT_ADDR", "BAO_ADDR"),
    "namespace": ("VAULT_NAMESPACE", "BAO_NAMESPACE"),
    "ca_file": ("VAULT_CACERT", "BAO_CACERT"),
    "client_cert": ("VAULT_CLIENT_CERT", "BAO_CLIENT_CERT"),
    "client_key": ("VAULT_CLIENT_KEY", "BAO_CLIENT_KEY"),
}
_TOKENS = ("VAULT_TOKEN", "BAO_TOKEN")


def options(
    found: Mapping[str, Any], environ: Mapping[str, str], own: Mapping[str, str]
) -> Options:
    """The options of all the keys.

    :param environ: The environment with what dotenv files put there.
    :param own: The user's own environment.
    """
    named = {
        _field(key): found[key] for key in KEYS if found.get(key) not in (None, "")
    }
    secrets = [named[each] for each in ("token", "secret_id") if each in named]
    for name in _VARIABLES.keys() - named.keys():
        value = _from_variable(name, own)
        if value is not None:
            named[name] = value

    if not named.keys() & {"token", "token_file"}:
        named |= _own_token(own)

    named["proxy"] = _proxy(named.get("address", DEFAULT_ADDRESS), own)
    return Options(
        **named,
        address_is_own=_is_own("address", named, own),
        ca_is_own=named.get("ca_file") is None or _is_own("ca_file", named, own),
        foreign_trust=tuple(
            name for name in _TRUST if environ.get(name) != own.get(name)
        ),
        # What stands in the configuration goes where the configuration says,
        # but for what it took from the user's environment.
        secrets_are_foreign=bool(secrets) and not set(secrets) & set(own.values()),
    )


def on_command_line(given: Mapping[str, object]) -> dict[str, object]:
    """What changes with these options of the command line, where the user is."""
    changes = dict(given)
    if "address" in changes:
        changes["address_is_own"] = True

    if "ca_file" in changes:
        changes["ca_is_own"] = True

    return changes


def _field(key: str) -> str:
    name = key.removeprefix(_PREFIX).lower()
    return "address" if name == "addr" else name


def _from_variable(field: str, own: Mapping[str, str]) -> Any:
    text = _first(_VARIABLES[field], own)
    if not text:
        return None

    if field == "address":
        # One that is wrong is told when it is asked.
        return _checked(check_address, text) or text

    if field == "namespace":
        return _checked(check_path, text) if text.strip("/") else None

    return Path(text).absolute()


def _checked(check: Any, text: str) -> Any:
    # A user whose VAULT_ADDR is odd may have an app that never asks it.
    try:
        return check(text)
    except ConfigError:
        return None


def _own_token(own: Mapping[str, str]) -> dict[str, Any]:
    text = _first(_TOKENS, own)
    if text:
        return {"token": text}

    home = own.get("HOME") or own.get("USERPROFILE")
    return {"token_file": Path(home) / ".vault-token"} if home else {}


def _first(variables: tuple[str, ...], own: Mapping[str, str]) -> str:
    return next((own[each] for each in variables if own.get(each)), "")


def _proxy(address: str, own: Mapping[str, str]) -> str | None:
    """The user's own proxy: one of a repository's would see who asks whom."""
    from urllib.parse import urlsplit

    host = urlsplit(address).hostname or ""
    spared = (own.get("no_proxy") or own.get("NO_PROXY") or "").lower().split(",")
    if any(_is_below(host, each.strip()) for each in spared):
        return None

    return own.get("https_proxy") or own.get("HTTPS_PROXY") or None


def _is_below(host: str, suffix: str) -> bool:
    name = suffix.removeprefix("*").removeprefix(".")
    return suffix == "*" or (name != "" and f".{host}".endswith(f".{name}"))


def _is_own(field: str, named: Mapping[str, Any], own: Mapping[str, str]) -> bool:
    """Whether the user's own environment says the same."""
    key = "VAULT_ADDR" if field == "address" else "VAULT_CA_FILE"
    texts = [own[each] for each in _VARIABLES[field] if own.get(each)]
    texts += [own[_OWN_PREFIX + key]] if own.get(_OWN_PREFIX + key) else []
    if field == "ca_file":
        return named.get(field) in [Path(each).absolute() for each in texts]

    checked = [_checked(check_address, each) for each in texts]
    return named.get(field) is not None and named[field] in checked
