"""Options that several commands share, and how each value is said when wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from typing import TYPE_CHECKING
from typing import TypeVar

import click

from ..errors import TLSDevError
from ..printable import quoted

F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:
    _ParamType = click.ParamType[Any]
else:
    # Generic since click 8.5 only.
    _ParamType = click.ParamType


class Checked(_ParamType):
    """A text that one of our parsers reads; its sentence is the usage error."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name = name
        self._parse = parse

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        if not isinstance(value, str):
            return value

        try:
            return self._parse(value)
        except TLSDevError as error:
            self.fail(str(error), param, ctx)


def _parse_name(text: str) -> Any:
    from ..names import parse_name

    return parse_name(text)


def _parse_key_type(text: str) -> str:
    from ..keys import check_key_type

    return check_key_type(text)


def _parse_lifetime(text: str) -> timedelta:
    from ..config import parse_duration

    return parse_duration(text)


def _parse_date(text: str) -> Any:
    from datetime import datetime
    from datetime import timezone

    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise TLSDevError(
            f"{quoted(text)} is no date.", hint="Write it like 2027-01-31."
        ) from error

    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


NAME = Checked("name", _parse_name)
KEY_TYPE = Checked("key type", _parse_key_type)
DATE = Checked("date", _parse_date)
LIFETIME = Checked("days", _parse_lifetime)

#: A file that is there. Commands that read keys keep it out of the environment.
EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)

#: A file to be made; ``-`` is standard output, where that is allowed.
NEW_FILE = click.Path(dir_okay=False, path_type=Path, allow_dash=True)

#: Where what a command makes goes.
out = click.option(
    "--out",
    type=NEW_FILE,
    allow_from_autoenv=False,
    help="Write here instead of to standard output.",
)
as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, for programs."
)
key_type = click.option(
    "--key-type",
    type=KEY_TYPE,
    help="ec-p256, ec-p384, rsa:2048, rsa:3072, rsa:4096 or ed25519.",
)
days = click.option(
    "--days", type=LIFETIME, help="How long it is valid: days, or such as 12h."
)


def yes(function: F) -> F:
    """``--yes``: consent, which no environment or dotenv file can give."""
    return click.option(
        "--yes", is_flag=True, allow_from_autoenv=False, help="Do not ask."
    )(function)


def force(help: str) -> Callable[[F], F]:
    """``--force``, which no environment or dotenv file can give."""
    return click.option("--force", is_flag=True, allow_from_autoenv=False, help=help)


def print_private_key(help: str) -> Callable[[F], F]:
    """``--print-private-key``, which is for a person to type."""
    return click.option(
        "--print-private-key", is_flag=True, allow_from_autoenv=False, help=help
    )


def echo_json(value: object) -> None:
    """Print a value for a program."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=True))


def read_passphrase(path: Path | None) -> bytes | None:
    """The first line of the file, without its line end."""
    if path is None:
        return None

    from .. import files

    return files.read(path).split(b"\n", 1)[0].rstrip(b"\r")
