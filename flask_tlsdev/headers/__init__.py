"""Which security headers does a response get?

One module for each header makes it of what its ``TLSDEV_*`` key says;
:class:`Policy` sends each where it is of use.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from . import content_type_options
from . import coop
from . import corp
from . import csp
from . import frame_options
from . import hsts
from . import origin_agent_cluster
from . import referrer_policy
from .base import choose
from .base import Facts as Facts
from .base import Header as Header
from .policy import Policy as Policy


class _Module(Protocol):
    """A module for one header."""

    @property
    def NAME(self) -> str: ...

    def make(self, value: object) -> tuple[Header, ...]:
        """The header that a key's value means; ``True`` is our default.

        Several headers are alternatives: the first that goes to a response is
        sent.

        :raises ValueError: The header cannot be this.
        """
        ...


#: The headers by their keys, without ``TLSDEV_``.
_MODULES: Mapping[str, _Module] = {
    "HSTS": hsts,
    "CONTENT_TYPE_OPTIONS": content_type_options,
    "FRAME_OPTIONS": frame_options,
    "REFERRER_POLICY": referrer_policy,
    "COOP": coop,
    "CORP": corp,
    "ORIGIN_AGENT_CLUSTER": origin_agent_cluster,
    "CSP": csp,
}

#: What each key's header is called.
NAMES: Mapping[str, str] = MappingProxyType(
    {key: module.NAME for key, module in _MODULES.items()}
)

DEFAULT = "balanced"

#: What each header is when its own key is not set.
PRESETS: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {DEFAULT: dict.fromkeys(_MODULES, True), "off": {}}
)


def parse_preset(value: object) -> Mapping[str, object]:
    """The headers' values in the preset; ``True`` is our default, ``None`` none.

    :raises ValueError: There is no such preset.
    """
    name = "off" if value is None or value is False else choose(value, PRESETS, DEFAULT)
    return PRESETS[name]


def make(name: str, value: object) -> tuple[Header, ...]:
    """What a header's key says as headers; ``None`` and ``False`` are none.

    :param name: The key without ``TLSDEV_``.
    :raises ValueError: The header cannot be this.
    """
    return () if value is None or value is False else _MODULES[name].make(value)
