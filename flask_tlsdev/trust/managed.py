"""What a store must say so that roots can be put into it and taken out again."""

from __future__ import annotations

import shlex
import sys
from abc import ABC
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import TrustCommandFailed
from ..errors import TrustStoreMissing
from ..printable import printable
from ..programs import Runner
from .base import ReadableStore
from .base import Root


@dataclass(frozen=True)
class Command:
    """One program to run. What is printed and what is run are the same."""

    #: The first is an absolute path.
    arguments: tuple[str, ...]
    stdin: bytes = b""
    #: The file with the same content as ``stdin``, for whoever types it.
    stdin_file: str = ""
    as_root: bool = False

    @classmethod
    def reading(cls, root: Root, *arguments: str, as_root: bool = False) -> Command:
        """A program that takes the root's PEM text on its standard input."""
        return cls(arguments, root.pem, root.file or "root.crt", as_root)

    def typed(self, runner: Runner) -> str:
        """The command line to type for it."""
        line = _joined(_whole(self, runner))
        if self.stdin_file:
            line += f" < {_joined([self.stdin_file])}"

        return printable(line, 4000)

    def run(self, runner: Runner) -> bytes:
        """Run it; what it printed. :class:`.TrustCommandFailed` with its words."""
        arguments = _whole(self, runner)
        if problem := runner.refusal(arguments[0]):
            raise TrustStoreMissing(
                f"{printable(arguments[0])} is not run: {problem}.",
                install_hint=f"As root, type: {printable(_joined(self.arguments))}",
            )

        done = runner.run(
            arguments, stdin=self.stdin, asks=self.as_root and runner.interactive
        )
        if done.status:
            raise TrustCommandFailed(
                f"{printable(arguments[0])} ended with {done.status}: {done.said}",
                command=arguments,
                output=done.said,
            )

        return done.stdout


def _whole(command: Command, runner: Runner) -> tuple[str, ...]:
    if not command.as_root or runner.is_root:
        return command.arguments

    sudo = runner.find("sudo") or "/usr/bin/sudo"
    # Nobody is asked where nobody can answer.
    quietly = () if runner.interactive else ("-n",)
    return (sudo, *quietly, "--", *command.arguments)


def _joined(arguments: Sequence[str]) -> str:
    if sys.platform == "win32":
        import subprocess

        return subprocess.list2cmdline(arguments)

    return shlex.join(arguments)


class ManagedStore(ReadableStore, ABC):
    """A store that roots can be put into.

    Whoever adds a store says which commands do it; running them, checking
    afterwards and reporting is the same for all (:mod:`.changes`).
    """

    def __init__(self, name: str, path: object, runner: Runner) -> None:
        super().__init__(name, str(path))
        self.runner = runner

    @property
    def needs_root(self) -> bool:
        """Whether it is the whole machine's, so that only root can change it.

        Such a store is changed only if it is named.
        """
        return False

    @abstractmethod
    def ours(self) -> tuple[Root, ...]:
        """The roots of local CAs that it holds, trusted or not."""

    @abstractmethod
    def install_steps(self, root: Root) -> Sequence[Command]:
        """The commands that make it trust the root, in order."""

    @abstractmethod
    def remove_steps(self, roots: Sequence[Root]) -> Sequence[Command]:
        """The commands that take these out, all of which it holds."""

    def sweep(self, roots: Sequence[Root]) -> None:
        """Take away what the commands leave behind of removed roots."""
