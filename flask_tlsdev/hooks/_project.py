"""Which programs does a project's file name, and has the user approved it?"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .. import files
from ..errors import ConfigError
from ..errors import StoreError
from ..printable import quoted
from ._running import Hook

#: The file of a project that may name hooks.
PROJECT_FILE = "tlsdev-hooks.json"

#: What a project's file may name.
KINDS = ("dns", "deploy")

_PROGRAM_LIMIT = 1 << 26


@dataclass(frozen=True)
class ProjectHooks:
    """The hooks that a project's file names."""

    path: Path
    hooks: Mapping[str, Hook]
    #: SHA-256 over the file, where it lies, and the programs it names in the
    #: project: a change of any of them has to be approved again.
    digest: str

    @classmethod
    def read(cls, folder: Path) -> ProjectHooks | None:
        """The file in this folder, or ``None``.

        :raises ConfigError: It is not as it has to be.
        """
        path = folder.absolute() / PROJECT_FILE
        if not path.is_file():
            return None

        data = files.read(path, limit=1 << 16)
        hooks = _parse_project(path, data)
        return cls(path, hooks, _digest(path, data, hooks))

    def is_approved(self, approvals: Path) -> bool:
        """Whether the user has approved this very content.

        :param approvals: The user's own folder of approvals.
        """
        return (approvals / self.digest).is_file()

    def approve(self, approvals: Path) -> None:
        files.make_private_folder(approvals)
        files.write(approvals / self.digest, f"{self.path}\n".encode())

    def take_back(self, approvals: Path) -> None:
        if approvals.is_dir():
            files.delete(approvals / self.digest)

    def hook(self, kind: str, approvals: Path) -> Hook | None:
        """The hook of this kind, if the file names one.

        :raises ConfigError: It does, and is not approved.
        """
        hook = self.hooks.get(kind)
        if hook is not None and not self.is_approved(approvals):
            raise ConfigError(
                f"{quoted(self.path)} names a program to run and is not approved.",
                hint="Read it, then type: flask tls hooks approve",
            )

        return hook


def _parse_project(path: Path, data: bytes) -> dict[str, Hook]:
    try:
        found = json.loads(data)
        if not isinstance(found, dict) or not found:
            raise ValueError
        if not set(found) <= set(KINDS) or any(map(_is_no_command, found.values())):
            raise ValueError
    except (ValueError, RecursionError):
        raise ConfigError(
            f"{quoted(path)} cannot be used.",
            hint='It looks like {"dns": ["./dns-hook", "..."], "deploy": ["..."]}.',
        ) from None

    # A relative program is one of the project, wherever the command is typed.
    return {
        kind: Hook.of(_placed(path.parent, command), PROJECT_FILE)
        for kind, command in found.items()
    }


def _is_no_command(value: object) -> bool:
    return not (
        isinstance(value, list)
        and value
        and all(isinstance(each, str) for each in value)
    )


def _placed(folder: Path, command: Sequence[str]) -> list[str]:
    program, *arguments = command
    if os.sep in program:
        program = str(folder / program)

    return [program, *arguments]


def _digest(path: Path, data: bytes, hooks: Mapping[str, Hook]) -> str:
    found = hashlib.sha256(f"{path}\n{len(data)}\n".encode() + data)
    for kind in sorted(hooks):
        for argument in hooks[kind].arguments:
            inner = path.parent / argument
            with suppress(StoreError):
                if inner.is_file():
                    content = files.read(inner, limit=_PROGRAM_LIMIT)
                    found.update(f"{argument}\n{len(content)}\n".encode() + content)

    return found.hexdigest()
