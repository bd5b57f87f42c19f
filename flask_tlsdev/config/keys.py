"""Every ``TLSDEV_*`` key, and the value of each in an app's configuration.

They are in groups, by what they are about. Few apps set keys of all groups, and
to load one costs each start its time: only those are loaded that are needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from typing import TYPE_CHECKING

from . import server_keys
from ._key import BY_PRESET as BY_PRESET
from ._key import Key as Key
from ._key import read_all

if TYPE_CHECKING:
    from ..errors import ConfigError
    from ..headers import OnProblem

    #: Every key there is.
    KEYS: Mapping[str, Key]

#: What the keys of the issuers' groups begin with.
_ACME, _VAULT, _KUBE = "TLSDEV_ACME_", "TLSDEV_VAULT_", "TLSDEV_KUBE_"
_SERVER, _RESPONSES = "server", "responses"

_GROUPS = (_SERVER, _ACME, _VAULT, _KUBE, _RESPONSES)

#: How our keys look, and how they look when somebody was in a hurry.
_OURS = ("tlsdev_", "tlsdev-", "flask_tlsdev_", "flask_tlsdev-")


def __getattr__(name: str) -> Any:
    if name != "KEYS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    return MappingProxyType(
        {name: key for group in _GROUPS for name, key in _keys_of(group).items()}
    )


def _keys_of(group: str) -> Mapping[str, Key]:
    if group == _ACME:
        from .acme import KEYS
    elif group == _VAULT:
        from .vault_keys import KEYS
    elif group == _KUBE:
        from .kube_keys import KEYS
    elif group == _RESPONSES:
        from .header_keys import KEYS
    else:
        from .server_keys import KEYS

    return KEYS


def _group_of(name: str) -> str:
    """The group in which a key is, if it is one."""
    if name in server_keys.KEYS:
        return _SERVER

    return next(filter(name.startswith, (_ACME, _VAULT, _KUBE)), _RESPONSES)


class Values(Mapping[str, Any]):
    """The value of every key.

    Those of a group are read together: at once where one of them is set, or else
    when one is asked for.

    :param on_problem: Told of a header that should not be what it was told to
        be, instead of raising it.
    :raises ConfigError: A key is unknown or its value is none that it can have.
    """

    def __init__(
        self, config: Mapping[str, object], on_problem: OnProblem | None = None
    ) -> None:
        ours = [name for name in config if _looks_like_ours(name)]
        for name in ours:
            if name not in _keys_of(_group_of(name)):
                raise _unknown(name)

        self._read: dict[str, Any] = {}
        set_groups = {_group_of(name) for name in ours}
        for group in filter(set_groups.__contains__, _GROUPS):
            self._read |= _read(group, config, on_problem)

    def __getitem__(self, name: str) -> Any:
        if name not in self._read:
            # Nothing of its group is set.
            self._read |= _read(_group_of(name), {})

        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return (name for group in _GROUPS for name in _keys_of(group))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _looks_like_ours(name: object) -> bool:
    return isinstance(name, str) and name.casefold().startswith(_OURS)


def _read(
    group: str, config: Mapping[str, object], on_problem: OnProblem | None = None
) -> dict[str, Any]:
    if group == _RESPONSES:
        from . import responses

        return responses.read(config, on_problem)

    return read_all(_keys_of(group), config)


def _unknown(name: str) -> ConfigError:
    from .unknown import unknown

    return unknown(name)
