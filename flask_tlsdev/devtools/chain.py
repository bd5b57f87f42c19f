"""The panel of the certificates that are served, and of who has issued them."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from datetime import datetime
from datetime import timezone
from typing import Any
from typing import TYPE_CHECKING

from .. import files
from ..describe import describe_certificate
from ..errors import TLSDevError
from ..issuers.local_ca import LocalCA
from ..lan import FOLDER
from ..pairs import load_certificates
from ..printable import printable
from ..store import sidecar_of
from .panel import Panel
from .paths import typed

if TYPE_CHECKING:
    from pathlib import Path

    from ..store import PairFiles
    from .panel import Asked
    from .panel import Run

#: What a card is about; the rest is for ``flask tls show``.
_SHOWN = ("Name Constraints", "Basic Constraints", "Extended Key Usage")


def state(asked: Asked) -> Mapping[str, object]:
    """Each pair that is served, with its chain up to the root."""
    return {
        "now": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "pairs": [_pair(title, pair, asked.run) for title, pair in _pairs(asked.run)],
    }


def _pairs(run: Run) -> Iterator[tuple[str, PairFiles]]:
    yield "For this machine", run.context.files

    if run.lan is not None:
        # Its root is not with its pair: nothing on this machine has to trust it.
        yield "For your network", run.lan.files._replace(cafile=lan_root(run))


def lan_root(run: Run) -> Path | None:
    """Where the root of the network's CA is."""
    try:
        return LocalCA.open(run.settings().ca_path / FOLDER).root_path
    except TLSDevError:
        return None


def _pair(title: str, pair: PairFiles, run: Run) -> dict[str, object]:
    paths = (pair.certfile, pair.cafile)
    try:
        chain = [each for path in paths if path for each in _certificates(path)]
        problem = ""
    except (TLSDevError, ValueError) as error:
        chain, problem = [], printable(error, 500)

    return {
        "title": title,
        "certificates": chain,
        "problem": problem,
        "command": f"flask tls show {typed(pair.certfile)}",
        **_keeping(pair, run),
    }


def _keeping(pair: PairFiles, run: Run) -> dict[str, object]:
    """Who has issued it, and when it is renewed."""
    sidecar = sidecar_of(pair)
    if sidecar is None:
        return {"issuer": None, "renews": None}

    return {
        "issuer": sidecar.issuer_id,
        "renews": sidecar.due(run.settings().renew_before).isoformat(),
    }


def _certificates(path: Path) -> Iterator[dict[str, object]]:
    for each in load_certificates(files.read(path), what=str(path)):
        yield _card(describe_certificate(each).as_dict())


def _card(fields: Mapping[str, Any]) -> dict[str, object]:
    return {
        "role": _role(fields),
        "subject": fields["subject"],
        "name": _common_name(fields["subject"]),
        "issuer": _common_name(fields["issuer"]),
        "names": fields["names"],
        "from": fields["not_before"],
        "until": fields["not_after"],
        "key": fields["public_key"],
        "signature": fields["signature_algorithm"],
        "sha256": fields["der_sha256"],
        "serial": fields["serial_number"],
        "permits": _permits(fields),
        "limits": [each for each in fields["extensions"] if each["name"] in _SHOWN],
    }


def _permits(fields: Mapping[str, Any]) -> list[str]:
    """The names and addresses that it is limited to when it signs."""
    texts = [
        text
        for each in fields["extensions"]
        if each["name"] == "Name Constraints" and isinstance(each["values"], list)
        for text in each["values"]
    ]
    kinds = ("Permitted DNS:", "Permitted IP Address:")
    return [text[len(k) :] for text in texts for k in kinds if text.startswith(k)]


def _role(fields: Mapping[str, Any]) -> str:
    if fields["subject"] == fields["issuer"]:
        return "root" if fields["is_ca"] is True else "self-signed"

    return "intermediate" if fields["is_ca"] is True else "leaf"


def _common_name(subject: object) -> str:
    text = str(subject)
    return text.rpartition("CN=")[2] or text


PANEL = Panel(
    "chain",
    "Certificate chain",
    "What the server shows to a client, who has signed it, and how long it is good.",
    state,
)
