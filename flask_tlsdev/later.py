"""How does a package give what few need without importing it for everybody?"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from importlib import import_module
from typing import Any


def later(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """The package's ``__getattr__`` (:pep:`562`).

    :param modules: Each name, and the module of the package that has it.
    """

    def find(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")

        return getattr(import_module(f".{modules[name]}", package), name)

    return find
