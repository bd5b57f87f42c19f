"""Where the pair comes from: the store when it has a good one, else the issuer."""

from __future__ import annotations

import logging
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from typing import NamedTuple
from typing import Protocol
from typing import TYPE_CHECKING

from .errors import IssuerError
from .errors import TLSDevError
from .profile import PROFILE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .csr import CertificateRequest
    from .issuers import Issuer
    from .issuers import RenewalAdviser
    from .names import Name
    from .pairs import Pair
    from .store import PairFiles
    from .store import PairStore
    from .store import Purpose
    from .store import Sidecar
    from .store import StoredPair


logger = logging.getLogger("flask_tlsdev")

#: Seconds in which an issuer on this machine has long made a pair.
_LOCAL_PATIENCE = 30.0


class Source(Protocol):
    """What a pair is made from: :class:`flask_tlsdev.config.Settings` is one."""

    @property
    def key_type(self) -> str: ...

    @property
    def lifetime(self) -> timedelta: ...

    @property
    def renew_before(self) -> timedelta | None:
        """How long before its end a pair is renewed; ``None``: a third of its life."""
        ...

    @property
    def store(self) -> PairStore: ...

    def mounted_files(self) -> PairFiles | None:
        """The pair that somebody else keeps in a folder, where that is the issuer."""
        ...

    def find_issuer(self) -> Issuer | None:
        """The issuer, or ``None`` where it has still to be made."""
        ...

    def make_issuer(self) -> Issuer:
        """The issuer, made where it was missing."""
        ...


class Provided(NamedTuple):
    """A pair that can be served."""

    files: PairFiles
    #: What is known of the pair; ``None`` for files that somebody else keeps.
    sidecar: Sidecar | None
    #: Whether it was issued just now.
    is_new: bool = False


def look_up(
    source: Source,
    names: Sequence[Name],
    purpose: Purpose = "server",
    *,
    margin: timedelta | None = None,
) -> Provided | None:
    """The good pair that is there already, or ``None``. Nothing is issued.

    :param margin: How long it has to be good at least, instead of the source's
        ``renew_before``.
    """
    mounted = source.mounted_files()
    if mounted is not None:
        return Provided(mounted, None)

    issuer = source.find_issuer()
    if issuer is None:
        return None

    from .issuers.base import PairFinder

    if isinstance(issuer, PairFinder):
        # It cannot be made anew: what is valid is served to the last day.
        found = issuer.find(source.store, names)
        return Provided(found.files, found.sidecar) if found else None

    stored = source.store.find(issuer.id, names, source.key_type, purpose)
    margin = source.renew_before if margin is None else margin
    if stored is None or not _is_current(stored.sidecar, margin):
        return None

    return Provided(stored.files, stored.sidecar)


def obtain(
    source: Source,
    names: Sequence[Name],
    *,
    force: bool = False,
    purpose: Purpose = "server",
    subject: str | None = None,
    instead_of: Sidecar | None = None,
) -> Provided:
    """The pair for these names: looked up, or issued and stored.

    However many processes ask at once, one of them issues and the others get
    what it stored.

    :param force: Issue anew even if a good pair is there.
    :param subject: Of a new certificate, as a person types it.
    :param instead_of: Of the pair that is to be renewed, good as it may be: any
        other one will do.
    :raises IssuerError: The issuer did not give one.
    :raises CertificateError: What it gave must not be used; nothing is stored.
    :raises StoreError: The store cannot be used.
    """
    found = look_up(source, names, purpose)
    if found is not None and found.sidecar is None:
        _warn_of_fixed(found.files)
        return found

    def is_wanted(found: Provided) -> bool:
        return not force and found.sidecar != instead_of

    if found is not None and is_wanted(found):
        return found

    issuer = source.make_issuer()
    lock = source.store.pair_lock(
        issuer.id, names, source.key_type, purpose, timeout=_patience(issuer)
    )
    with lock:
        found = None if force else look_up(source, names, purpose)
        if found is not None and is_wanted(found):
            return found

        return _store(source, issuer, _request(source, names, purpose, subject))


