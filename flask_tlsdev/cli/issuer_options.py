"""How does a person type what an issuer has to know?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from typing import NamedTuple

import click


class Field(NamedTuple):
    """One option, and the field of the issuer's ``Options`` that it sets."""

    option: str
    field: str
    type: Any
    help: str


class IssuerOptions:
    """The options of one kind of issuer, such as ``--vault-role``.

    :param prefix: What they begin with.
    :param label: What their help begins with.
    :param instead: What is left out of the configuration where another field was
        typed.
    """

    def __init__(
        self,
        prefix: str,
        label: str,
        fields: tuple[Field, ...],
        instead: Mapping[str, str],
    ) -> None:
        self._prefix = prefix
        self._label = label
        self._fields = fields
        self._instead = instead

    def make(self) -> list[click.Option]:
        """The options, new ones for each command.

        None can be set by a variable: a repository's dotenv file would be the user.
        """
        return [
            click.Option(
                [f"--{self._prefix}-{each.option}", self._parameter(each)],
                type=each.type,
                allow_from_autoenv=False,
                help=f"{self._label}: {each.help}",
            )
            for each in self._fields
        ]

    def take(self, values: dict[str, Any]) -> dict[str, object]:
        """Take them out of all that a command was given."""
        taken = {each.field: values.pop(self._parameter(each)) for each in self._fields}
        given = {field: value for field, value in taken.items() if value}
        instead = {self._instead[each]: None for each in self._instead.keys() & given}
        return {**instead, **given}

    def _parameter(self, each: Field) -> str:
        return f"{self._prefix}_{each.field}"
