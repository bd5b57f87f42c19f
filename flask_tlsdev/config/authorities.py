"""How are the issuers asked that are other people's servers?"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any
from typing import TYPE_CHECKING

from .environment import DNS_HOOK

if TYPE_CHECKING:
    from ..issuers.acme import Options as AcmeOptions
    from ..issuers.cert_manager import Options as KubeOptions
    from ..issuers.vault import Options as VaultOptions


class Authorities:
    """The options of ``acme``, ``vault`` and ``cert-manager``.

    What they may be is said by the issuers' own code, which few starts need: the
    options are read when they are asked for. Of keys that are set the values have
    been read before, so what is wrong with one is said at once.

    :param values: The value of every key.
    :param environ: The environment with what dotenv files put there.
    :param own: The user's own environment.
    :raises ConfigError: A variable of the user's is wrong.
    """

    def __init__(
        self,
        values: Mapping[str, Any],
        environ: Mapping[str, str],
        own: Mapping[str, str],
    ) -> None:
        self._values = values
        self._environ = dict(environ)
        self._own = own

        if own.get(DNS_HOOK):
            self.acme  # noqa: B018  (raises for a bad one)

    @cached_property
    def acme(self) -> AcmeOptions:
        from .acme import options

        return options(self._values, self._own)

    @cached_property
    def vault(self) -> VaultOptions:
        from .vault import options

        return options(self._values, self._environ, self._own)

    @cached_property
    def kube(self) -> KubeOptions:
        from .kube import options

        return options(self._values, self._environ, self._own)

    def with_options(
        self,
        acme: Mapping[str, object],
        vault: Mapping[str, object],
        kube: Mapping[str, object],
    ) -> Authorities:
        """The same with these options of the command line."""
        changed = self
        if acme:
            changed = changed.replaced(acme=replace(self.acme, **acme))  # type: ignore[arg-type]  # the command line has parsed them
        if vault:
            from .vault import on_command_line

            options = replace(self.vault, **on_command_line(vault))  # type: ignore[arg-type]  # as above
            changed = changed.replaced(vault=options)
        if kube:
            from .kube import on_command_line as typed

            kube_options = replace(self.kube, **typed(kube))  # type: ignore[arg-type]  # as above
            changed = changed.replaced(kube=kube_options)

        return changed

    def replaced(
        self,
        *,
        acme: AcmeOptions | None = None,
        vault: VaultOptions | None = None,
        kube: KubeOptions | None = None,
    ) -> Authorities:
        """The same but for what is given."""
        changed = copy.copy(self)
        if acme is not None:
            changed.acme = acme
        if vault is not None:
            changed.vault = vault
        if kube is not None:
            changed.kube = kube

        return changed

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Authorities):
            return NotImplemented

        return (self.acme, self.vault, self.kube) == (
            other.acme,
            other.vault,
            other.kube,
        )

    __hash__ = None  # type: ignore[assignment]  # what is read late cannot be hashed
