"""How does an app that bears no threads get one request at a time?"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIApplication
    from _typeshed.wsgi import WSGIEnvironment

#: Larger bodies wait on the disk.
_IN_MEMORY = 1024 * 1024


class OneAtATime:
    """An app with a lock around it. Clients are still met in threads of their own.

    A request gets its turn when all of it is there: a client that is slow with
    its body would hold up everybody else.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._lock = threading.Lock()

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        environ["wsgi.multithread"] = False
        body = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  closed by _Turn

        try:
            shutil.copyfileobj(environ["wsgi.input"], body)
            body.seek(0)
            environ["wsgi.input"] = body
            self._lock.acquire()
        except BaseException:
            body.close()
            raise

        def done() -> None:
            self._lock.release()
            body.close()

        try:
            return _Turn(self._app(environ, start_response), done)
        except BaseException:
            done()
            raise


class _Turn:
    """What an app answers; its turn is over when the server has closed it."""

    def __init__(self, pieces: Iterable[bytes], done: Callable[[], None]) -> None:
        self._pieces = pieces
        self._done = done

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)

    def close(self) -> None:
        try:
            if hasattr(self._pieces, "close"):
                self._pieces.close()
        finally:
            self._done()
