"""The same contexts on a plain TCP connection, with sockets.

::

    python sockets.py serve PORT CLIENTS_CA
    python sockets.py call PORT CERTIFICATE KEY
"""

from __future__ import annotations

import socket
import ssl
import sys
from typing import Any

from flask import Flask

from flask_tlsdev import TLSDev

app = Flask(__name__)
app.debug = True
tls = TLSDev(app)


def serve(port: str, clients_ca: str) -> None:
    """Answer one client, with the subject of its certificate."""
    app.config["TLSDEV_CLIENT_CA"] = clients_ca
    app.config["TLSDEV_CLIENT_CERTIFICATE"] = "required"
    listening = socket.create_server(("localhost", int(port)))

    with tls.ssl_context().wrap_socket(listening, server_side=True) as server:
        print("listening on", server.getsockname()[1], flush=True)
        connection, _ = server.accept()

        with connection:
            question = connection.recv(1024)
            connection.sendall(question + b", " + _name(connection).encode())
            # It says that this is all.
            connection.shutdown(socket.SHUT_RDWR)


def call(port: str, certificate: str, key: str) -> None:
    """Ask a question, and print the answer."""
    context = tls.client_context(certificate, key)

    with socket.create_connection(("localhost", int(port)), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as connection:
            connection.sendall(b"Good morning")

            while answer := connection.recv(1024):
                print(answer.decode(), end="")


def _name(connection: ssl.SSLSocket) -> str:
    certificate: Any = connection.getpeercert()
    return " ".join(name for _, name in certificate["subjectAltName"])


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    (serve if command == "serve" else call)(*arguments)
