"""What do the keys say, and where are the user's folders? The values alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import NamedTuple
from typing import TYPE_CHECKING

from ..issuers.talk import Talk

if TYPE_CHECKING:
    from ..headers import Override
    from ..headers import Policy
    from ..headers import Recipe
    from ..issuers.acme import Options as AcmeOptions
    from ..issuers.base import IssuerFactory
    from ..issuers.cert_manager import Options as KubeOptions
    from ..issuers.vault import Options as VaultOptions
    from ..names import Name
    from ..web.cookies import CookiePolicy
    from ..web.fetch_metadata import FetchMetadata
    from ..web.https import ForceHTTPS
    from ..web.reports import Sink
    from .authorities import Authorities
    from .folders import Folders
    from .keys import Values
    from .responses import Responses


class Configured(NamedTuple):
    """The fields of :class:`.Settings`."""

    names: tuple[Name, ...]
    #: Domains below which names are served on demand.
    on_demand: tuple[str, ...]
    issuer: str
    #: Whether ``TLSDEV_ISSUER`` was set. Outside development nothing is issued
    #: that nobody asked for.
    issuer_is_named: bool
    key_type: str
    lifetime: timedelta
    #: How long before its end a pair is renewed; ``None``: a third of its life.
    renew_before: timedelta | None
    minimum_version: str
    client_ca: Path | None
    #: ``optional`` or ``required``; means something with a ``client_ca`` only.
    client_certificate: str
    #: Seconds.
    handshake_timeout: float
    head_timeout: float
    idle_timeout: float
    max_connections: int
    files_path: Path | None
    validation_path: Path | None
    #: Whether the development page is shown; ``None``: where it can be.
    page: bool | None
    #: Whether the app's pages lead to it.
    badge: bool
    #: How the issuers are asked that are other people's servers.
    authorities: Authorities
    #: The value of every key: also of those that few starts need, which are
    #: read when they are asked for.
    values: Values
    folders: Folders
    #: Name to factory, ours and the app's own.
    issuers: Mapping[str, IssuerFactory]
    #: How an issuer speaks with a person while it works.
    talk: Talk = Talk()


class ReadLate(Configured):
    """What belongs to groups of keys that few starts need.

    It is read when somebody asks for it: that takes much code.
    """

    @property
    def acme(self) -> AcmeOptions:
        return self.authorities.acme

    @property
    def vault(self) -> VaultOptions:
        return self.authorities.vault

    @property
    def kube(self) -> KubeOptions:
        """How ``cert-manager`` is asked."""
        return self.authorities.kube

    @cached_property
    def responses(self) -> Responses:
        """What responses get."""
        from .responses import Responses

        return Responses.of(self.values)

    @property
    def recipe(self) -> Recipe:
        """What makes the headers that responses get."""
        return self.responses.recipe

    @property
    def policy(self) -> Policy:
        """The headers that responses get where nothing else is said."""
        return self.recipe.policy

    @property
    def paths(self) -> Mapping[str, Override]:
        """Other headers below these paths."""
        return self.responses.paths

    @property
    def removed_headers(self) -> frozenset[str]:
        """In lower case."""
        return self.responses.removed_headers

    @property
    def cookies(self) -> CookiePolicy | None:
        return self.responses.cookies

    @property
    def force_https(self) -> ForceHTTPS | None:
        return self.responses.force_https

    @property
    def fetch_metadata(self) -> FetchMetadata | None:
        return self.responses.fetch_metadata

    @property
    def reports(self) -> Sink | None:
        """Who is told of what browsers report."""
        return self.responses.reports
