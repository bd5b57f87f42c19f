"""Will the server see it when a mounted Secret changes?"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path

from ..errors import TLSDevError
from ..issuers.files import fixed
from ..issuers.files import locate
from ..issuers.files import MOUNTS
from ..printable import quoted
from .finding import Finding

_VARIABLE = "FLASK_TLSDEV_FILES_PATH"


def check_mounted(
    environ: Mapping[str, str], mounts: Path = MOUNTS
) -> Iterator[Finding]:
    """The pair that the issuer ``files`` would serve, where a variable says which.

    :param environ: The user's own environment.
    :param mounts: The list of mounts, as Linux writes it.
    """
    text = environ.get(_VARIABLE)
    if not text:
        return

    try:
        files = locate(Path(text))
    except TLSDevError as error:
        yield Finding.of_error("mounted", error)
        return

    if why := fixed(files, mounts):
        yield Finding("mounted", "warning", *why)
    else:
        yield Finding(
            "mounted", "ok", f"{quoted(text, 1024)} is followed when it changes."
        )
