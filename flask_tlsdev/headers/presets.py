"""What is each header when its own key is not set?"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from . import csp
from .base import choose

DEFAULT = "balanced"

_EVERYWHERE: Mapping[str, object] = MappingProxyType(
    {
        "HSTS": True,
        "CSP": True,
        "CONTENT_TYPE_OPTIONS": True,
        "FRAME_OPTIONS": True,
        "REFERRER_POLICY": True,
        "PERMISSIONS_POLICY": True,
        "COOP": True,
        "CORP": True,
        "ORIGIN_AGENT_CLUSTER": True,
        "COOKIES": True,
        "REMOVED_HEADERS": True,
    }
)

#: The values of the keys, without ``TLSDEV_``. ``True`` is our default, and what
#: is not here is off.
PRESETS: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        DEFAULT: _EVERYWHERE,
        "strict": MappingProxyType(
            {
                **_EVERYWHERE,
                "HSTS": MappingProxyType(
                    {"max_age": 63072000, "include_subdomains": True}
                ),
                "CSP": csp.STRICT,
                "FRAME_OPTIONS": "DENY",
                "REFERRER_POLICY": "no-referrer",
                "COEP": True,
                "COOKIES": MappingProxyType({"httponly": True}),
                "FORCE_HTTPS": True,
                "FETCH_METADATA": True,
            }
        ),
        "api": MappingProxyType(
            {
                **_EVERYWHERE,
                "CSP": csp.API,
                "FRAME_OPTIONS": "DENY",
                "REFERRER_POLICY": "no-referrer",
                "CACHE_CONTROL": True,
            }
        ),
        "off": MappingProxyType({}),
    }
)


def parse_preset(value: object) -> str:
    """The preset's name; ``None`` is ``off``.

    :raises ValueError: There is no such preset.
    """
    if value is None or value is False:
        return "off"

    return choose(value, PRESETS, DEFAULT)
