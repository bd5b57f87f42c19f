"""May another site's page make this request?

Browsers say in ``Sec-Fetch-*`` who asks for what; the rule is that of
https://web.dev/articles/fetch-metadata.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..headers.base import choose
from ._options import named
from ._paths import exempt
from ._paths import Prefixes

#: The answer depends on them.
VARY = "Sec-Fetch-Dest, Sec-Fetch-Mode, Sec-Fetch-Site"

_OPTIONS = ("mode", "exempt")
_MODES = ("enforce", "log")

#: Where a navigation shows no page of its own.
_EMBEDS = frozenset({"object", "embed"})


class FetchMetadata(NamedTuple):
    """Which requests of other sites are refused."""

    #: Only say what would be refused.
    only_log: bool
    exempt: Prefixes[bool]

    def refuses(self, environ: Mapping[str, object], path: str) -> bool:
        """Whether the request comes from another site and is not for a page."""
        site = environ.get("HTTP_SEC_FETCH_SITE")
        # Old browsers and other programs do not say.
        if site is None or site in {"same-origin", "same-site", "none"}:
            return False

        return not (_is_navigation(environ) or self.exempt.has(path))


def _is_navigation(environ: Mapping[str, object]) -> bool:
    return (
        environ.get("HTTP_SEC_FETCH_MODE") == "navigate"
        and environ.get("REQUEST_METHOD") in {"GET", "HEAD"}
        and environ.get("HTTP_SEC_FETCH_DEST") not in _EMBEDS
    )


def parse(value: object) -> FetchMetadata | None:
    """The rule that a key means, if any.

    :raises ValueError: It cannot be this.
    """
    if value is None or value is False:
        return None

    if isinstance(value, str):
        value = {"mode": value}

    options = named(value, _OPTIONS)
    mode = choose(options.get("mode", True), _MODES, "enforce")
    return FetchMetadata(mode == "log", exempt(options.get("exempt", ())))
