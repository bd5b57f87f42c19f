"""How long may a client take, and how much may it send?"""

from __future__ import annotations

from typing import NamedTuple

#: Bytes of a request's head, request line included. Node allows a quarter of it.
HEAD_LIMIT = 64 * 1024

#: Header fields of a request, as many as Python's own clients accept.
FIELD_LIMIT = 100

#: Bytes around and after the chunks of a body: extensions and trailers.
CHUNK_LINE_LIMIT = 4 * 1024
TRAILER_LIMIT = 16 * 1024

#: Bytes of a body that the app did not read and that are read for the sake of
#: the connection. With more of them it is closed.
DRAIN_LIMIT = 1024 * 1024

#: Bytes and seconds in which a client that is being closed gets to our answer.
LINGER_LIMIT = 16 * 1024 * 1024
LINGER_SECONDS = 5.0

#: Bytes a second below which a body counts as being held back.
SLOWEST_BODY = 500

#: Bytes that are sent at once, and the seconds that a client has to take them.
#: A browser reads nothing of a video that is paused, and asks again later.
PIECE = 64 * 1024
SEND_SECONDS = 60.0


class Limits(NamedTuple):
    """What one can set of it. All are seconds."""

    #: From the first byte of a request's head to its last one. A body may keep
    #: us waiting for as long on top of what it takes at :data:`SLOWEST_BODY`.
    head_timeout: float = 20.0
    #: From one request to the next.
    idle_timeout: float = 15.0
