"""On which addresses can we listen, and if we cannot, why not?"""

from __future__ import annotations

import errno
import os
import socket
import stat
import sys
from pathlib import Path

from ..errors import TLSDevError
from ..printable import quoted

#: The other address of ``localhost``. Clients ask for the name and try both.
_OTHERS = {"127.0.0.1": "::1", "::1": "127.0.0.1", "localhost": "::1"}

_UNIX = "unix://"

#: There is no IPv6 on this machine, or none on this interface.
_NO_SUCH_FAMILY = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT)


def other_loopback(host: str) -> str | None:
    """The second address to listen on, so that ``localhost`` is both."""
    return _OTHERS.get(host)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on this address.

    :raises TLSDevError: It cannot, with what to type instead.
    """
    listener = _bind(host, port)

    try:
        listener.listen()
    except OSError as error:
        listener.close()
        raise _explain(error, host, port) from error

    return listener


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)

    try:
        if os.name != "nt":
            # Windows would let us have a port that another program has.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise _explain(error, host, port) from error

    return listener


def listen_if_possible(host: str, port: int) -> socket.socket | None:
    """:func:`listen`, or ``None`` where this machine has no such address."""
    try:
        return listen(host, port)
    except TLSDevError as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno in _NO_SUCH_FAMILY:
            return None
        raise


def probe(host: str, port: int) -> int:
    """The port to listen on, a free one for 0.

    :raises TLSDevError: It cannot be had.
    """
    if is_unix(host):
        _probe_unix(socket_path(host))
        return port

    # It does not listen: a client that waits for the server would be let in, and
    # cut off a moment later.
    with _bind(host, port) as bound:
        found: int = bound.getsockname()[1]
        return found


def is_unix(host: str) -> bool:
    """Whether this is the path of a Unix socket."""
    return host.startswith(_UNIX)


def socket_path(host: str) -> Path:
    """Where the Unix socket is."""
    return Path(host.removeprefix(_UNIX)).absolute()


def _probe_unix(path: Path) -> None:
    if not hasattr(socket, "AF_UNIX"):
        raise TLSDevError(
            "There are no Unix sockets on this system.",
            hint="Type: flask tls run --host 127.0.0.1",
        )

    try:
        is_socket = stat.S_ISSOCK(path.stat().st_mode)
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise TLSDevError(
                f"There is no folder {quoted(path.parent)} for the socket.",
                hint="Make it, or name another with --host.",
            ) from None
        return

    # Werkzeug takes what is there for its own of last time and deletes it.
    if not is_socket:
        raise TLSDevError(
            f"{quoted(path)} is there already and is no socket.",
            hint="Name another path: flask tls run --host unix:///PATH",
        )

    with socket.socket(socket.AF_UNIX) as client:
        if client.connect_ex(str(path)) == 0:
            raise TLSDevError(
                f"Another program listens on {quoted(path)}.",
                hint="Stop it, or name another path with --host.",
            )


def _explain(error: OSError, host: str, port: int) -> TLSDevError:
    if isinstance(error, socket.gaierror):
        return TLSDevError(
            f"There is no host {quoted(host)}: {error.strerror}.",
            hint="Name an address of this machine: flask tls run --host 127.0.0.1",
        )

    if error.errno == errno.EADDRINUSE:
        return TLSDevError(
            f"Port {port} of {quoted(host)} is in use by another program.",
            hint=_port_hint(port),
        )

    if error.errno in (errno.EACCES, errno.EPERM):
        return TLSDevError(
            f"Port {port} of {quoted(host)} is not yours to listen on.",
            hint=_privilege_hint(port),
        )

    if error.errno == errno.EADDRNOTAVAIL:
        return TLSDevError(
            f"{quoted(host)} is no address of this machine.",
            hint="For every address it has, type: flask tls run --host 0.0.0.0",
        )

    return TLSDevError(f"Port {port} of {quoted(host)}: {error.strerror or error}.")


def _port_hint(port: int) -> str:
    hint = f"Stop that one, or type: flask tls run --port {_next(port)}"

    if sys.platform == "darwin" and port == 5000:
        hint += " (On macOS it is 'AirPlay Receiver' in the System Settings.)"

    return hint


def _privilege_hint(port: int) -> str:
    hint = f"Type: flask tls run --port {8443 if port < 1024 else _next(port)}"

    if sys.platform == "linux" and port < 1024:
        hint += (
            " Or let everybody listen there:"
            f" sudo sysctl net.ipv4.ip_unprivileged_port_start={port}"
        )

    return hint


def _next(port: int) -> int:
    return port + 1 if port < 65535 else 5001
