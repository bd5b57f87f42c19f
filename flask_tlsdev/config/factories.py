"""Which issuers can ``TLSDEV_ISSUER`` name, and how is each one made?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..errors import ConfigError
from ..printable import printable
from ..printable import quoted
from ..spelling import did_you_mean

if TYPE_CHECKING:
    from ..issuers import Issuer
    from ..issuers.base import IssuerFactory
    from .settings import Settings

#: How an issuer may be called; ``issuer.id`` is the name of a folder.
_NAME = r"[a-z][a-z0-9-]{0,31}"


def _local_ca(settings: Settings) -> Issuer:
    from ..issuers.local_ca import LocalCA
    from ..keys import DEFAULT_KEY_TYPE

    # Not the app's key type: an app does not say how the user's CA is made.
    return LocalCA.open_or_create(settings.ca_path, key_type=DEFAULT_KEY_TYPE)


def _self_signed(settings: Settings) -> Issuer:
    from ..issuers.self_signed import SelfSigned

    return SelfSigned()


def _imported(settings: Settings) -> Issuer:
    from ..issuers.imported import Imported

    return Imported()


def _acme(settings: Settings) -> Issuer:
    from dataclasses import replace

    from ..issuers.acme import Acme
    from .acme import project_hook

    options = settings.acme
    if options.challenge == "dns-01" and options.dns_hook is None:
        options = replace(options, dns_hook=project_hook("dns"))

    return Acme(options, settings.store_path, settings.talk)


def _vault(settings: Settings) -> Issuer:
    from ..issuers.vault import Vault

    return Vault(settings.vault, settings.store_path, settings.talk.tell)


def _cert_manager(settings: Settings) -> Issuer:
    from ..issuers.cert_manager import CertManager

    return CertManager(settings.kube, settings.store_path, settings.talk.tell)


def _files(settings: Settings) -> Issuer:
    raise ConfigError(
        "The issuer 'files' serves a pair that somebody else makes and issues none.",
        key="TLSDEV_ISSUER",
        hint="Set TLSDEV_ISSUER to 'local-ca' to have one made.",
    )


#: The issuers that come with this package.
BUILT_IN: Mapping[str, IssuerFactory] = MappingProxyType(
    {
        "local-ca": _local_ca,
        "self-signed": _self_signed,
        "acme": _acme,
        "vault": _vault,
        "cert-manager": _cert_manager,
        "files": _files,
        "imported": _imported,
    }
)


def known_issuers(
    own: Mapping[str, IssuerFactory] | None,
) -> Mapping[str, IssuerFactory]:
    """The built-in issuers and the app's own.

    :raises ConfigError: One of the app's own has a name that it cannot have, or
        nothing that makes it.
    """
    own = dict(own or {})
    for name, factory in own.items():
        if not isinstance(name, str) or not re.fullmatch(_NAME, name):
            raise ConfigError(
                f"An issuer cannot be called {printable(repr(name))}.",
                hint="Lower-case letters, digits and hyphens will do, at most 32.",
            )

        if name in BUILT_IN:
            raise ConfigError(
                f"{quoted(name)} is an issuer of flask-tlsdev.",
                hint="Give yours another name.",
            )

        if not callable(factory):
            raise ConfigError(
                f"The issuer {quoted(name)} is nothing that can be called.",
                hint="Give a function that takes the settings and returns an issuer.",
            )

    return MappingProxyType({**BUILT_IN, **own})


def check_issuer(name: str, known: Mapping[str, IssuerFactory]) -> None:
    """Raise :exc:`ConfigError` unless there is such an issuer."""
    if name not in known:
        raise ConfigError(
            f"There is no issuer {quoted(name)}.",
            key="TLSDEV_ISSUER",
            hint=f"{did_you_mean(name, known)} There are {', '.join(known)}.".lstrip(),
        )
