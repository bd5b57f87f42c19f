"""Which headers differ for a view, a blueprint or a path, and how?

An override is written once and never changed; what it means for an app is
worked out per app, when it is first needed.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from itertools import chain
from typing import Any
from typing import overload
from typing import TYPE_CHECKING
from typing import TypeVar

from flask import Blueprint

from ..errors import ConfigError
from ..headers import MAKERS
from ..headers import Override
from ..printable import printable
from ..printable import quoted
from ..spelling import did_you_mean
from ._paths import prefix

if TYPE_CHECKING:
    pass

T = TypeVar("T", bound=Callable[..., Any])

_ATTRIBUTE = "__tls_headers__"

#: What an override can say beside headers.
FETCH_METADATA = "FETCH_METADATA"

_NAMES = tuple(each.lower() for each in (*MAKERS, FETCH_METADATA))


@overload
def tls_headers(**changes: Any) -> Callable[[T], T]: ...


@overload
def tls_headers(target: Blueprint, **changes: Any) -> Blueprint: ...


def tls_headers(
    target: Blueprint | None = None, **changes: Any
) -> Blueprint | Callable[[T], T]:
    """Other headers for a view, or for all views of a blueprint.

    ::

        @app.get("/map")
        @tls_headers(csp={"img-src": {"add": "https://tiles.example.com"}})
        def map(): ...

        tls_headers(admin, cache_control=True, frame_options="DENY")

    Each argument is a key without ``TLSDEV_``, and takes what the key takes: a
    mapping changes what would be sent, ``None`` switches the header off, any
    other value replaces it. Beside those of ``app.config`` there are
    ``clear_site_data``, and ``fetch_metadata=None``, which lets other sites'
    requests in.

    As a decorator it stands above or below the route's, on functions, on
    classes of views and their methods, and among ``View.decorators``.

    :param target: A blueprint; without one a decorator is returned.
    :raises ConfigError: There is no such header.
    """
    changes = read_changes("tls_headers", changes)
    if target is not None:
        _mark(target, f"tls_headers on the blueprint {target.name!r}", changes)
        return target

    def decorate(view: T) -> T:
        name = getattr(view, "__qualname__", type(view).__name__)
        _mark(view, f"tls_headers on {name}", changes)
        return view

    return decorate


def _mark(target: Any, origin: str, changes: Mapping[str, object]) -> None:
    # Decorators that were put on first lie below the others.
    old = vars(target).get(_ATTRIBUTE, ())
    setattr(target, _ATTRIBUTE, (*old, Override(printable(origin), changes)))


def of(target: object) -> tuple[Override, ...]:
    """The overrides on a blueprint, view, class or method, the first put on first.

    What is said of a class goes for those that derive from it, below what is
    said of them.
    """
    if isinstance(target, type):
        marks = (vars(each).get(_ATTRIBUTE, ()) for each in reversed(target.__mro__))
        return tuple(chain.from_iterable(marks))

    overrides: tuple[Override, ...] = getattr(target, _ATTRIBUTE, ())
    return overrides


def read_changes(origin: str, changes: Mapping[Any, object]) -> dict[str, object]:
    """The changes by their keys without ``TLSDEV_``.

    :raises ConfigError: There is no such header.
    """
    read = {}
    for name, value in changes.items():
        key = str(name).upper().replace("-", "_").removeprefix("TLSDEV_")
        if key not in MAKERS and key != FETCH_METADATA:
            raise ConfigError(
                f"{origin}: {quoted(name)} is no header.",
                key=origin,
                hint=did_you_mean(key.lower(), _NAMES)
                or f"There are {', '.join(_NAMES)}.",
            )
        read[key] = value

    return read


def parse_paths(value: object) -> Mapping[str, Override]:
    """The overrides of ``TLSDEV_PATHS``, by prefix.

    :raises ValueError: It is no mapping of paths to headers.
    """
    if value is None:
        return {}

    if not isinstance(value, Mapping):
        raise ValueError(f"{quoted(type(value).__name__)} is no mapping of paths.")

    paths = {}
    for path, changes in value.items():
        origin = f"TLSDEV_PATHS[{quoted(prefix(path))}]"
        if not isinstance(changes, Mapping):
            raise ValueError(f"{quoted(path)} takes a mapping of headers.")
        paths[path] = Override(origin, read_changes(origin, changes))

    return paths
