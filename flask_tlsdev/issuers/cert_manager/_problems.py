"""What does a refusal of the API server mean, and what helps?"""

from __future__ import annotations

import json
import re
import ssl
from typing import Any
from typing import TYPE_CHECKING

from ...errors import IssuerError
from ...errors import IssuerRefused
from ...errors import IssuerUnavailable
from ...printable import printable
from ...printable import quoted
from .._causes import causes_of

if TYPE_CHECKING:
    from ._resources import Resource

#: Those that another try may overcome.
PASSING = frozenset({429, 500, 502, 503, 504})

GONE = 410
CONFLICT = 409

_DOCS = "the Role in our documentation, page 'Kubernetes and cert-manager', has it"


class Gone(Exception):
    """What was asked for is not there any more: an object (404), or what has
    happened since a version (410).
    """


class Problems:
    """Words for what goes wrong when this kind of request is made here.

    :param namespace: ``None`` for what lies in no namespace.
    """

    def __init__(self, resource: Resource, namespace: str | None, issuer_id: str):
        self._resource = resource
        self._namespace = namespace
        self._issuer_id = issuer_id

    def refusal(self, verb: str, status: int, words: str) -> IssuerError:
        """Our words for an answer that is an error.

        :param verb: What was tried: ``create``, ``watch``, ...
        """
        if status == 401:
            return self._refused(
                "The cluster does not know you: the credentials are wrong or have"
                " expired.",
                "Log in again, and see whether this works: kubectl get namespaces",
            )

        if status == 403:
            return self._forbidden(verb, words)

        if status == 404:
            return self._not_found(words)

        if "failed calling webhook" in words:
            return self.unavailable(
                f"cert-manager's webhook does not answer: {words}.",
                "See whether it runs: kubectl get pods -n cert-manager",
            )

        if status in PASSING or status >= 500:
            return self.unavailable(f"The cluster has a problem: {words} ({status}).")

        if 300 <= status < 400:
            return self._refused(
                "What answers there is no API server: it redirects elsewhere.",
                "Look at the server: kubectl config view --minify",
            )

        return self._refused(f"The cluster refuses the request: {words} ({status}).")

    def _forbidden(self, verb: str, words: str) -> IssuerError:
        group, plural = self._resource.group, self._resource.plural
        kind, where, option = "ClusterRole", "", ""
        if self._namespace is not None:
            kind, where = "Role", f" in the namespace {quoted(self._namespace)}"
            option = f" -n {printable(self._namespace)}"

        return self._refused(
            f"You may not {verb} {plural}.{group}{where}: {words}.",
            f"A {kind} has to allow the verb {verb!r} on {plural!r} of {group!r};"
            f" {_DOCS}. To look at it, type: kubectl auth can-i {verb}"
            f" {plural}.{group}{option}",
        )

    def _not_found(self, words: str) -> IssuerError:
        if re.search(r"namespaces? .* not found", words):
            return self._refused(
                f"There is no namespace {quoted(self._namespace)} in the cluster.",
                "Name another one with --kube-namespace, or type: kubectl create"
                f" namespace {printable(self._namespace)}",
            )

        if self._resource.namespaced:
            return self._refused(
                "The cluster does not know certificate requests: cert-manager is not"
                " installed, or its CRDs are missing.",
                "Install it (https://cert-manager.io/docs/installation/), or look:"
                f" kubectl get crd {self._resource.plural}.{self._resource.group}",
            )

        return self._refused(f"The cluster does not know that: {words}.")

    def unreachable(self, error: BaseException, server: str) -> IssuerError:
        """Our words where there was no answer at all."""
        why, hint = _explain(list(causes_of(error)))
        return self.unavailable(
            f"The cluster at {printable(server)} cannot be reached: {why}.", hint
        )

    def unavailable(self, message: str, hint: str = "Try again later.") -> IssuerError:
        return IssuerUnavailable(message, issuer_id=self._issuer_id, hint=hint)

    def odd(self, why: str) -> IssuerError:
        """For an answer that is none of an API server."""
        return self._refused(
            f"What the cluster answers cannot be used: {why}.",
            "Look at the server: kubectl config view --minify",
        )

    def _refused(self, message: str, hint: str = "") -> IssuerError:
        return IssuerRefused(message, issuer_id=self._issuer_id, hint=hint)


def said(body: Any) -> tuple[str, str]:
    """The message of a ``Status``, for a person, and its reason, for us."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    try:
        status = json.loads(text)
        message, reason = status["message"], status.get("reason")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        message, reason = text, ""

    words = " ".join(str(message or "no reason is given").split())
    return printable(words, 500).rstrip(". "), str(reason or "")


def is_lost(error: BaseException) -> bool:
    """Whether the server was there, and asking again may help."""
    causes = list(causes_of(error))
    return not any(
        isinstance(each, ssl.SSLError | ConnectionRefusedError | TimeoutError)
        or _is_unknown_host(each)
        for each in causes
    )


def _is_unknown_host(error: BaseException) -> bool:
    import socket

    return isinstance(error, socket.gaierror)


def _explain(causes: list[BaseException]) -> tuple[str, str]:
    look = "Look at the server: kubectl config view --minify"
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            words = printable(cause.verify_message).rstrip(".")
            return f"its certificate is not trusted ({words})", look

    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            words = printable(cause.reason or cause).replace("_", " ").lower()
            return f"TLS fails ({words})", look
        if _is_unknown_host(cause):
            return "no address is known for this name", look
        if isinstance(cause, ConnectionRefusedError):
            return "nobody listens there", "Is the cluster running? kubectl version"

    if any(isinstance(each, TimeoutError) for each in causes) or any(
        type(each).__name__.endswith("TimeoutError") for each in causes
    ):
        return "it does not answer", "Is the cluster running? Type: kubectl version"

    return "the connection was lost", "Try again later."
