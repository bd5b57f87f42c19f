"""What happens to a server while it runs, for whoever wants to be told?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from typing import TypeAlias

#: ``refused``: a handshake came to nothing. ``swapped``: another pair is served
#: from now on. ``kept``: the files have changed, and cannot be served.
#: ``renewed`` and ``not renewed``: a pair that was due.
Kind: TypeAlias = Literal["refused", "swapped", "kept", "renewed", "not renewed"]


@dataclass(frozen=True)
class Event:
    """One thing that has happened."""

    kind: Kind
    #: In words for people. Foreign text in it is printable.
    sentence: str
    #: Who it was, where a client was concerned.
    peer: str = ""


#: Is told of each event, in the thread in which it happened.
Listener: TypeAlias = Callable[[Event], object]
