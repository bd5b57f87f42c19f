"""The options of the issuer ``cert-manager``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .options import Checked
from .options import F


def _check(name: str) -> Any:
    def parse(text: str) -> Any:
        from ..issuers import cert_manager

        return getattr(cert_manager, f"check_{name}")(text)

    return parse


def _seconds(text: str) -> float:
    from ..config.values import parse_timeout

    return parse_timeout(text)


_FILE = click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path)

#: Each option, its type and its help. Its name is that of the field of
#: :class:`flask_tlsdev.issuers.cert_manager.Options`, but for ``kubeconfig``.
_OPTIONS: tuple[tuple[str, str, Any, str], ...] = (
    ("config", "kubeconfig", _FILE, "the kubeconfig."),
    ("context", "context", Checked("name", _check("context")), "its context."),
    (
        "namespace",
        "namespace",
        Checked("name", _check("namespace")),
        "where the request is made.",
    ),
    (
        "issuer",
        "issuer",
        Checked("name", _check("resource_name")),
        "the issuer of cert-manager that signs.",
    ),
    (
        "issuer-kind",
        "kind",
        Checked("kind", _check("kind")),
        "Issuer, ClusterIssuer or an external one's.",
    ),
    (
        "issuer-group",
        "group",
        Checked("group", _check("group")),
        "the API group of an external issuer.",
    ),
    (
        "signer",
        "signer",
        Checked("name", _check("signer")),
        "a signer of certificates.k8s.io instead.",
    ),
    (
        "timeout",
        "seconds",
        Checked("duration", _seconds),
        "how long to wait: seconds, or such as 10m.",
    ),
)

#: Who names an issuer of cert-manager means none of Kubernetes' own, and the other way.
_INSTEAD = {"issuer": "signer"}


def make_options() -> list[click.Option]:
    """The options, new ones for each command.

    None can be set by a variable: a repository's dotenv file would be the user.
    """
    return [
        click.Option(
            [f"--kube-{name}", f"kube_{field}"],
            type=kind,
            allow_from_autoenv=False,
            help=f"Kubernetes: {text}",
        )
        for name, field, kind, text in _OPTIONS
    ]


def options(function: F) -> F:
    """The options, for a command that is a decorated function."""
    for option in reversed(make_options()):
        # What click.option() does.
        params = function.__dict__.setdefault("__click_params__", [])
        params.append(option)

    return function


def take(values: dict[str, Any]) -> dict[str, object]:
    """Take these options out of all that a command was given."""
    taken = {field: values.pop(f"kube_{field}") for _, field, _, _ in _OPTIONS}
    given = {field: value for field, value in taken.items() if value}
    instead = {_INSTEAD[each]: None for each in _INSTEAD.keys() & given.keys()}
    return {**instead, **given}
