"""The sum of the configuration, checked: what the rest of the package works with."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from typing import TYPE_CHECKING

from ..errors import ConfigError
from ..errors import PairNotFound
from ..errors import StoreError
from ..issuers.talk import Talk
from ..names import Name
from ..printable import quoted
from ..store import PairStore
from ._configured import ReadLate
from .authorities import Authorities
from .environment import prefixed_config
from .environment import user_environment
from .factories import check_issuer
from .factories import known_issuers
from .folders import Folders
from .keys import Values

if TYPE_CHECKING:
    from ..challenges import Challenges
    from ..contexts import ClientCA
    from ..headers import OnProblem
    from ..issuers import Issuer
    from ..issuers.base import IssuerFactory
    from ..store import PairFiles

logger = logging.getLogger("flask_tlsdev")


class Settings(ReadLate):
    """What was configured. :meth:`from_mapping` and :meth:`from_environment` make it.

    It is a :class:`flask_tlsdev.provision.Source`.
    """

    @classmethod
    def from_mapping(
        cls,
        config: Mapping[str, object],
        *,
        environ: Mapping[str, str],
        issuers: Mapping[str, IssuerFactory] | None = None,
        store_path: Path | None = None,
        ca_path: Path | None = None,
        on_problem: OnProblem | None = None,
    ) -> Settings:
        """The settings in ``app.config`` or a mapping like it.

        :param environ: The environment; it says where the user's folders are
            and nothing else. What a dotenv file put there is not heard.
        :param issuers: The app's own issuers.
        :param store_path: The folder of pairs, from the command line.
        :param ca_path: The folder of the local CA, from the command line.
        :param on_problem: Told of a header that should not be what its key
            says, instead of raising it: in production a site goes on.
        :raises ConfigError: A key is unknown or its value is none that it can
            have.
        """
        values = Values(config, on_problem)
        known = known_issuers(issuers)
        own = user_environment(environ)
        folders = Folders.find(own)
        made = cls(
            names=values["TLSDEV_NAMES"],
            on_demand=values["TLSDEV_ON_DEMAND"],
            issuer=values["TLSDEV_ISSUER"],
            issuer_is_named="TLSDEV_ISSUER" in config,
            key_type=values["TLSDEV_KEY_TYPE"],
            lifetime=values["TLSDEV_LIFETIME"],
            renew_before=values["TLSDEV_RENEW_BEFORE"],
            minimum_version=values["TLSDEV_MINIMUM_VERSION"],
            client_ca=values["TLSDEV_CLIENT_CA"],
            client_certificate=values["TLSDEV_CLIENT_CERTIFICATE"],
            handshake_timeout=values["TLSDEV_HANDSHAKE_TIMEOUT"],
            head_timeout=values["TLSDEV_HEAD_TIMEOUT"],
            idle_timeout=values["TLSDEV_IDLE_TIMEOUT"],
            max_connections=values["TLSDEV_MAX_CONNECTIONS"],
            files_path=values["TLSDEV_FILES_PATH"],
            validation_path=values["TLSDEV_VALIDATION_PATH"],
            page=values["TLSDEV_PAGE"],
            badge=bool(values["TLSDEV_BADGE"]),
            authorities=Authorities(values, environ, own),
            values=values,
            folders=folders.moved(store=store_path, ca=ca_path),
            issuers=known,
        )
        made._check()
        return made

    @classmethod
    def from_environment(
        cls,
        environ: Mapping[str, str],
        *,
        issuers: Mapping[str, IssuerFactory] | None = None,
        store_path: Path | None = None,
        ca_path: Path | None = None,
    ) -> Settings:
        """The settings in ``FLASK_TLSDEV_...`` variables, where there is no app.

        The parameters are those of :meth:`from_mapping`.
        """
        return cls.from_mapping(
            prefixed_config(environ),
            environ=environ,
            issuers=issuers,
            store_path=store_path,
            ca_path=ca_path,
        )

    def with_paths(
        self, *, store_path: Path | None = None, ca_path: Path | None = None
    ) -> Settings:
        """The same settings with these folders, where one is given."""
        folders = self.folders.moved(store=store_path, ca=ca_path)
        return self._replace(folders=folders)

    def with_options(
        self,
        *,
        issuer: str | None = None,
        key_type: str | None = None,
        lifetime: timedelta | None = None,
        add_names: Iterable[Name] = (),
        client_ca: Path | None = None,
        client_certificate: str | None = None,
        acme: Mapping[str, object] | None = None,
        vault: Mapping[str, object] | None = None,
        kube: Mapping[str, object] | None = None,
        talk: Talk | None = None,
    ) -> Settings:
        """The same settings with what was asked for on the command line.

        :raises ConfigError: There is no such issuer, or the settings do not go
            together any more.
        """
        return self.changed(
            names=tuple(dict.fromkeys((*self.names, *add_names))),
            issuer=issuer or self.issuer,
            issuer_is_named=self.issuer_is_named or issuer is not None,
            key_type=key_type or self.key_type,
            lifetime=lifetime or self.lifetime,
            client_ca=client_ca or self.client_ca,
            client_certificate=client_certificate or self.client_certificate,
            authorities=self.authorities.with_options(
                acme or {}, vault or {}, kube or {}
            ),
            talk=talk or self.talk,
        )

    def changed(self, **changes: Any) -> Settings:
        """The same settings with these attributes.

        :raises ConfigError: They do not go together any more.
        """
        made = self._replace(**changes)
        made._check()
        return made

    def _check(self) -> None:
        """Check what no key can see alone."""
        check_issuer(self.issuer, self.issuers)

        if self.renew_before is not None and self.renew_before >= self.lifetime:
            raise ConfigError(
                "TLSDEV_RENEW_BEFORE: a certificate would be renewed as soon as it is"
                f" issued, for it is valid for {self.lifetime}.",
                key="TLSDEV_RENEW_BEFORE",
                hint="It takes less than TLSDEV_LIFETIME.",
            )

        if self.issuer == "files" and self.files_path is None:
            raise ConfigError(
                "TLSDEV_FILES_PATH: the issuer 'files' serves a pair from a folder,"
                " and none is named.",
                key="TLSDEV_FILES_PATH",
                hint="Set it to the folder that has tls.crt and tls.key.",
            )

    @property
    def store_path(self) -> Path:
        """Where the pairs are kept. :exc:`StoreError` for a user without a home."""
        return self.folders.store

    @property
    def ca_path(self) -> Path:
        """Where the local CA is kept. :exc:`StoreError` for a user without a home."""
        return self.folders.ca

    @property
    def challenges(self) -> Challenges | None:
        """Where answers to ACME servers are; ``None`` for a user without a home."""
        from ..challenges import Challenges

        try:
            return Challenges(self.store_path)
        except StoreError:
            return None

    @property
    def store(self) -> PairStore:
        return PairStore(self.store_path)

    def make_issuer(self) -> Issuer:
        """The issuer, with a new CA where the local one was missing."""
        return self.issuers[self.issuer](self)

    def find_issuer(self) -> Issuer | None:
        """The issuer, or ``None`` where it has still to be made."""
        if self.issuer != "local-ca":
            return self.make_issuer()

        from ..issuers.local_ca import LocalCA

        try:
            return LocalCA.open(self.ca_path)
        except PairNotFound:
            return None

    @property
    def names_on_demand(self) -> tuple[str, ...]:
        """``TLSDEV_ON_DEMAND``, if there is somebody who can sign on the spot."""
        if self.on_demand and self.issuer != "local-ca":
            logger.warning(
                "TLSDEV_ON_DEMAND is not heard: only the issuer local-ca makes names"
                " on demand, and it is %s.",
                quoted(self.issuer),
            )
            return ()

        return self.on_demand

    def clients(self) -> ClientCA | None:
        """Who may show a certificate, and whether everybody must.

        :raises ConfigError: Everybody must, and no CA for them is named.
        :raises CertificateError: The named file holds no certificate.
        """
        required = self.client_certificate == "required"
        if self.client_ca is None and not required:
            return None

        from .trusted import clients

        return clients(self.client_ca, required=required)

    def roots(self) -> tuple[Path, ...]:
        """What vouches for servers that this user's pairs are for (PEM files).

        The root of the local CA, and that of the app's own pair where another
        issuer gave one. Nothing is made.
        """
        from .trusted import roots

        return roots(self)

    def mounted_files(self) -> PairFiles | None:
        """The pair that somebody else keeps, where the issuer is ``files``."""
        if self.issuer != "files" or self.files_path is None:
            return None

        from ..issuers.files import locate

        return locate(self.files_path)
