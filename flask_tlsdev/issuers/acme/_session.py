"""How is a request signed, so that the server knows whose it is?"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ...errors import ConfigError
from ...errors import IssuerError
from ...errors import IssuerUnavailable
from ._answers import json_of
from ._answers import retry_after
from ._deadline import Deadline
from ._directory import Directory
from ._problems import Problem
from ._problems import refusal
from ._wire import Answer
from ._wire import Wire

try:
    from acme.jws import JWS
    from josepy.b64 import b64decode
    from josepy.b64 import b64encode
    from josepy.jwa import ES256
    from josepy.jwk import JWKEC
except ImportError as error:
    raise ConfigError(
        "The issuer 'acme' needs a library that is not installed.",
        key="TLSDEV_ISSUER",
        hint='Type: pip install "flask-tlsdev[acme]"',
    ) from error

#: How often a request is signed anew for a nonce that the server has forgotten.
_NONCE_TRIES = 20
#: How often a server that does not answer, or is not ready, is asked again.
_BUSY_TRIES = 3
_BUSY_PAUSE = 0.5
#: The longest ``Retry-After`` that we sit out.
_SHORT_WAIT = 5.0

_JOSE = "application/jose+json"
_NONCE = re.compile(r"[A-Za-z0-9_-]{1,512}")


class Session:
    """Requests to one server, signed with one account's key.

    :param key: The account's.
    """

    def __init__(
        self,
        wire: Wire,
        directory: Directory,
        key: JWKEC,
        deadline: Deadline,
    ) -> None:
        self.directory = directory
        self.deadline = deadline
        self.issuer_id = deadline.issuer_id
        self.key = key
        #: Set once the account is known; new accounts are made without it.
        self.account_url: str | None = None
        self._wire = wire
        self._nonce: str | None = None

    def post(self, url: str, payload: Mapping[str, object] | None, what: str) -> Answer:
        """The answer to a signed request that went well.

        :param payload: ``None`` only reads ("POST-as-GET").
        :param what: What is asked for, for the error.
        :raises IssuerError: The server refused, with its own words.
        """
        answer = self.ask(url, payload)
        if answer.ok:
            return answer

        raise self.refusal(answer, what)

    def read(self, url: str, what: str) -> tuple[dict[str, Any], Answer]:
        """The object at this URL."""
        answer = self.post(url, None, what)
        return json_of(answer), answer

    def refusal(self, answer: Answer, what: str) -> IssuerError:
        """The error for an answer that is none."""
        problem = Problem.from_body(answer.body)
        if not problem.document:
            problem = Problem("", f"it answers {answer.status}", {})

        return refusal(
            problem,
            what,
            self.issuer_id,
            status=answer.status,
            retry_after=retry_after(answer),
        )

    def ask(self, url: str, payload: Mapping[str, object] | None) -> Answer:
        """The answer to a signed request, whatever it is.

        Nonces that the server has forgotten are taken anew, and a server that
        is away for a moment is waited for.
        """
        for left in reversed(range(_BUSY_TRIES)):
            try:
                answer = self._ask_with_nonces(url, payload)
            except IssuerUnavailable:
                if not left:
                    raise
                self.deadline.pause(_BUSY_PAUSE)
                continue

            wait = retry_after(answer)
            is_busy = answer.status in (429, 503) and wait is not None
            if not left or not is_busy or wait is None or wait > _SHORT_WAIT:
                return answer
            self.deadline.pause(wait)

        raise AssertionError("unreachable")

    def _ask_with_nonces(
        self, url: str, payload: Mapping[str, object] | None
    ) -> Answer:
        for _ in range(_NONCE_TRIES):
            answer = self._ask_once(url, payload)
            if answer.ok or Problem.from_body(answer.body).code != "badNonce":
                break

        return answer

    def _ask_once(self, url: str, payload: Mapping[str, object] | None) -> Answer:
        body = b"" if payload is None else json.dumps(payload).encode()
        signed = JWS.sign(
            body,
            key=self.key,
            alg=ES256,
            nonce=b64decode(self._take_nonce()),
            url=url,
            kid=self.account_url,
        )
        answer = self._wire.send("POST", url, signed.json_dumps().encode(), _JOSE)
        self._keep_nonce(answer)
        return answer

    def _take_nonce(self) -> str:
        if self._nonce is None:
            self._keep_nonce(self._wire.send("HEAD", self.directory.new_nonce))

        nonce, self._nonce = self._nonce, None
        if nonce is None:
            raise IssuerUnavailable(
                "The ACME server gives no nonce, without which nothing can be signed.",
                issuer_id=self.issuer_id,
                hint="Try again later.",
            )

        return nonce

    def _keep_nonce(self, answer: Answer) -> None:
        nonce = answer.headers.get("replay-nonce", "")
        if _NONCE.fullmatch(nonce):
            self._nonce = nonce

    def key_authorization(self, token: str) -> str:
        """What proves that this account was given this token."""
        return f"{token}.{b64encode(self.key.thumbprint()).decode()}"
