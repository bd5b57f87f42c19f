"""Serves every chain on a port of its own, and a proxy to reach them by any name.

Reads a JSON list of ``[chain file, key file]`` from the first line of stdin, prints
the ports, the proxy's first, as JSON, and ends with stdin.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import sys
from contextlib import suppress
from typing import Any

_METADATA = "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"
_WHEEL = "tiny-1.0-py3-none-any.whl"

#: What a path's end is answered with: a page, a git repository, a Python package.
PAGES = {
    "/info/refs": ("text/plain", f"{'0' * 39}1\trefs/heads/main\n"),
    "/HEAD": ("text/plain", "ref: refs/heads/main\n"),
    "/tiny/": (
        "text/html",
        f'<a href="{_WHEEL}" data-core-metadata="true">{_WHEEL}</a>',
    ),
    f"/{_WHEEL}.metadata": ("application/octet-stream", _METADATA),
    "": ("text/html", "<title>reached</title>"),
}


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, asyncio.IncompleteReadError, IndexError):
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.decode("latin-1").split()[1].partition("?")[0]
        kind, text = next(PAGES[end] for end in PAGES if path.endswith(end))
        writer.write(
            f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n"
            f"Content-Length: {len(text)}\r\n\r\n{text}".encode()
        )
        await writer.drain()
    writer.close()


async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """``CONNECT any-name:port`` leads to that port of this machine."""
    with suppress(OSError, asyncio.IncompleteReadError):
        head = await reader.readuntil(b"\r\n\r\n")
        found = re.match(rb"CONNECT \S+:(\d+) ", head)
        assert found, head
        inner = await asyncio.open_connection("127.0.0.1", int(found[1]))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(copy(reader, inner[1]), copy(inner[0], writer))
    writer.close()


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


async def listen(handler: Any, context: ssl.SSLContext | None = None) -> int:
    """A free port of 127.0.0.1, and the same one of ::1 where there is one."""
    server = await asyncio.start_server(handler, "127.0.0.1", 0, ssl=context)
    port: int = server.sockets[0].getsockname()[1]
    SERVERS.append(server)
    with suppress(OSError):
        SERVERS.append(await asyncio.start_server(handler, "::1", port, ssl=context))
    return port


async def main() -> None:
    ports = [await listen(connect)]

    for chainfile, keyfile in json.loads(sys.stdin.readline()):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chainfile, keyfile)
        ports.append(await listen(answer, context))

    sys.stdout.write(f"{json.dumps(ports)}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


SERVERS: list[asyncio.AbstractServer] = []

if __name__ == "__main__":
    asyncio.run(main())
