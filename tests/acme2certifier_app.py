"""Serves acme2certifier over HTTPS; run by the Python that has it installed.

Arguments: the port, the certificate and its key. Its configuration is named by
ACME_SRV_CONFIGFILE.
"""

from __future__ import annotations

import runpy
import ssl
import sys
from importlib.util import find_spec
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import make_server
from wsgiref.simple_server import WSGIServer


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def main() -> None:
    port, certfile, keyfile = sys.argv[1:]
    found = find_spec("acme2certifier")
    assert found is not None
    assert found.origin is not None
    app = Path(found.origin).with_name("share") / "acme2certifier_wsgi.py"
    application = runpy.run_path(str(app))["application"]

    server = make_server("127.0.0.1", int(port), application, Server)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certfile, keyfile)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    # Whence it takes the scheme of its URLs.
    server.base_environ["HTTPS"] = "on"
    server.serve_forever()


main()
