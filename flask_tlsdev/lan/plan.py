"""Under which names is this machine served to its network, and who signs them?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import StoreError
from ..issuers.local_ca import LocalCA
from ..keys import DEFAULT_KEY_TYPE
from ..names import Name
from ..names import Permits

if TYPE_CHECKING:
    from ..issuers import Issuer
    from ..provision import Source
    from ..store import PairFiles
    from ..store import PairStore
    from .addresses import Interface

#: The LAN's CA lies in this folder, below that of the local CA.
FOLDER = "lan"

#: What no host name has between its dots; a system's name may.
_ODD = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class LanPlan:
    """What ``--lan`` serves."""

    ca: LocalCA
    #: This machine's ``.local`` name and its private addresses.
    names: tuple[Name, ...]
    #: Those of them that the CA must not sign: it was made in other networks.
    skipped: tuple[Name, ...]
    #: Names of nip.io for the same addresses, as far as the local CA may sign
    #: them: they go into the default pair.
    nip: tuple[Name, ...]
    #: What a CA would be limited to that is made now.
    wanted: Permits


@dataclass(frozen=True)
class LanSource:
    """What the LAN's pair is made from: as the default one, but by the LAN's CA."""

    settings: Source
    ca: LocalCA

    @property
    def key_type(self) -> str:
        return self.settings.key_type

    @property
    def lifetime(self) -> timedelta:
        return self.settings.lifetime

    @property
    def renew_before(self) -> timedelta | None:
        return self.settings.renew_before

    @property
    def store(self) -> PairStore:
        return self.settings.store

    def mounted_files(self) -> PairFiles | None:
        return None

    def find_issuer(self) -> Issuer:
        return self.ca

    def make_issuer(self) -> Issuer:
        return self.ca


def plan(
    ca_folder: Path,
    interfaces: Sequence[Interface],
    hostname: str,
    permits: Permits | None,
) -> LanPlan:
    """What to serve to the networks that this machine is in.

    The LAN's CA is made where there is none, for these networks.

    :param ca_folder: The folder of the local CA.
    :param hostname: What the system calls itself.
    :param permits: What the local CA may sign.
    :raises StoreError: The machine is in no private network.
    """
    if not interfaces:
        raise StoreError(
            "This machine is in no private network, so there is nobody to serve.",
            hint="Leave out --lan, or connect it to one.",
        )

    local = local_name(hostname)
    wanted = (local, *(Name("ip", str(each.ip)) for each in interfaces))
    limits = _permits(local, interfaces)
    ca = LocalCA.open_or_create(
        ca_folder / FOLDER, key_type=DEFAULT_KEY_TYPE, permits=limits
    )
    return LanPlan(
        ca,
        tuple(name for name in wanted if ca.permits.allows(name)),
        ca.permits.missing(wanted),
        tuple(n for n in nip_names(interfaces) if permits and permits.allows(n)),
        limits,
    )


def local_name(hostname: str) -> Name:
    """The name that mDNS gives to a machine which calls itself so."""
    label = _ODD.sub("-", hostname.partition(".")[0].lower()).strip("-")
    return Name("dns", f"{label[:63].strip('-') or 'flask-tlsdev'}.local")


def nip_names(interfaces: Iterable[Interface]) -> tuple[Name, ...]:
    """The names below nip.io that stand for these addresses, IPv4 only."""
    return tuple(
        Name("dns", f"{str(each.ip).replace('.', '-')}.nip.io")
        for each in interfaces
        if each.version == 4
    )


def _permits(local: Name, interfaces: Iterable[Interface]) -> Permits:
    return Permits.from_texts(
        (local.value, *(str(each.network) for each in interfaces))
    )
