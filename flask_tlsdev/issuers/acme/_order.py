"""What happens between the names and the certificate (RFC 8555, section 7.4)?"""

from __future__ import annotations

import base64
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from typing import TYPE_CHECKING

from ...challenges import is_token
from ...errors import ChallengeFailed
from ...errors import IssuerRefused
from ...names import Name
from ...printable import printable
from ._answers import links
from ._answers import location
from ._answers import malformed
from ._answers import retry_after
from ._problems import challenge_failure
from ._problems import Problem
from ._problems import refusal
from ._session import Session
from .options import is_https
from .solvers import Challenge
from .solvers import Solver

if TYPE_CHECKING:
    from ._wire import Answer

#: The pause between two looks where the server names none.
_PAUSE = 0.3
_LONGER_PAUSE = 3.0


@dataclass(frozen=True)
class Chains:
    """What the server issued: PEM texts, the default chain first."""

    texts: tuple[bytes, ...]


class Order:
    """One order of one account.

    :param solver: Shows that we control the names.
    :param tell: Hears of the progress.
    """

    def __init__(
        self, session: Session, solver: Solver, tell: Callable[[str], None]
    ) -> None:
        self._session = session
        self._solver = solver
        self._tell = tell
        self._names: frozenset[Name] = frozenset()

    def run(
        self, names: Sequence[Name], csr: bytes, more: Mapping[str, object]
    ) -> Chains:
        """The chains for these names.

        :param csr: Its DER form.
        :param more: Further fields of the order, such as ``profile``.
        """
        # An authorization is for the name that the wildcard stands in.
        self._names = frozenset(
            Name(name.kind, name.value.removeprefix("*.")) for name in names
        )
        url, order = self._begin(names, more)
        self._authorize(order, len(names))
        order = self._await_order(url, "pending")
        self._tell("The names are verified; asking for the certificate.")
        self._finalize(url, order, csr)
        return self._download(self._await_order(url, "ready", "processing"))

    def _begin(
        self, names: Sequence[Name], more: Mapping[str, object]
    ) -> tuple[str, dict[str, Any]]:
        wanted = [{"type": name.kind, "value": name.value} for name in names]
        payload = {"identifiers": wanted, **more}
        what = f"an order for {', '.join(name.unicode for name in names)}"
        self._tell(f"Asking the ACME server for {what}.")

        new_order = self._session.directory.new_order
        answer = self._session.post(new_order, payload, what)
        url = location(answer, self._session.issuer_id)
        return url, self._session.read(url, "the order")[0]

    def _authorize(self, order: Mapping[str, Any], names: int) -> None:
        urls = order.get("authorizations")
        if not isinstance(urls, list) or not 0 < len(urls) <= names:
            raise self._malformed("the order has no authorizations that fit")

        opened = {url: self._authorization(url) for url in urls}
        pending = {
            url: self._challenge(authorization)
            for url, authorization in opened.items()
            if authorization.get("status") != "valid"
        }
        if not pending:
            return

        with self._solver.solving(tuple(pending.values())):
            kind = self._solver.kind
            self._tell(f"Waiting for the ACME server to verify by {kind}.")
            for challenge in pending.values():
                self._session.post(challenge.url, {}, "the answer to a challenge")
            for url, challenge in pending.items():
                self._await_authorization(url, challenge)

    def _authorization(self, url: object) -> dict[str, Any]:
        if not isinstance(url, str):
            raise self._malformed("an authorization has no URL")

        return self._session.read(url, "an authorization")[0]

    def _challenge(self, authorization: Mapping[str, Any]) -> Challenge:
        name = self._name(authorization)
        if authorization.get("status") != "pending":
            raise self._failure(authorization, name)

        offered = [each for each in _challenges(authorization) if _is_usable(each)]
        for each in offered:
            if each["type"] == self._solver.kind:
                proof = self._session.key_authorization(each["token"])
                return Challenge(name, each["url"], each["token"], proof)

        kinds = ", ".join(printable(each["type"]) for each in offered)
        raise ChallengeFailed(
            f"The ACME server does not verify {name} by {self._solver.kind}, only by"
            f" {kinds or 'nothing that we know'}.",
            issuer_id=self._session.issuer_id,
            hint="Choose another one: --challenge or TLSDEV_ACME_CHALLENGE.",
        )

    def _name(self, authorization: Mapping[str, Any]) -> Name:
        found = authorization.get("identifier")
        kind = found.get("type") if isinstance(found, dict) else None
        value = found.get("value") if isinstance(found, dict) else None

        name = _parsed(kind, str(value))
        # No server has us set the record of a name that nobody asked for.
        if name not in self._names:
            raise self._malformed(
                f"an authorization is for {printable(value)}, which nobody asked for"
            )

        return name

    def _await_authorization(self, url: str, challenge: Challenge) -> None:
        found, answer = self._session.read(url, "an authorization")
        pause = _PAUSE

        while found.get("status") == "pending":
            self._session.deadline.pause(_wait(answer, pause))
            pause = min(2 * pause, _LONGER_PAUSE)
            found, answer = self._session.read(url, "an authorization")

        if found.get("status") != "valid":
            raise self._failure(found, challenge.name)

    def _failure(self, authorization: Mapping[str, Any], name: Name) -> ChallengeFailed:
        for each in _challenges(authorization):
            if each.get("error"):
                return challenge_failure(
                    Problem.parse(each["error"]),
                    self._solver.kind,
                    str(name),
                    self._session.issuer_id,
                    self._solver.advice,
                )

        status = printable(authorization.get("status"))
        return ChallengeFailed(
            f"The ACME server's authorization for {name} is {status}.",
            issuer_id=self._session.issuer_id,
            hint="Try again: it makes a new one.",
        )

    def _await_order(self, url: str, *while_: str) -> dict[str, Any]:
        order, answer = self._session.read(url, "the order")
        pause = _PAUSE

        while order.get("status") in while_:
            self._session.deadline.pause(_wait(answer, pause))
            pause = min(2 * pause, _LONGER_PAUSE)
            order, answer = self._session.read(url, "the order")

        if order.get("status") in ("ready", "processing", "valid"):
            return order

        problem = Problem.parse(order.get("error"))
        raise refusal(problem, "to go on with the order", self._session.issuer_id)

    def _finalize(self, url: str, order: Mapping[str, Any], csr: bytes) -> None:
        if order.get("status") != "ready":
            # Valid or processing for somebody else's key.
            raise self._malformed("the order was finished before we asked for it")

        target = order.get("finalize")
        if not is_https(target):
            raise self._malformed("the order has no URL to finish it")

        encoded = base64.urlsafe_b64encode(csr).rstrip(b"=").decode()
        self._session.post(str(target), {"csr": encoded}, "the certificate")

    def _download(self, order: Mapping[str, Any]) -> Chains:
        url = order.get("certificate")
        if not is_https(url):
            raise self._malformed("the order has no certificate")

        answer = self._session.post(str(url), None, "the certificate")
        others = [
            self._session.post(each, None, "another chain").body
            for each in links(answer, "alternate")
        ]
        return Chains((answer.body, *others))

    def _malformed(self, why: str) -> IssuerRefused:
        return malformed(why, self._session.issuer_id)


def _parsed(kind: object, value: str) -> Name:
    """The name as ours are written. What is none is none of ours."""
    if kind == "ip":
        with suppress(ValueError):
            value = str(ip_address(value))
        return Name("ip", value)

    return Name("dns", value.lower().removeprefix("*."))


def _challenges(authorization: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = authorization.get("challenges")
    listed = found[:20] if isinstance(found, list) else []
    return [each for each in listed if isinstance(each, dict)]


def _is_usable(challenge: Mapping[str, Any]) -> bool:
    """Whether nothing in it can lead elsewhere when it becomes a name or a URL."""
    kind, token = challenge.get("type"), challenge.get("token")
    texts = isinstance(kind, str) and isinstance(token, str)
    return texts and is_token(str(token)) and is_https(challenge.get("url"))


def _wait(answer: Answer, otherwise: float) -> float:
    asked = retry_after(answer)
    return otherwise if asked is None else asked
