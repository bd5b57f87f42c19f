"""How is a description shown to a person and to a program?"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from typing import TypeAlias

from ..printable import printable

Kind = Literal["certificate", "csr", "private key", "public key", "revocation list"]
Value: TypeAlias = "str | int | bool | list[Value] | dict[str, Value] | None"
Fields: TypeAlias = "dict[str, Value]"

#: What a person reads where the key alone, with spaces, would not do.
_LABELS = {
    "der_sha1": "SHA-1 fingerprint",
    "der_sha256": "SHA-256 fingerprint",
    "spki_sha256": "public key SHA-256",
    "oid": "OID",
    "is_ca": "may sign others (CA)",
}


@dataclass(frozen=True)
class Description:
    """One thing that a file holds.

    The keys of :attr:`fields` are stable. A certificate has ``subject``,
    ``issuer``, ``names``, ``is_ca``, ``not_before``, ``not_after``,
    ``serial_number``, ``version``, ``signature_algorithm``, ``public_key``,
    ``extensions``, ``der_sha256`` and ``der_sha1``; a CSR ``subject``,
    ``names``, ``signature_algorithm``, ``signature_valid``, ``public_key`` and
    ``extensions``; a key, also as ``public_key``, ``type``, ``bits`` and
    ``spki_sha256``; a revocation list ``issuer``, ``last_update``,
    ``next_update``, ``signature_algorithm``, ``revoked_count`` and ``revoked``,
    the first hundred. An extension has ``name``, ``oid``, ``critical`` and
    ``values``. Dates are ISO 8601 in UTC. What cannot be read is
    ``{"unreadable": "why"}``.
    """

    kind: Kind
    fields: Mapping[str, Value]

    def as_dict(self) -> dict[str, Value]:
        """What ``json.dumps`` takes."""
        return {"kind": self.kind, **self.fields}

    def as_text(self) -> str:
        """Several lines, each a label and a value."""
        return "\n".join(_lines(self.fields, ""))


def field(read: Callable[[], Value]) -> Value:
    """What ``read`` answers, or why it cannot.

    A certificate is shown because something is wrong with it: one field that
    cannot be read must not hide the others. Which exceptions a parser raises
    for bytes that anybody may have written is not documented, hence all.
    """
    try:
        return read()
    except Exception as error:
        return {"unreadable": printable(error) or type(error).__name__}


def _lines(fields: Mapping[str, Value], indent: str) -> list[str]:
    lines = []

    for key, value in fields.items():
        label = _LABELS.get(key, key.replace("_", " "))
        if key == "extensions" and isinstance(value, list):
            lines += [f"{indent}{label}:", *_extensions(value, f"{indent}    ")]
        elif isinstance(value, dict):
            lines += [f"{indent}{label}:", *_lines(value, f"{indent}    ")]
        else:
            lines.append(f"{indent}{label}: {_text(value)}")

    return lines


def _extensions(extensions: list[Value], indent: str) -> list[str]:
    lines = []

    for extension in extensions:
        if not isinstance(extension, dict):
            continue
        critical = " (critical)" if extension["critical"] else ""
        lines.append(f"{indent}{extension['name']}{critical}:")
        values = extension["values"]
        if isinstance(values, list):
            lines += [f"{indent}    {_text(value)}" for value in values]

    return lines


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_text, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_text(each)}" for key, each in value.items())

    return "none" if value in (None, "") else str(value)
