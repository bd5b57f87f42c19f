"""The same contexts on a plain TCP connection, with asyncio's streams.

::

    python streams.py serve PORT CLIENTS_CA
    python streams.py call PORT CERTIFICATE KEY
"""

from __future__ import annotations

import asyncio
import sys

from flask import Flask

from flask_tlsdev import TLSDev

app = Flask(__name__)
app.debug = True
tls = TLSDev(app)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    question = await reader.readline()
    certificate = writer.get_extra_info("peercert")
    names = " ".join(name for _, name in certificate["subjectAltName"])
    writer.write(question.rstrip() + f", {names}".encode())
    writer.close()
    await writer.wait_closed()


async def serve(port: str, clients_ca: str) -> None:
    """Answer each client, with the subject of its certificate."""
    app.config["TLSDEV_CLIENT_CA"] = clients_ca
    app.config["TLSDEV_CLIENT_CERTIFICATE"] = "required"
    context = tls.ssl_context()
    server = await asyncio.start_server(answer, "localhost", int(port), ssl=context)
    print("listening on", server.sockets[0].getsockname()[1], flush=True)

    async with server:
        await server.serve_forever()


async def call(port: str, certificate: str, key: str) -> None:
    """Ask a question, and print the answer."""
    context = tls.client_context(certificate, key)
    reader, writer = await asyncio.open_connection("localhost", int(port), ssl=context)
    writer.write(b"Good morning\n")
    told = await reader.read()
    writer.close()
    await writer.wait_closed()

    # asyncio takes a refusal after the handshake for the end of the connection.
    if not told:
        sys.exit("The server does not answer whoever we are.")

    print(told.decode(), end="")


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    asyncio.run((serve if command == "serve" else call)(*arguments))
