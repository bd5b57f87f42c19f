"""Which headers differ for a view, a blueprint or a path, and how?

An override is written once and never changed; what it means for an app is
worked out per app, when it is first needed. The order of the road:
app, path prefixes from the shorter to the longer, blueprints from the outer to
the inner, the class of a view, the view. The last word counts.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any
from typing import overload
from typing import TYPE_CHECKING
from typing import TypeVar

from flask import Blueprint

from ..errors import ConfigError
from ..headers import HeaderProblem
from ..headers import MAKERS
from ..headers import OnProblem
from ..headers import Override
from ..headers import Policy
from ..headers import Recipe
from ..printable import printable
from ..printable import quoted
from ..spelling import did_you_mean
from ._paths import prefix
from ._paths import Prefixes

if TYPE_CHECKING:
    from flask import Flask

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


class Overrides:
    """What lies on the headers of one app.

    :param recipe: The app's own headers.
    :param paths: Overrides by path prefix.
    :param on_problem: As for :meth:`~flask_tlsdev.headers.Recipe.changed`.
    """

    def __init__(
        self,
        app: Flask,
        recipe: Recipe,
        paths: Mapping[str, Override],
        on_problem: OnProblem | None = None,
    ) -> None:
        self._app = app
        self._recipe = recipe
        self._paths = Prefixes(paths)
        self._on_problem = on_problem
        self._of_view: dict[tuple[str | None, str], tuple[Override, ...]] = {}
        self._made: dict[tuple[Override, ...], Recipe] = {(): recipe}
        self._plain = recipe.policy

    def policy(self, endpoint: str | None, method: str, path: str) -> Policy:
        """The headers of a response.

        :param endpoint: The view that was found; ``None``: there is none.
        """
        layers = self.layers(endpoint, method, path)
        return self._recipe_of(layers).policy if layers else self._plain

    def only(self) -> Policy | None:
        """The one policy of an app without overrides; ``None``: it has some."""
        marked = (
            *self._app.blueprints.values(),
            *self._app.view_functions.values(),
        )
        if self._paths or any(map(_is_marked, marked)):
            return None

        return self._plain

    def recipe(self, endpoint: str | None, method: str, path: str) -> Recipe:
        """What makes the headers of a response, key by key."""
        return self._recipe_of(self.layers(endpoint, method, path))

    def lets_in(self, endpoint: str | None, method: str, path: str) -> bool:
        """Whether requests of other sites are meant to reach this view."""
        said = True
        for layer in self.layers(endpoint, method, path):
            said = bool(layer.changes.get(FETCH_METADATA, said))

        return not said

    def layers(
        self, endpoint: str | None, method: str, path: str
    ) -> tuple[Override, ...]:
        """The overrides that count, the last word last."""
        key = (endpoint, method)
        layers = self._of_view.get(key)
        if layers is None:
            layers = tuple(self._find(endpoint, method))
            # Nobody but the app makes endpoints, but anybody makes up methods.
            if method in _METHODS:
                self._of_view[key] = layers

        return (*self._paths.above(path), *layers) if self._paths else layers

    def check(self) -> None:
        """Work out every override, so that mistakes are said at the beginning.

        :raises ConfigError: One is wrong, and nobody asked to be told otherwise.
        """
        for path in self._paths.all():
            self._recipe_of((path,))

        for endpoint in self._app.view_functions:
            for method in _METHODS:
                self._recipe_of(tuple(self._find(endpoint, method)))

    def _recipe_of(self, layers: tuple[Override, ...]) -> Recipe:
        recipe = self._made.get(layers)
        if recipe is None:
            recipe = self._changed(self._recipe_of(layers[:-1]), layers[-1])
            self._made[layers] = recipe

        return recipe

    def _changed(self, recipe: Recipe, override: Override) -> Recipe:
        changes = {
            key: value
            for key, value in override.changes.items()
            if key != FETCH_METADATA
        }
        try:
            return recipe.changed(changes, override.origin, self._on_problem)
        except HeaderProblem as problem:
            raise ConfigError(
                f"{problem.origin}: {problem.key.lower()}: {problem.message}",
                key=f"TLSDEV_{problem.key}",
            ) from problem

    def _find(self, endpoint: str | None, method: str) -> Iterator[Override]:
        if endpoint is None:
            return

        names = endpoint.split(".")[:-1]
        for depth in range(1, len(names) + 1):
            blueprint = self._app.blueprints.get(".".join(names[:depth]))
            yield from vars(blueprint).get(_ATTRIBUTE, ()) if blueprint else ()

        view = self._app.view_functions.get(endpoint)
        view_class = getattr(view, "view_class", None)
        # Not vars(): what is said of a class goes for those that derive from it.
        yield from getattr(view_class, _ATTRIBUTE, ())
        yield from getattr(view, _ATTRIBUTE, ())
        handler = getattr(view_class, method.lower(), None)
        yield from getattr(handler, _ATTRIBUTE, ())


def _is_marked(target: Any) -> bool:
    view_class = getattr(target, "view_class", None)
    if hasattr(target, _ATTRIBUTE) or hasattr(view_class, _ATTRIBUTE):
        return True

    handlers = (getattr(view_class, method.lower(), None) for method in _METHODS)
    return any(hasattr(handler, _ATTRIBUTE) for handler in handlers)


#: What a class of views can have methods for.
_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")
