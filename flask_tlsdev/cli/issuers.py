"""What does a command take for the issuers that are other people's servers?"""

from __future__ import annotations

from typing import Any
from typing import TypedDict

import click

from . import acme
from . import kube
from . import vault
from .options import F


class Typed(TypedDict):
    """What was typed for each, as ``Settings.with_options`` takes it."""

    acme: dict[str, object]
    vault: dict[str, object]
    kube: dict[str, object]


def make_options() -> list[click.Option]:
    """The options, new ones for each command."""
    return [*acme.make_options(), *vault.OPTIONS.make(), *kube.OPTIONS.make()]


def options(function: F) -> F:
    """The options, for a command that is a decorated function."""
    for option in reversed(make_options()):
        # What click.option() does.
        params = function.__dict__.setdefault("__click_params__", [])
        params.append(option)

    return function


def take(values: dict[str, Any]) -> Typed:
    """Take these options out of all that a command was given."""
    return {
        "acme": acme.take(values),
        "vault": vault.OPTIONS.take(values),
        "kube": kube.OPTIONS.take(values),
    }
