"""The folder of the local CA, one for all projects of a user.

::

    ca.json           which CA is active, and what it may sign
    <id>/root.crt     what people trust; stays when another CA takes over
    <id>/ca.crt       the intermediate, which signs
    <id>/ca.key       the intermediate's key; the root's is never written

``ca.json`` is written last and replaced atomically, so there is always one
whole CA or none. Reading it needs no cryptography.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from .. import files
from ..errors import StoreError
from ..errors import TLSDevError
from ..names import Permits
from ..printable import quoted

SUMMARY, ROOT, INTERMEDIATE, KEY = "ca.json", "root.crt", "ca.crt", "ca.key"

_VERSION = 1
_LIMIT = 1 << 16


class DamagedCA(StoreError):
    """The files of a CA are not as we wrote them. A new one can take its place."""


def read_summary(folder: Path) -> dict[str, Any]:
    """What ``ca.json`` says: the fields of a :class:`.LocalCA` but its folder.

    :raises StoreError: It is not what we wrote.
    """
    try:
        data = files.read(folder / SUMMARY, limit=_LIMIT)
    except StoreError as error:
        raise broken(folder, error.message.rstrip(".")) from error

    try:
        return _parse(json.loads(data))
    except (
        ArithmeticError,
        KeyError,
        RecursionError,
        TLSDevError,
        TypeError,
        ValueError,
    ) as error:
        raise broken(folder, f"{SUMMARY} is damaged or of a later version") from error


def _parse(content: dict[str, Any]) -> dict[str, Any]:
    ca_id = content["id"]
    if content["version"] != _VERSION or not _is_id(ca_id):
        raise ValueError("not ours")

    return {
        "ca_id": ca_id,
        "permits": _permits(content["permits"]),
        "key_type": str(content["key_type"]),
        "not_before": _aware(content["not_before"]),
        "not_after": _aware(content["not_after"]),
        "root_sha256": str(content["root_sha256"]),
        "profile": int(content["profile"]),
    }


def _permits(texts: object) -> Permits:
    if not isinstance(texts, list):
        raise ValueError("no list of permits")

    permits = Permits.from_texts(texts)
    if not permits.domains or not permits.networks:
        raise ValueError("a CA without limits")

    return permits


def _is_id(text: object) -> bool:
    # It names a folder: nothing that leads elsewhere.
    return (
        isinstance(text, str)
        and len(text) == 8
        and set(text) <= set("0123456789abcdef")
    )


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a date without a time zone")

    return moment


def write_summary(folder: Path, summary: Mapping[str, Any]) -> None:
    """Make this CA the active one: the last step of making it."""
    content = {
        "version": _VERSION,
        "id": summary["ca_id"],
        "profile": summary["profile"],
        "permits": list(summary["permits"].texts),
        "key_type": summary["key_type"],
        "not_before": summary["not_before"].isoformat(),
        "not_after": summary["not_after"].isoformat(),
        "root_sha256": summary["root_sha256"],
    }
    data = json.dumps(content, indent=2).encode() + b"\n"
    files.write(folder / SUMMARY, data, 0o644)


def broken(folder: Path, why: str) -> DamagedCA:
    """The error for a CA whose files are not as we wrote them."""
    return DamagedCA(
        f"The CA in {quoted(folder)} cannot be used: {why}.",
        hint="To make a new one, which must be trusted anew, type: flask tls ca create",
    )


def all_in(folder: Path) -> list[Path]:
    """The folder of each CA, the active one's and those of earlier ones.

    One that a killed process left unfinished is among them.
    """
    return [each for each in files.folders_in(folder) if _is_id(each.name)]


def delete_key(own: Path) -> None:
    """Delete a CA's key, wherever a killed process may have left it."""
    files.delete_leftovers(own)
    files.delete(own / KEY)


def delete_all(folder: Path) -> None:
    """Delete every CA in the folder. The caller holds the lock."""
    # The keys go first and the summary after all that it speaks of: of a
    # deletion that is cut short no key remains, and it can be typed again.
    for own in all_in(folder):
        delete_key(own)

    for own in all_in(folder):
        files.delete(own / INTERMEDIATE)
        files.delete(own / ROOT)

    files.delete(folder / SUMMARY)

    for own in all_in(folder):
        files.delete_folder(own, ())


def check_place(folder: Path) -> None:
    """Refuse a CA that came with a repository or that others can change."""
    tree = files.git_tree_of(folder)
    if tree is not None:
        raise StoreError(
            f"The CA folder {quoted(folder)} lies in the git work tree"
            f" {quoted(tree)}: whoever wrote that may have put a CA there.",
            hint="Choose another folder with --ca-path or TLSDEV_CA_PATH.",
        )

    files.check_folder(folder)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """The folder, made and locked, on a file system that keeps a key private."""
    files.make_data_folder(folder)
    check_place(folder)

    if not files.keeps_modes(folder):
        raise StoreError(
            f"The file system of {quoted(folder)} does not keep file modes, so"
            " everybody on this machine could read the CA's key there.",
            hint="Choose a folder on another one with --ca-path or TLSDEV_CA_PATH.",
        )

    with files.lock(folder / ".lock"):
        yield
