"""Where a passphrase comes from: a file, the environment, or the terminal.

Never from the command line, which every program on the machine can read.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from typing import TypeVar

import click

from . import options
from .group import usage_error

F = TypeVar("F", bound=Callable[..., Any])

VARIABLE = "TLSDEV_PASSPHRASE"


def file_option(help: str) -> Callable[[F], F]:
    """``--passphrase-file``."""
    return click.option(
        "--passphrase-file",
        type=options.EXISTING,
        allow_from_autoenv=False,
        help=f"{help} Its first line counts.",
    )


encrypt = click.option(
    "--encrypt",
    is_flag=True,
    allow_from_autoenv=False,
    help=f"Encrypt the key; {VARIABLE} or the terminal gives the passphrase.",
)


def to_open(data: bytes, what: str, file: Path | None = None) -> bytes | None:
    """What opens this file; ``None`` where nothing is encrypted or nobody knows.

    :param what: What the file is called in the question.
    :param file: The ``--passphrase-file``.
    """
    from ..pairs import needs_passphrase

    if not needs_passphrase(data):
        return None
    if file is not None:
        return options.read_passphrase(file)

    return _from_environment() or _ask(f"Passphrase of {what}")


def to_encrypt(file: Path | None, encrypt: bool, what: str) -> bytes | None:
    """What a new file is encrypted with; ``None`` if it is not to be.

    :param encrypt: The ``--encrypt`` option.
    """
    from ..keys import check_passphrase

    if file is None and not encrypt:
        return None

    found = options.read_passphrase(file)
    if found is None:
        found = _from_environment() or _ask(f"New passphrase of {what}", twice=True)
    if found is None:
        usage_error(
            f"There is no passphrase for {what}: give it with --passphrase-file"
            f" FILE or in {VARIABLE}."
        )

    check_passphrase(found)
    return found


def ask_for_server(keyfile: Path, file: Path | None) -> None:
    """Ask on the terminal for what opens a served key, if nothing else tells it.

    Code that is loaded anew is served by another process each time, which asks
    nobody: it finds the answer in its environment.
    """
    from .. import files

    if file is None and not _from_environment() and _is_encrypted(files.read(keyfile)):
        answer = _ask(f"Passphrase of {keyfile}")
        if answer is not None:
            os.environ[VARIABLE] = os.fsdecode(answer)


def for_server(file: Path | None) -> Callable[[], bytes] | bytes | None:
    """What opens a served key, now and whenever it has been exchanged."""
    if file is None:
        return _from_environment()

    return lambda: options.read_passphrase(file) or b""


def _is_encrypted(data: bytes) -> bool:
    """Without cryptography, which a server has no need to import."""
    return b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in data or b"Proc-Type:" in data


def _from_environment() -> bytes | None:
    """What the user has set; a dotenv file of the project is not heard."""
    from ..config import user_environment

    text = user_environment(os.environ).get(VARIABLE)
    return os.fsencode(text) if text else None


def _ask(question: str, *, twice: bool = False) -> bytes | None:
    if not os.isatty(0):
        return None

    # An empty answer is "I do not know it" where a file is only looked at.
    default = None if twice else ""
    answer: str = click.prompt(
        question,
        default=default,
        show_default=False,
        hide_input=True,
        confirmation_prompt=twice,
        err=True,
    )
    return answer.encode() or None
