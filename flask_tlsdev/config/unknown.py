"""What is said of a key that there is not?"""

from __future__ import annotations

import re

from .. import headers
from ..errors import ConfigError
from ..printable import printable
from ..spelling import nearest
from .environment import AGREE_TOS
from .environment import DEPLOY_HOOK
from .environment import DNS_HOOK
from .keys import KEYS

#: Keys that run programs or consent, with the option that does the same.
_ACTS = {
    DNS_HOOK: "--dns-hook",
    DEPLOY_HOOK: "--deploy-hook",
    AGREE_TOS: "--agree-tos",
}

#: Keys that say where the user's files are.
_PLACES = {
    "TLSDEV_STORE_PATH": "--store-path",
    "TLSDEV_CA_PATH": "--ca-path",
}

#: Keys for a kubeconfig, which runs programs.
_KUBECONFIGS = ("TLSDEV_KUBE_CONFIG", "TLSDEV_KUBECONFIG")

#: What people call a key: by its name or by the name of its header.
_SPELLINGS = {name.removeprefix("TLSDEV_"): name for name in KEYS} | {
    header.upper().replace("-", "_"): f"TLSDEV_{name}"
    for name, header in headers.NAMES.items()
}


def unknown(name: str) -> ConfigError:
    """The error for a key that begins like ours and is none."""
    if name in _ACTS:
        return ConfigError(
            f"{name} cannot be set in app.config: whoever wrote the app neither runs"
            " programs for its users nor accepts terms for them.",
            key=name,
            hint=f"Set the environment variable {name} in your shell, or add"
            f" {_ACTS[name]} to the command.",
        )

    if name in _PLACES:
        return ConfigError(
            f"{name} cannot be set in app.config: whoever wrote the app does not"
            " choose where its users keep their keys.",
            key=name,
            hint=f"Set the environment variable {name} in your shell, or type:"
            f" flask tls {_PLACES[name]} FOLDER ...",
        )

    if name in _KUBECONFIGS:
        return ConfigError(
            f"{name} cannot be set in app.config: a kubeconfig runs programs and says"
            " where its user's credentials go.",
            key=name,
            hint="Type: export KUBECONFIG=FILE, or add --kube-config FILE to the"
            " command.",
        )

    suffix = re.sub(r"^(?:FLASK_)?TLSDEV[_-]", "", name, flags=re.IGNORECASE)
    near = nearest(suffix, _SPELLINGS)
    hint = (
        f"Did you mean {_SPELLINGS[near]}?" if near else f"There are {', '.join(KEYS)}."
    )
    return ConfigError(f"There is no key {printable(name)}.", key=name, hint=hint)
