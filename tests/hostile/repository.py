"""A repository whose author means ill, and what he could have changed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

#: A program of his that leaves a mark when it is started.
PROGRAM = "#!/bin/sh\ntouch '{mark}'\nexit 0\n"

#: The programs that this package, or a program that it starts, may look for.
PROGRAMS = (
    "certutil",
    "curl",
    "flask",
    "fsmonitor",
    "git",
    "keytool",
    "ldconfig",
    "openssl",
    "p11-kit",
    "python",
    "python3",
    "security",
    "sh",
    "sudo",
    "systemctl",
    "trust",
    "uname",
    "update-ca-certificates",
    "update-ca-trust",
)


@dataclass(frozen=True)
class Repository:
    """The clone."""

    root: Path

    @classmethod
    def clone(cls, root: Path) -> Repository:
        self = cls(root)
        self.folder.mkdir(parents=True)
        self.evil.mkdir()
        (root / ".git").mkdir()
        (root / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
        (root / ".git" / "config").write_text(
            "[core]\n"
            f"\tfsmonitor = {root}/fsmonitor\n"
            f"\thooksPath = {root}\n"
            f"\tsshCommand = {root}/fsmonitor\n"
        )
        for folder in (root, self.folder):
            for name in PROGRAMS:
                program = folder / name
                program.write_text(PROGRAM.format(mark=self.mark))
                program.chmod(0o755)

        return self

    @property
    def folder(self) -> Path:
        """Where the user types his commands."""
        return self.root / "project"

    @property
    def evil(self) -> Path:
        """Where the author would like keys to go."""
        return self.root / "evil"

    @property
    def mark(self) -> Path:
        return self.root / "was-started"

    def dotenv(self, name: str, values: dict[str, str]) -> None:
        lines = (f"{key}={value}\n" for key, value in values.items())
        (self.folder / name).write_text("".join(lines))

    def path_with_own_programs_first(self) -> str:
        """A search path with the working folder in it, as some people have."""
        return os.pathsep.join(["", ".", "..", os.environ["PATH"]])


def tree(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file below, with what tells whether it was written anew."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.stat().st_ino)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }
