"""Clients that ask and ask, while something happens to the server."""

from __future__ import annotations

import http.client
import ssl
import threading

from ..contexts.serving import Server


class Load:
    """Threads that ask and ask, and keep what went wrong."""

    def __init__(self, server: Server, context: ssl.SSLContext) -> None:
        self.answers: list[bytes] = []
        self.leaves: set[bytes] = set()
        self.failures: list[BaseException] = []
        self._server, self._context = server, context
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(4)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        while not self._over.is_set() and not self.failures:
            try:
                self._ask_once()
            except BaseException as error:
                self.failures.append(error)

    def _ask_once(self) -> None:
        connection = http.client.HTTPSConnection(
            "localhost", self._server.port, timeout=20, context=self._context
        )
        try:
            connection.request("GET", "/")
            assert isinstance(connection.sock, ssl.SSLSocket)
            self.leaves.add(connection.sock.getpeercert(True) or b"")
            answer = connection.getresponse()
            assert answer.status == 200
            self.answers.append(answer.read())
        finally:
            connection.close()

    @property
    def workers(self) -> set[bytes]:
        return {answer.split()[0] for answer in self.answers}
