"""Which names get a pair at the moment when somebody asks for them?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from .contexts import TokenBucket
from .errors import CertificateError
from .errors import IssuerUnavailable
from .keys import DEFAULT_KEY_TYPE

if TYPE_CHECKING:
    from .keys import PrivateKey
    from .names import Name
    from .pairs import Pair

#: Such a pair lives in memory, so a restart of the server ends it anyway.
LIFETIME = timedelta(days=1)

#: A page may ask for many hosts at once; a program that makes up names is held
#: to what signing costs.
AT_ONCE, PER_SECOND = 64, 2.0


class OnDemand:
    """Makes pairs of the local CA for names below some domains.

    It is an ``on_name`` of :class:`~flask_tlsdev.contexts.DevContext`, and
    nothing that it makes is written to the store. All pairs have one key, which
    saves most of the work and all of the memory.

    :param suffixes: The domains; each stands for itself and all names below.
    :param ca_folder: Where the local CA is. It is opened anew for each pair.
    """

    def __init__(
        self,
        suffixes: Sequence[str],
        ca_folder: Path,
        *,
        bucket: TokenBucket | None = None,
    ) -> None:
        self._suffixes = tuple(suffixes)
        self._ca_folder = ca_folder
        self._bucket = bucket or TokenBucket(AT_ONCE, PER_SECOND)

    def __call__(self, name: Name) -> Pair:
        """The pair for this name.

        :raises CertificateError: The name is below none of the domains, or is
            none that the CA may sign.
        :raises IssuerUnavailable: Too many were asked for in a short time.
        """
        from .csr import CertificateRequest
        from .issuers.local_ca import LocalCA
        from .provision import issue

        if not any(name.is_below(suffix) for suffix in self._suffixes):
            raise CertificateError(
                "It is none of TLSDEV_NAMES and below none of TLSDEV_ON_DEMAND.",
                reason="not covered",
            )

        ca = LocalCA.open(self._ca_folder)

        if not self._bucket.take():
            raise IssuerUnavailable(
                "Too many names were asked for at once.",
                issuer_id=ca.id,
                hint="Wait a moment.",
            )

        return issue(ca, CertificateRequest((name,), self._key, LIFETIME))

    @cached_property
    def _key(self) -> PrivateKey:
        from . import keys

        return keys.generate(DEFAULT_KEY_TYPE)