def obtain_or_keep(source: Source, names: Sequence[Name]) -> Provided:
    """What :func:`obtain` gives, or what is valid still while the issuer is away.

    To begin serving with, which goes on with renewing it.

    :raises TLSDevError: As :func:`obtain`, where there is no such pair.
    """
    try:
        return obtain(source, names)
    except IssuerError as error:
        kept = look_up(source, names, margin=timedelta())
        if kept is None or kept.sidecar is None:
            raise

        logger.warning(
            "%s The pair of before is served, which ends at %s UTC.",
            error,
            f"{kept.sidecar.not_after:%Y-%m-%d %H:%M}",
        )
        return kept


def due(source: Source, pair: StoredPair) -> datetime | None:
    """Until when a stored pair need not be renewed; ``None`` where it is due.

    An issuer that has advice is asked for it.
    """
    from .issuers import RenewalAdviser

    now = datetime.now(timezone.utc)
    if not _is_current(pair.sidecar, source.renew_before):
        return None

    issuer = source.make_issuer()
    moment = pair.sidecar.due(source.renew_before)
    if isinstance(issuer, RenewalAdviser):
        moment = min(moment, _advice(issuer, source.store.load(pair)) or moment)

    return moment if moment > now else None


def _advice(issuer: RenewalAdviser, pair: Pair) -> datetime | None:
    try:
        return issuer.renewal_time(pair.leaf)
    except TLSDevError:
        # Whoever does not answer now is asked again when it is due anyway.
        return None


def renew(source: Source, pair: StoredPair) -> StoredPair:
    """A new pair in the place of this one.

    However many processes do it at once, one of them issues and the others get
    what it stored.

    :raises TLSDevError: As :func:`obtain`; the pair stays as it is.
    """
    from .names import parse

    issuer = source.make_issuer()
    names, store = parse(pair.sidecar.names), source.store
    lock = store.pair_lock(issuer.id, names, source.key_type, timeout=_patience(issuer))
    with lock:
        found = store.find(issuer.id, names, source.key_type)
        if found is None or found.sidecar == pair.sidecar:
            _store(source, issuer, _request(source, names, "server", None))
            found = store.find(issuer.id, names, source.key_type)

    # It was issued a moment ago.
    return found or pair


def issue(issuer: Issuer, request: CertificateRequest) -> Pair:
    """A new pair that answers the request and has been checked. Not stored."""
    pair = issuer.issue(request)
    pair.check(request)
    return pair


def _warn_of_fixed(files: PairFiles) -> None:
    """Say that a mounted pair will not follow its Secret, before it has expired."""
    from .issuers.files import fixed

    if why := fixed(files):
        logger.warning("%s %s", *why)


def _patience(issuer: Issuer) -> float:
    """For how many seconds to wait until another process has the pair."""
    from .issuers import Remote

    return _LOCAL_PATIENCE + (issuer.patience if isinstance(issuer, Remote) else 0)


def _store(source: Source, issuer: Issuer, request: CertificateRequest) -> Provided:
    pair = issue(issuer, request)
    stored = source.store.save(
        issuer.id, request.names, request.key_type, request.purpose, pair, PROFILE
    )
    return Provided(stored.files, stored.sidecar, is_new=True)


def _request(
    source: Source, names: Sequence[Name], purpose: Purpose, subject: str | None
) -> CertificateRequest:
    from . import keys
    from .certificates import parse_subject
    from .csr import CertificateRequest

    return CertificateRequest(
        tuple(names),
        keys.generate(source.key_type),
        source.lifetime,
        subject=None if subject is None else parse_subject(subject),
        purpose=purpose,
    )


def _is_current(sidecar: Sidecar, margin: timedelta | None) -> bool:
    return sidecar.profile == PROFILE and sidecar.usable(
        datetime.now(timezone.utc), margin
    )
