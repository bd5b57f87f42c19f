"""What is a stored pair renewed from, where its app may not be at hand?"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

    from ..config import Settings
    from ..issuers.acme import Options
    from ..store import StoredPair


def source_of(settings: Settings, pair: StoredPair) -> Settings | str:
    """The settings that made the pair, or why there are none.

    :param settings: Those of the command; they count where they name the same
        issuer.
    """
    issuer_id = pair.sidecar.issuer_id
    if issuer_id == "imported":
        return "it was imported: import its successor when the authority sends it"

    if pair.sidecar.purpose != "server":
        return "it is a client's: make another one with flask tls issue --client"

    for candidate in _candidates(settings, issuer_id):
        issuer = candidate.find_issuer()
        if issuer is not None and issuer.id == issuer_id:
            return candidate.changed(
                key_type=pair.sidecar.key_type,
                renew_before=_margin(candidate, pair),
            )

    return f"nothing here is the issuer {issuer_id}; name it with --issuer"


def _margin(settings: Settings, pair: StoredPair) -> timedelta | None:
    # A margin that was meant for longer lives would renew it each time.
    lifetime = pair.sidecar.not_after - pair.sidecar.not_before
    margin = settings.renew_before
    return margin if margin is None or margin < lifetime else None


def _candidates(settings: Settings, issuer_id: str) -> list[Settings]:
    from ..issuers.cert_manager import recall as recall_kube
    from ..issuers.vault import recall as recall_vault

    found = [settings] if settings.issuer != "files" else []
    found += [
        settings.with_options(issuer=name)
        for name in ("local-ca", "self-signed")
        if issuer_id.startswith(name)
    ]
    store, kept = settings.store_path, partial(_kept, settings)
    found += kept("acme", acme=_acme(settings, issuer_id))
    found += kept("vault", vault=recall_vault(store, issuer_id, settings.vault))
    found += kept("cert-manager", kube=recall_kube(store, issuer_id, settings.kube))
    return found


def _acme(settings: Settings, issuer_id: str) -> Options | None:
    from ..issuers.acme import recall

    options = recall(settings.store_path, issuer_id)
    if options is None:
        return None

    # A hook is not remembered, and terms are accepted anew by a person.
    return replace(
        options,
        dns_hook=settings.acme.dns_hook,
        agree_tos=settings.acme.agree_tos,
        eab_hmac_key=settings.acme.eab_hmac_key,
    )


def _kept(settings: Settings, issuer: str, **options: Any) -> list[Settings]:
    """The settings with what is remembered of an issuer; none where nothing is."""
    if None in options.values():
        return []

    authorities = settings.authorities.replaced(**options)
    return [settings.changed(issuer=issuer, authorities=authorities)]
