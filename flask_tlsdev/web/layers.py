"""Which overrides count for a response, and what do they add up to?

The order of the road: app, path prefixes from the shorter to the longer,
blueprints from the outer to the inner, the class of a view, the view, the
class's method. The last word counts.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any
from typing import TYPE_CHECKING

from ..errors import ConfigError
from ..headers import HeaderProblem
from ..headers import OnProblem
from ..headers import Override
from ..headers import Policy
from ..headers import Recipe
from ._paths import Prefixes
from .overrides import FETCH_METADATA
from .overrides import of

if TYPE_CHECKING:
    from flask import Flask


class Overrides:
    """What lies on the headers of one app.

    :param recipe: The app's own headers.
    :param paths: Overrides by path prefix.
    :param on_problem: As for :meth:`~flask_tlsdev.headers.Recipe.changed`.
    :param finish: What is done to headers when all overrides are on them.
    """

    def __init__(
        self,
        app: Flask,
        recipe: Recipe,
        paths: Mapping[str, Override],
        on_problem: OnProblem | None = None,
        finish: Callable[[Recipe], Recipe] | None = None,
    ) -> None:
        self._app = app
        self._recipe = recipe
        self._paths = Prefixes(paths)
        self._on_problem = on_problem
        self._of_view: dict[tuple[str | None, str], tuple[Override, ...]] = {}
        self._made: dict[tuple[Override, ...], Recipe] = {(): recipe}
        self._finish = finish
        self._policies: dict[tuple[Override, ...], Policy] = {}
        self._plain = self._policy_of(())

    def policy(self, endpoint: str | None, method: str, path: str) -> Policy:
        """The headers of a response.

        :param endpoint: The view that was found; ``None``: there is none.
        """
        layers = self.layers(endpoint, method, path)
        return self._policy_of(layers) if layers else self._plain

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

    def _policy_of(self, layers: tuple[Override, ...]) -> Policy:
        policy = self._policies.get(layers)
        if policy is None:
            recipe = self._recipe_of(layers)
            recipe = self._finish(recipe) if self._finish else recipe
            policy = self._policies[layers] = recipe.policy

        return policy

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
            yield from of(blueprint)

        view = self._app.view_functions.get(endpoint)
        view_class = getattr(view, "view_class", None)
        yield from of(view_class)
        yield from of(view)
        handler = getattr(view_class, method.lower(), None)
        yield from of(handler)


def _is_marked(target: Any) -> bool:
    view_class = getattr(target, "view_class", None)
    handlers = (getattr(view_class, method.lower(), None) for method in _METHODS)
    return any(map(of, (target, view_class, *handlers)))


#: What a class of views can have methods for.
_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")
