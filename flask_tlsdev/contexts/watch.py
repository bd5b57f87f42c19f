"""Which context serves the pair as it is on the disk now?"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import TLSDevError
from ..printable import printable

if TYPE_CHECKING:
    import ssl

    from ..store import PairFiles
    from .events import Kind

logger = logging.getLogger("flask_tlsdev")

#: A pair is two files, so that everybody who replaces one leaves a moment in
#: which they do not belong together, longer on a slow disk. Nobody is to be
#: warned of that: a broken state is looked at again for so many seconds, once.
PATIENCE = 0.5
_PAUSE = 0.01

#: What tells two states of a file apart, or ``None`` where there is no file.
Signature = tuple[tuple[int, ...] | None, ...]


class Watch:
    """Serves the context of two files and makes a new one when they change.

    Loading a pair into the living context instead fails the handshakes that
    are under way, and goes on to serve an EC pair when an RSA one comes.

    :param load: Makes a context of the files, or raises a :exc:`TLSDevError`.
    :param tell: Is told when the files have changed.
    """

    def __init__(
        self,
        files: PairFiles,
        load: Callable[[PairFiles], ssl.SSLContext],
        tell: Callable[[Kind, str], object] | None = None,
    ) -> None:
        self.files = files
        self._load = load
        self._tell = tell
        self._lock = threading.Lock()
        self._seen = self._look()
        self._context = self._load_first()

    def current(self) -> ssl.SSLContext:
        """The context for the next client.

        Files that cannot be served leave the earlier context in place, with
        one warning for each state that they are found in.
        """
        if self._look() != self._seen:
            with self._lock:
                self._follow()

        return self._context

    def follow(self, files: PairFiles) -> None:
        """Serve these files from now on. Until they can be, the earlier ones."""
        self.files = files
        self.forget()

    def forget(self) -> None:
        """Load the files anew for the next client, whatever they look like.

        It takes no lock: a signal handler calls it, perhaps in the middle of
        :meth:`current`.
        """
        self._seen = ()

    def _load_first(self) -> ssl.SSLContext:
        """The context of the files, which may be exchanged just now."""
        while True:
            try:
                return self._load(self.files)
            except TLSDevError:
                seen, self._seen = self._seen, self._look()
                if seen == self._seen:
                    raise

    def _follow(self) -> None:
        deadline = time.monotonic() + PATIENCE

        # Whoever held the lock before us may have seen to it.
        while (seen := self._look()) != self._seen:
            try:
                self._context = self._load(self.files)
                self._say("swapped", f"{printable(self.files.certfile)} is served now.")
            except TLSDevError as error:
                if time.monotonic() < deadline:
                    time.sleep(_PAUSE)
                    continue

                logger.warning("Still serving the earlier certificate. %s", error)
                self._say("kept", f"Still serving the earlier certificate. {error}")

            # As it was before loading: what has changed since is news.
            self._seen = seen

    def _say(self, kind: Kind, sentence: str) -> None:
        if self._tell is not None:
            self._tell(kind, sentence)

    def _look(self) -> Signature:
        return _signature(self.files.certfile), _signature(self.files.keyfile)


def _signature(path: Path) -> tuple[int, ...] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None

    # The time of the last change of the inode catches a copy that kept the
    # old times, and a new file that got the inode of the replaced one.
    return (
        found.st_mtime_ns,
        found.st_ctime_ns,
        found.st_ino,
        found.st_size,
        found.st_dev,
    )
