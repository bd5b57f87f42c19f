"""How does a private key get into a cluster, and which CA is it of?

The CA of this machine stays here. The cluster gets one of its own, made for it:
the same small profile, limited to that cluster's names. Its root's key is thrown
away as it is made, and the intermediate's is nowhere but in the Secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from typing import Any
from typing import TYPE_CHECKING

from ..errors import ConfigError
from ..printable import quoted
from .plan import NO_ADDRESSES
from .plan import Plan
from .yaml import dump
from .yaml import Noted

if TYPE_CHECKING:
    from ..certificates import Authority
    from ..names import Permits

#: As long as the local CA lives.
_LIFETIME = timedelta(days=730)

KINDS = ("ca-secret", "tls-secret")

_WARNING = (
    "There is a private key in here: keep it out of version control and of logs,"
    " and delete the file when it is applied."
)


@dataclass(frozen=True)
class ClusterCA:
    """A CA that was made for one cluster. Nobody else has its key."""

    authority: Authority
    permits: Permits

    @classmethod
    def make(cls, plan: Plan) -> ClusterCA:
        """A new one each time.

        :raises TLSDevError: It would sign a name that the user did not permit.
        """
        from ..certificates import make_authority
        from ..keys import DEFAULT_KEY_TYPE

        permits = plan.ca_permits()
        authority = make_authority(
            permits,
            key_type=DEFAULT_KEY_TYPE,
            lifetime=_LIFETIME,
            now=datetime.now(timezone.utc),
        )
        return cls(authority, permits)

    @property
    def signs(self) -> str:
        """What it is limited to, for people."""
        return ", ".join(
            text for text in self.permits.texts if text not in NO_ADDRESSES.values()
        )

    @property
    def until(self) -> datetime:
        """When it and all that it signed ends."""
        return self.authority.root.not_valid_after_utc

    def documents(self, plan: Plan, kinds: tuple[str, ...]) -> list[Any]:
        """The Secrets of these kinds."""
        make = {"ca-secret": self._ca_secret, "tls-secret": self._tls_secret}
        return [make[kind](plan) for kind in KINDS if kind in kinds]

    def _ca_secret(self, plan: Plan) -> Noted:
        from ..keys import dump as dump_key
        from ..pairs import dump_certificates
        from ..pairs import secret

        if plan.spelling != "ca":
            raise ConfigError(
                f"The issuer {quoted(plan.settings.issuer)} signs with no CA of the"
                " cluster's own.",
                key="TLSDEV_ISSUER",
                hint="Add --issuer local-ca, or leave the Secret out.",
            )

        root, intermediate = self.authority.root, self.authority.intermediate
        held = {
            # cert-manager signs with the first one. It puts the chain up to the
            # root into an issued tls.crt, and the root into its ca.crt.
            "tls.crt": dump_certificates([intermediate, root]),
            "tls.key": dump_key(self.authority.key),
            "ca.crt": dump_certificates([root]),
        }
        metadata = {
            "name": plan.issuer_name,
            "namespace": plan.issuer_namespace,
            "labels": plan.labels,
        }
        note = f"The CA of this cluster, limited to {self.signs}.\n{_WARNING}"
        return Noted(secret(held, metadata), note)

    def _tls_secret(self, plan: Plan) -> Noted:
        from .. import keys
        from ..certificates import sign_leaf
        from ..pairs import Pair
        from ..pairs import secret
        from ..pairs import secret_files

        key = keys.generate(plan.settings.key_type)
        names = (*plan.public_names, *plan.service_names)
        leaf = sign_leaf(
            self.authority,
            names,
            key.public_key(),
            lifetime=plan.settings.lifetime,
            now=datetime.now(timezone.utc),
        )
        chain = (leaf, self.authority.intermediate)
        pair = Pair(key, chain, (self.authority.root,))
        note = (
            "The app's pair, where no cert-manager is: nobody renews it, and it ends on"
            f" {leaf.not_valid_after_utc:%Y-%m-%d}.\n{_WARNING}"
        )
        return Noted(secret(secret_files(pair), plan.metadata(plan.tls_name)), note)


def write(ca: ClusterCA, plan: Plan, kinds: tuple[str, ...]) -> str:
    """The YAML of these kinds of Secret, private keys included."""
    return dump(ca.documents(plan, kinds))
