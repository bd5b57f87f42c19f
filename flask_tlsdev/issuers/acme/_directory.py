"""What does a server offer, and where?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import IssuerRefused
from ...printable import quoted
from ._answers import json_of
from ._wire import Wire
from .options import is_https


@dataclass(frozen=True)
class Directory:
    """What a server offers, and where."""

    url: str
    new_nonce: str
    new_account: str
    new_order: str
    revoke_cert: str | None
    renewal_info: str | None
    terms: str | None
    binding_required: bool
    profiles: tuple[str, ...]

    @classmethod
    def fetch(cls, wire: Wire, url: str, issuer_id: str) -> Directory:
        """The directory at this URL.

        :raises IssuerError: There is none.
        """
        answer = wire.get(url)
        content = json_of(answer)
        needed = ("newNonce", "newAccount", "newOrder")

        if not answer.ok or any(not is_https(content.get(key)) for key in needed):
            raise IssuerRefused(
                f"{quoted(url)} is no directory of an ACME server (it answers"
                f" {answer.status}).",
                issuer_id=issuer_id,
                hint="Look at TLSDEV_ACME_DIRECTORY or --directory.",
            )

        meta = content.get("meta")
        meta = meta if isinstance(meta, dict) else {}
        return cls._of(answer.url, content, meta)

    @classmethod
    def _of(
        cls, url: str, content: Mapping[str, Any], meta: Mapping[str, Any]
    ) -> Directory:
        profiles = meta.get("profiles")
        return cls(
            url=url,
            new_nonce=content["newNonce"],
            new_account=content["newAccount"],
            new_order=content["newOrder"],
            revoke_cert=_https(content.get("revokeCert")),
            renewal_info=_https(content.get("renewalInfo")),
            terms=_text(meta.get("termsOfService")),
            binding_required=meta.get("externalAccountRequired") is True,
            profiles=tuple(map(str, profiles)) if isinstance(profiles, dict) else (),
        )


def _https(value: object) -> str | None:
    return str(value) if is_https(value) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
