"""What is known of a stored pair without parsing it."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from typing import Any
from typing import get_args
from typing import Literal
from typing import NamedTuple

from ..errors import StoreError

# The same as in flask_tlsdev.certificates, which needs cryptography.
Purpose = Literal["server", "client"]

#: The format of the file. Readers refuse every other one.
VERSION = 1

_HEXADECIMAL = frozenset("0123456789abcdef")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Sidecar(NamedTuple):
    """What a pair was made for and until when it is good.

    It speaks of exactly the two files whose SHA-256 it holds.
    """

    #: The names that were asked for, in their order.
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    key_type: str
    purpose: Purpose
    issuer_id: str
    #: Which version of our certificate profiles it was made with.
    profile: int
    certificate_sha256: str
    key_sha256: str

    def usable(self, now: datetime, margin: timedelta | None) -> bool:
        """Whether the pair is valid now and need not be renewed yet.

        :param margin: How long before its end it is renewed; ``None`` is a
            third of its life.
        """
        return self.not_before <= now < self.due(margin)

    def due(self, margin: timedelta | None) -> datetime:
        """When the pair is to be renewed; :meth:`usable` has the parameter."""
        if margin is None:
            margin = (self.not_after - self.not_before) / 3

        return self.not_after - margin

    def agrees_with(self, certificate: bytes, key: bytes) -> bool:
        """Whether these are the two files that it speaks of."""
        digests = (self.certificate_sha256, self.key_sha256)
        return digests == (sha256(certificate), sha256(key))

    def to_json(self) -> bytes:
        """The content of the file."""
        content = {"version": VERSION, **self._asdict()}
        content["not_before"] = self.not_before.isoformat()
        content["not_after"] = self.not_after.isoformat()
        return json.dumps(content, indent=2).encode() + b"\n"

    @classmethod
    def from_json(cls, data: bytes) -> Sidecar:
        """Read the content of a file; all that we do not write is refused."""
        try:
            return cls(**_checked(json.loads(data)))
        # json gives up on deep nesting with RecursionError, datetime on a time
        # zone at the end of all years with OverflowError.
        except (ValueError, RecursionError, OverflowError) as error:
            raise StoreError(
                f"The description of a stored pair cannot be used: {error}.",
                hint="It can be deleted, and is made again from the pair.",
            ) from error


def _checked(content: object) -> dict[str, Any]:
    """The fields of a sidecar, each of its type, or a :exc:`ValueError`."""
    if not isinstance(content, dict):
        raise ValueError("it is no JSON object")

    version = content.pop("version", None)

    if type(version) is not int or version != VERSION:
        raise ValueError(f"its version is not {VERSION}")

    if content.keys() != set(Sidecar._fields):
        raise ValueError("its fields are not ours")

    checked: dict[str, Any] = {
        name: _CHECKS.get(name, _text)(value) for name, value in content.items()
    }

    if checked["not_before"] > checked["not_after"]:
        raise ValueError("it ends before it begins")

    return checked


def _text(value: object) -> str:
    # It is printed in lists.
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ValueError("a text is empty or not printable")

    return value


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError("it has no names")

    return tuple(map(_text, value))


def _time(value: object) -> datetime:
    time = datetime.fromisoformat(_text(value))

    if time.tzinfo is None:
        raise ValueError("a time has no zone")

    return time.astimezone(timezone.utc)


def _purpose(value: object) -> str:
    if value not in get_args(Purpose):
        raise ValueError("its purpose is neither server nor client")

    return _text(value)


def _profile(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("its profile is no number")

    return value


def _digest(value: object) -> str:
    text = _text(value)

    if len(text) != 64 or not _HEXADECIMAL.issuperset(text):
        raise ValueError("a digest is no SHA-256")

    return text


_CHECKS = {
    "names": _names,
    "not_before": _time,
    "not_after": _time,
    "purpose": _purpose,
    "profile": _profile,
    "certificate_sha256": _digest,
    "key_sha256": _digest,
}
