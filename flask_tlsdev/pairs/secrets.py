"""Which pair is in a Kubernetes Secret, and how is one written?"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any
from typing import TYPE_CHECKING

from ..errors import CertificateError
from ..printable import printable
from ..printable import quoted

if TYPE_CHECKING:
    from .pair import Pair

#: Kubernetes keeps no larger one (1 MiB, of base64 in its text form).
LARGEST = 2 << 20

#: Lists in mappings in a list: three deep is a list of Secrets.
_DEPTH = 20

#: Each part of a YAML file takes a kilobyte of memory.
_MOST_EVENTS = 20_000

CERTIFICATE, KEY, ROOTS = "tls.crt", "tls.key", "ca.crt"

_YAML_KIND = re.compile(rb"^kind:[ \t]*[\"']?(Secret|List)\b", re.MULTILINE)
_INSTALL = 'Type: pip install "flask-tlsdev[yaml]", or give it as JSON: kubectl get'
#: ``metadata.name`` is a DNS label or several (RFC 1123).
_NAME = re.compile(r"[^a-z0-9-]+")


def is_secret(data: bytes) -> bool:
    """Whether it looks like a Kubernetes object, JSON or YAML."""
    return data.lstrip()[:1] == b"{" or _YAML_KIND.search(data[:LARGEST]) is not None


def load_secret(data: bytes, what: str = "file") -> dict[str, bytes]:
    """The PEM files in a Secret, or in a list of them: name to content.

    Of several Secrets the files' names have the Secret's name before them.
    """
    if len(data) > LARGEST:
        raise _malformed(what, f"is larger than {LARGEST >> 20} MiB")

    is_json = data.lstrip()[:1] == b"{"
    content = _from_json(data, what) if is_json else _from_yaml(data, what)
    secrets = _secrets(content, what)

    if len(secrets) == 1:
        return _files(secrets[0], what)

    return {
        f"{printable(name)}/{file}": held
        for number, secret in enumerate(secrets, 1)
        for name in [_name_of(secret, number)]
        for file, held in _files(secret, what).items()
    }


def dump_secret(pair: Pair, name: str) -> bytes:
    """A ``kubernetes.io/tls`` Secret as JSON, which ``kubectl apply`` takes.

    :param name: For ``metadata.name``; what it cannot hold becomes hyphens.
    """
    metadata = {"name": _NAME.sub("-", name.lower()).strip("-")[:63] or "tls"}
    written = secret(secret_files(pair), metadata)
    return json.dumps(written, indent=2).encode() + b"\n"


def secret_files(pair: Pair) -> dict[str, bytes]:
    """The pair under the names that a ``kubernetes.io/tls`` Secret has for it."""
    files = {CERTIFICATE: pair.certificate_pem, KEY: pair.key_pem}
    if pair.roots:
        files[ROOTS] = pair.roots_pem

    return files


def secret(files: Mapping[str, bytes], metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The ``kubernetes.io/tls`` Secret that holds these files."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": dict(metadata),
        "data": {file: base64.b64encode(held).decode() for file, held in files.items()},
    }


def _from_json(data: bytes, what: str) -> object:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _malformed(what, "is damaged: it begins like JSON and is none") from error


def _from_yaml(data: bytes, what: str) -> object:
    try:
        import yaml
    except ImportError as error:
        raise CertificateError(
            f"{printable(what)} is YAML, which takes PyYAML to read.",
            reason="malformed",
            hint=f"{_INSTALL} secret NAME -o json",
        ) from error

    # The C one is there in every wheel, and fifty times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    try:
        _check_yaml(yaml, loader, data, what)
        documents = list(yaml.load_all(data, Loader=loader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _malformed(what, "is damaged: it cannot be read as YAML") from error

    return {"kind": "List", "items": [each for each in documents if each is not None]}


def _check_yaml(yaml: Any, loader: Any, data: bytes, what: str) -> None:
    """Refuse what can grow while it is read, before it is."""
    depth = 0

    for number, event in enumerate(yaml.parse(data, Loader=loader)):
        if number > _MOST_EVENTS:
            raise _malformed(what, "holds more than any list of Secrets")
        if isinstance(event, yaml.AliasEvent):
            raise _malformed(what, "has YAML aliases in it, which no Secret needs")
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1
        if depth > _DEPTH:
            raise _malformed(what, "is nested more deeply than any Secret")


def _secrets(content: object, what: str) -> list[dict[str, Any]]:
    items = content.get("items") if isinstance(content, dict) else None
    found = items if isinstance(items, list) else [content]
    nested = [
        inner
        for each in found
        for inner in (
            each["items"]
            if isinstance(each, dict) and isinstance(each.get("items"), list)
            else [each]
        )
    ]
    secrets = [
        each
        for each in nested
        if isinstance(each, dict) and each.get("kind") == "Secret"
    ]

    if not secrets:
        raise _malformed(what, "holds no Kubernetes Secret")

    return secrets


def _name_of(secret: dict[str, Any], number: int) -> str:
    metadata = secret.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else str(number)


def _files(secret: dict[str, Any], what: str) -> dict[str, bytes]:
    found = {}
    for field in ("data", "stringData"):
        entries = secret.get(field)
        for name, value in entries.items() if isinstance(entries, dict) else ():
            if isinstance(name, str) and isinstance(value, (str, bytes)):
                text = value.encode() if isinstance(value, str) else value
                held = text if field == "stringData" else _decoded(name, text, what)
                # Other entries are somebody's passwords.
                if b"-----BEGIN " in held or name in (CERTIFICATE, KEY, ROOTS):
                    found[name] = held

    if not found:
        raise _malformed(what, "is a Kubernetes Secret without certificate or key")

    return found


def _decoded(name: str, text: bytes, what: str) -> bytes:
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except binascii.Error as error:
        problem = f"is damaged: {quoted(name)} in it is no base64"
        raise _malformed(what, problem) from error


def _malformed(what: str, problem: str) -> CertificateError:
    return CertificateError(f"{printable(what)} {problem}.", reason="malformed")


def dump_dotenv(pair: Pair) -> bytes:
    """The pair as variables for a ``.env`` file: ``TLS_CRT``, ``TLS_KEY``.

    Line ends are written as ``\\n`` between double quotes, which python-dotenv,
    Node's ``--env-file``, Docker Compose and Ruby's dotenv all undo.
    """
    variables = {"TLS_CRT": pair.certificate_pem, "TLS_KEY": pair.key_pem}
    if pair.roots:
        variables["TLS_CA"] = pair.roots_pem

    return b"".join(
        name.encode() + b'="' + pem.replace(b"\n", b"\\n") + b'"\n'
        for name, pem in variables.items()
    )
