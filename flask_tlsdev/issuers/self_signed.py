"""The issuer that is nobody: a certificate signed with its own key."""

from __future__ import annotations

from datetime import datetime
from datetime import timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..csr import CertificateRequest
    from ..pairs import Pair


class SelfSigned:
    """Issues certificates that only somebody who was given each one trusts.

    The certificate is no CA: whoever trusts it trusts one server and nothing
    that its key could sign.
    """

    @property
    def id(self) -> str:
        return "self-signed"

    def issue(self, request: CertificateRequest) -> Pair:
        from ..certificates import self_sign
        from ..pairs import Pair

        leaf = self_sign(
            request.names,
            request.key,
            lifetime=request.lifetime,
            now=datetime.now(timezone.utc),
            subject=request.subject,
            purpose=request.purpose,
        )
        return Pair(request.key, (leaf,))
