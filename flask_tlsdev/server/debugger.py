"""Under which names may the debugger's console be used?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from typing import TYPE_CHECKING

from werkzeug.debug import DebuggedApplication

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from _typeshed.wsgi import WSGIEnvironment

    from ..names import Name

#: Browsers let any page send requests to these, wherever it comes from.
_EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104


class Debugger(DebuggedApplication):
    """Werkzeug's debugger, with a console under the names that are served.

    Any page that can make its own name point to this machine could otherwise
    run code here: so only names that were written down count, and no wildcard.
    """

    def __init__(self, app: WSGIApplication, names: Iterable[str]) -> None:
        super().__init__(app, evalex=True)
        self._names = frozenset(names) - _EVERYWHERE
        self.trusted_hosts += sorted(name for name in self._names if ":" not in name)

    def check_host_trust(self, environ: WSGIEnvironment) -> bool:
        return self._is_ours(environ) or bool(super().check_host_trust(environ))

    def _is_ours(self, environ: dict[str, Any]) -> bool:
        # Werkzeug cuts what it trusts at the first colon, an IPv6 address too.
        host = environ.get("HTTP_HOST", "").partition("]")[0]
        return host[:1] == "[" and host[1:] in self._names


def trusted_names(names: Iterable[Name], host: str) -> frozenset[str]:
    """The names that were written down, and the address that is listened on."""
    return frozenset({*(name.value for name in names if not name.wildcard), host})
