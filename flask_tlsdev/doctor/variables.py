"""Which environment variables keep programs from trusting the CA, or any server?"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from collections.abc import Mapping

from ..errors import TLSDevError
from ..printable import printable
from ..printable import quoted
from ..trust.base import Root
from ..trust.root import our_roots_in_pem
from ..trust.runtimes import Bundles
from ..trust.runtimes import VARIABLES
from .finding import Finding

#: What names a file, beside those that ``flask tls env`` sets.
_FILES = (*VARIABLES, "PIP_CERT", "AWS_CA_BUNDLE")
_FOLDERS = "SSL_CERT_DIR"

#: What switches verification off, with the values that do not.
_OFF = {
    "NODE_TLS_REJECT_UNAUTHORIZED": ("Node", ("", "1")),
    "PYTHONHTTPSVERIFY": ("Python", ("", "1")),
    "GIT_SSL_NO_VERIFY": ("git", ("", "0", "false", "no", "off")),
}
_PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
_ENV = 'Type: eval "$(flask tls env)"'
_LARGEST = 8 << 20


def check_variables(
    environ: Mapping[str, str], root: Root | None, bundles: Bundles
) -> Iterator[Finding]:
    """What the user's variables do to trust.

    :param root: The active CA's; ``None`` where there is none.
    """
    findings = [
        *_check_files(environ, root),
        *_check_folders(environ),
        *_check_off(environ),
        *_check_proxy(environ),
        *_check_bundle(environ, root, bundles),
    ]
    if environ.get("SSLKEYLOGFILE"):
        findings.append(
            Finding(
                "environment",
                "warning",
                "SSLKEYLOGFILE is set: programs write the keys of their connections"
                f" to {quoted(environ['SSLKEYLOGFILE'], 1024)}.",
                "Type: unset SSLKEYLOGFILE",
            )
        )

    none = Finding("environment", "ok", "No environment variable defeats trust.")
    yield from findings or [none]


def _check_files(environ: Mapping[str, str], root: Root | None) -> Iterator[Finding]:
    """One finding a file, however many variables name it."""
    named: dict[str, list[str]] = {}
    for name in _FILES:
        if path := environ.get(name):
            named.setdefault(path, []).append(name)

    for path, names in named.items():
        try:
            data = _content(path)
        except (OSError, ValueError) as error:
            yield _unreadable(path, names, error)
            continue

        if data is not None:
            yield from _check_roots(path, names, data, root)


def _content(path: str) -> bytes | None:
    """What programs read there; ``None`` for a folder, which requests takes, too."""
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        return None
    if not stat.S_ISREG(mode):
        raise ValueError("it is no regular file")

    with open(path, "rb") as file:
        return file.read(_LARGEST)


def _unreadable(path: str, names: list[str], error: OSError | ValueError) -> Finding:
    reason = printable(getattr(error, "strerror", "") or error)
    return Finding(
        "environment",
        "failed",
        f"{_listed(names)} {quoted(path, 1024)}, which cannot be read: {reason}."
        " Programs that hear it trust no server at all.",
        f"Type: unset {' '.join(names)}",
    )


def _check_roots(
    path: str, names: list[str], data: bytes, root: Root | None
) -> Iterator[Finding]:
    if b"-----BEGIN " not in data:
        yield Finding(
            "environment",
            "failed",
            f"{_listed(names)} {quoted(path, 1024)}, which holds no certificate.",
            f"Type: unset {' '.join(names)}",
        )
        return

    # The others are of programs that do not ask your app.
    wanting = [name for name in names if name in VARIABLES]
    if wanting and root is not None and root not in our_roots_in_pem(data):
        yield Finding(
            "environment",
            "warning",
            f"{_listed(wanting)} {quoted(path, 1024)}, where the root of your CA is"
            " not.",
            _ENV,
        )


def _listed(names: list[str]) -> str:
    return f"{', '.join(names)} {'names' if len(names) == 1 else 'name'}"


def _check_folders(environ: Mapping[str, str]) -> Iterator[Finding]:
    text = environ.get(_FOLDERS, "")
    gone = [each for each in text.split(os.pathsep) if each and not os.path.isdir(each)]
    if text and gone:
        yield Finding(
            "environment",
            "failed",
            f"{_FOLDERS} names {quoted(gone[0], 1024)}, which is no folder.",
            f"Type: unset {_FOLDERS}",
        )


def _check_off(environ: Mapping[str, str]) -> Iterator[Finding]:
    for name, (program, harmless) in _OFF.items():
        if environ.get(name, "").lower() not in harmless:
            yield Finding(
                "environment",
                "failed",
                f"{name} is set: {program} trusts every server, whoever it is.",
                f"Type: unset {name}",
            )


def _check_proxy(environ: Mapping[str, str]) -> Iterator[Finding]:
    proxy = next((name for name in _PROXIES if environ.get(name)), None)
    spared = environ.get("NO_PROXY", environ.get("no_proxy", ""))
    names = {each.strip() for each in spared.split(",")}
    if proxy and not names & {"*", "localhost"}:
        yield Finding(
            "environment",
            "warning",
            f"{proxy} is set, and NO_PROXY does not spare localhost: programs ask the"
            " proxy for your app.",
            "Type: export NO_PROXY=localhost,127.0.0.1,::1,.test",
        )


def _check_bundle(
    environ: Mapping[str, str], root: Root | None, bundles: Bundles
) -> Iterator[Finding]:
    if root is None or not bundles.whole.is_file():
        return

    try:
        is_current = bundles.is_current(root, environ)
    except TLSDevError as error:
        yield Finding.of_error("environment", error)
        return

    if not is_current:
        yield Finding(
            "environment",
            "warning",
            f"The bundle {quoted(bundles.whole, 1024)} is out of date: the public roots"
            " or the CA are others now.",
            "Type: flask tls env",
        )
