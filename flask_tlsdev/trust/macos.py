"""The login keychain of macOS: Safari, Chrome and Firefox look there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

from ..errors import TrustError
from ..programs import Runner
from .base import Root
from .base import StoreState
from .managed import Command
from .managed import ManagedStore
from .root import our_roots_in_pem

SECURITY = "/usr/bin/security"

#: ``security`` ends so where it finds no certificate.
_NOT_FOUND = 44


class Keychain(ManagedStore):
    """The user's own keychain, for which no administrator is needed.

    macOS asks for the user's password in a window of its own.
    """

    def __init__(self, environ: Mapping[str, str], runner: Runner) -> None:
        keychain = Path(environ.get("HOME", "/"), "Library/Keychains/login.keychain-db")
        super().__init__("macos", keychain, runner)

    def available(self) -> bool:
        return True

    def state(self, root: Root) -> StoreState:
        if root not in self.ours():
            return self._answer("not trusted", "not in this keychain")

        if not root.file:
            return self._answer("unreadable", "it has no file to verify")

        # In the keychain and trusted are two things. -L stays off the network.
        arguments = (SECURITY, "verify-cert", "-c", root.file, "-p", "ssl", "-l", "-L")
        if self.runner.run(arguments).status == 0:
            return self._answer("trusted")

        return self._answer("not trusted", "there, but not trusted for servers")

    def ours(self) -> tuple[Root, ...]:
        arguments = ("find-certificate", "-a", "-c", "flask-tlsdev root", "-p")
        done = self.runner.run((SECURITY, *arguments, self.path))
        if done.status not in (0, _NOT_FOUND):
            raise TrustError(f"The keychain cannot be read: {done.said}")

        return our_roots_in_pem(done.stdout)

    def install_steps(self, root: Root) -> Sequence[Command]:
        self._needs_somebody()
        purposes = ("-r", "trustRoot", "-p", "basic", "-p", "ssl")
        command = (SECURITY, "add-trusted-cert", *purposes, "-k", self.path, root.file)
        return [Command(command)]

    def remove_steps(self, roots: Sequence[Root]) -> Sequence[Command]:
        self._needs_somebody()
        # -t takes the trust settings away too.
        return [
            Command(
                (SECURITY, "delete-certificate", "-Z", _sha1(root), "-t", self.path)
            )
            for root in roots
        ]

    def _needs_somebody(self) -> None:
        if not self.runner.interactive:
            raise TrustError(
                "macOS asks for a password in a window, and nobody is there to answer.",
                hint="Type the command in a terminal.",
            )


def _sha1(root: Root) -> str:
    # That is the name by which the keychain knows a certificate.
    return hashlib.sha1(root.der, usedforsecurity=False).hexdigest().upper()
