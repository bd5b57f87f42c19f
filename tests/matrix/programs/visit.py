"""Asks Python's own HTTPS client. Runs on any Python 3.10 or later.

Reads ``{"roots": FILE, "checks": [[host, port]], "clients": [[chain, key]]}`` from
stdin and prints each answer, "" or a refusal, as a JSON list: first those of a client
who visits servers, then those of a server who meets clients.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import sys
from contextlib import suppress


class Connection(http.client.HTTPSConnection):
    """Reaches every host on this machine."""

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self.sock = CONTEXT.wrap_socket(plain, server_hostname=self.host)


def visit(host: str, port: int) -> str:
    connection = Connection(host, port, context=CONTEXT)
    try:
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
    except ssl.SSLCertVerificationError as error:
        return str(error)
    finally:
        connection.close()

    return ""


def meet(chainfile: str, keyfile: str) -> str:
    """A handshake in memory, where the client's certificate is what counts."""
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_verify_locations(REQUEST["roots"])
    server_context.verify_mode = ssl.CERT_REQUIRED
    server_context.load_cert_chain(chainfile, keyfile)
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_context.check_hostname = False
    client_context.verify_mode = ssl.CERT_NONE
    client_context.load_cert_chain(chainfile, keyfile)

    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)

    for _ in range(5):
        with suppress(ssl.SSLWantReadError):
            client.do_handshake()
        try:
            server.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
        return ""

    raise AssertionError("the handshake does not end")


REQUEST = json.load(sys.stdin)
CONTEXT = ssl.create_default_context(cafile=REQUEST["roots"])

if __name__ == "__main__":
    answers = [visit(*each) for each in REQUEST["checks"]]
    answers += [meet(*each) for each in REQUEST["clients"]]
    json.dump(answers, sys.stdout)
