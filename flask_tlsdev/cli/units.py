"""The systemd units that renew twice a day."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from .group import locations

_UNITS = """\
# ~/.config/systemd/user/tlsdev-renew.service
[Unit]
Description=Renew TLS certificates that are due
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
WorkingDirectory={folder}
ExecStart={command}

# ~/.config/systemd/user/tlsdev-renew.timer
[Unit]
Description=Look twice a day for TLS certificates that are due

[Timer]
OnCalendar=*-*-* 00/12:00:00
RandomizedDelaySec=6h
Persistent=true

[Install]
WantedBy=timers.target

# Then type: systemctl --user enable --now tlsdev-renew.timer
"""


def units(ctx: click.Context, arguments: Sequence[str]) -> str:
    """The text of both units.

    :param arguments: The options that were typed.
    """
    where = locations(ctx)
    command = [sys.executable, "-m", "flask", "tls"]
    for option, path in (("--store-path", where.store), ("--ca-path", where.ca)):
        command += [option, str(path)] if path else []

    command += ["renew", "--all", *arguments]
    return _UNITS.format(
        folder=_escaped(os.getcwd()), command=" ".join(map(_quoted, command))
    )


def _escaped(text: str) -> str:
    # A specifier such as %h.
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    """An argument as systemd reads it (systemd.service(5), "Command lines")."""
    text = _escaped(text).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{text}"' if not text or set(text) & set(" '\"\\;\t") else text
