"""What is a panel, and what does it get to see?"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING

from ..headers.ledger import Ledger

if TYPE_CHECKING:
    from flask import Flask

    from ..config import Settings
    from ..contexts import Connection
    from ..contexts import DevContext
    from ..contexts import NamedPair
    from .events import Hub


@dataclass(frozen=True)
class Run:
    """The server that the page belongs to."""

    app: Flask
    context: DevContext
    #: The names that were written down, in the form in which browsers send them.
    names: frozenset[str]
    #: Gives the settings of this run, options of the command included.
    settings: Callable[[], Settings]
    hub: Hub
    #: What browsers have reported.
    ledger: Ledger = field(default_factory=Ledger)
    #: The pair for other devices, with ``--lan``.
    lan: NamedPair | None = None
    #: What other devices find the root under, then. The page sets it.
    root_token: str = ""


@dataclass(frozen=True)
class Asked:
    """One request to a panel."""

    run: Run
    connection: Connection
    #: The last value of each name in the query.
    args: Mapping[str, str]
    #: As the browser has it: ``https://localhost:5000``.
    origin: str


@dataclass(frozen=True)
class Download:
    """A file that a panel gives."""

    content_type: str
    data: bytes
    #: The name under which it is saved; shown in the browser without one.
    name: str = ""


@dataclass(frozen=True)
class Panel:
    """One part of the page; see :mod:`flask_tlsdev.devtools`."""

    id: str
    title: str
    #: What it shows, in one sentence.
    about: str
    state: Callable[[Asked], Mapping[str, object]]
    files: Callable[[Asked, str], Download | None] | None = None
    #: Whether it is shown in this run.
    applies: Callable[[Run], bool] = lambda run: True
