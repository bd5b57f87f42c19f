"""Are the CAs exactly as we make them, and can they sign no more than they say?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..errors import PairNotFound
from ..errors import TLSDevError
from ..issuers.client_ca import client_ca_folder
from ..issuers.client_ca import ClientCA
from ..issuers.local_ca import LocalCA
from ..lan import FOLDER
from .finding import Finding


def check_authorities(folder: Path) -> Iterator[Finding]:
    """The local CA, and those for the LAN and for clients where they are.

    To read a root is to hold it against the profile: constraints, key usages,
    signatures and dates.
    """
    try:
        yield _check(LocalCA.open(folder), "local")
    except PairNotFound:
        yield Finding(
            "ca", "warning", "There is no local CA yet.", "Type: flask tls ca create"
        )
    except TLSDevError as error:
        yield Finding.of_error("ca", error)

    others = (
        ("LAN's", LocalCA, folder / FOLDER),
        ("client", ClientCA, client_ca_folder(folder)),
    )
    for what, kind, place in others:
        try:
            yield _check(kind.open(place), what)
        except PairNotFound:
            continue
        except TLSDevError as error:
            yield Finding.of_error("ca", error)


def _check(active: LocalCA, what: str) -> Finding:
    active.root_pem()
    return Finding(
        "ca",
        "ok",
        f"The {what} CA {active.ca_id} can sign {active.permits} and nothing else,"
        f" until {active.not_after:%Y-%m-%d}.",
    )
