"""The user's store of Windows, also from a Linux in WSL: Edge, Chrome and Firefox."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from ..errors import TrustCommandFailed
from ..errors import TrustError
from ..programs import Runner
from .base import Root
from .base import StoreState
from .managed import Command
from .managed import ManagedStore
from .root import our_roots

#: Where PowerShell lies. In WSL it is :data:`flask_tlsdev.programs.WSL_POWERSHELL`.
POWERSHELL = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"

# Nothing is ever put into a script: what it works with comes on its standard
# input. No quotation mark but ' is in one: each layer treats " in its own way.
_OPEN = (
    "$ErrorActionPreference = 'Stop';"
    " $store = New-Object Security.Cryptography.X509Certificates.X509Store"
    " 'Root', 'CurrentUser';"
    " $store.Open('{access}');"
)
_READ = (
    " $text = [Console]::In.ReadToEnd()"
    " -replace '-----[A-Z ]+-----', '' -replace '\\s', '';"
    " $bytes = [Convert]::FromBase64String($text);"
    " $root = New-Object Security.Cryptography.X509Certificates.X509Certificate2"
    " (,$bytes);"
)
LIST = _OPEN.format(access="ReadOnly") + (
    " $store.Certificates | Where-Object { $_.Subject -like '*flask-tlsdev root*' }"
    " | ForEach-Object { [Convert]::ToBase64String($_.RawData) }"
)
ADD = (
    _OPEN.format(access="ReadWrite")
    + _READ
    + (" $root.FriendlyName = 'flask-tlsdev'; $store.Add($root)")
)
REMOVE = _OPEN.format(access="ReadWrite") + _READ + " $store.Remove($root)"


class WindowsStore(ManagedStore):
    """CurrentUser\\Root, for which no administrator is needed.

    Windows shows a window with the root's fingerprint and asks.

    :param powershell: The absolute path of Windows PowerShell.
    """

    def __init__(self, powershell: str, runner: Runner) -> None:
        super().__init__("windows", "CurrentUser\\Root", runner)
        self._powershell = powershell

    def available(self) -> bool:
        return bool(self._powershell)

    def state(self, root: Root) -> StoreState:
        # The same bytes on both sides, not only the same name.
        found = root in self.ours()
        return self._answer("trusted" if found else "not trusted")

    def ours(self) -> tuple[Root, ...]:
        done = self.runner.run(self._arguments(LIST))
        if done.status:
            raise TrustCommandFailed(
                f"PowerShell cannot read the store: {done.said}",
                command=self._arguments(LIST),
                output=done.said,
            )

        return tuple(
            root for line in done.stdout.split() for root in our_roots(_decoded(line))
        )

    def install_steps(self, root: Root) -> Sequence[Command]:
        self._needs_somebody()
        return [Command.reading(root, *self._arguments(ADD))]

    def remove_steps(self, roots: Sequence[Root]) -> Sequence[Command]:
        self._needs_somebody()
        return [Command.reading(root, *self._arguments(REMOVE)) for root in roots]

    def _arguments(self, script: str) -> tuple[str, ...]:
        flags = ("-NoProfile", "-NonInteractive", "-Command")
        return (self._powershell, *flags, script)

    def _needs_somebody(self) -> None:
        if not self.runner.interactive:
            raise TrustError(
                "Windows asks in a window, and nobody is there to answer.",
                hint="Type the command in a terminal.",
            )


def _decoded(line: bytes) -> bytes:
    try:
        return base64.b64decode(line, validate=True)
    except ValueError:
        return b""
