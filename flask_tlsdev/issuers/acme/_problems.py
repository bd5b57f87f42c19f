"""What did the server refuse, in its own words, and what is to be checked?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from ...errors import ChallengeFailed
from ...errors import IssuerError
from ...errors import IssuerRefused
from ...errors import IssuerUnavailable
from ...printable import printable

_PREFIX = "urn:ietf:params:acme:error:"

#: More of the subproblems helps nobody.
_SUBPROBLEMS = 5
_DETAIL_LENGTH = 400

#: What to do about a problem with a request (RFC 8555, section 6.7).
_HINTS = {
    "accountDoesNotExist": "Try again: a new account is made where there is none.",
    "alreadyRevoked": "There is nothing left to do.",
    "badCSR": "Try another key type, such as --key-type ec-p256 or rsa:2048.",
    "caa": "Look at the CAA records of the name and of those above it.",
    "externalAccountRequired": "Ask the authority for a key id and an HMAC key, and"
    " set TLSDEV_ACME_EAB_KID and TLSDEV_ACME_EAB_HMAC_KEY.",
    "invalidContact": "Give another address: --email YOU@EXAMPLE.COM",
    "invalidProfile": "Leave out --profile to see which profiles there are.",
    "rateLimited": "Wait, and practise with --directory letsencrypt-staging.",
    "rejectedIdentifier": "It issues nothing for this name; take one of your own.",
    "unsupportedContact": "Give another address: --email YOU@EXAMPLE.COM",
    "unsupportedIdentifier": "It may not issue for addresses: take a DNS name.",
    "userActionRequired": "Read its terms, and accept them with --agree-tos",
    "agreementRequired": "Read its terms, and accept them with --agree-tos",
}

#: What to do about a challenge that failed, by the problem.
_CHALLENGE_HINTS = {
    "caa": _HINTS["caa"],
    "dns": "Look whether the name's DNS records lead to this machine: dig {host}",
    "connection": "Look whether {host} leads to this machine and whether its {where}"
    " can be reached from outside.",
    "unauthorized": "Look whether {host} leads to this machine, and what answers at"
    " its {where}.",
    "tls": "Look what answers TLS at the {where} of {host}.",
}
_WHERE = {"http-01": "port 80", "tls-alpn-01": "port 443", "dns-01": "TXT record"}


@dataclass(frozen=True)
class Problem:
    """A problem document (RFC 9457). All its texts can be printed."""

    code: str
    detail: str
    document: Mapping[str, object] = field(repr=False)

    @classmethod
    def parse(cls, document: object) -> Problem:
        """Whatever a server has sent as a problem."""
        if not isinstance(document, dict):
            return cls("", "", {})

        code = str(document.get("type") or "").removeprefix(_PREFIX)
        details = [_detail(document), *map(_detail, _subproblems(document))]
        text = "; ".join(dict.fromkeys(filter(None, details)))
        return cls(code, text.rstrip("."), document)

    @classmethod
    def from_body(cls, body: bytes) -> Problem:
        try:
            return cls.parse(json.loads(body))
        except (ValueError, RecursionError):
            return cls("", "", {})

    @property
    def text(self) -> str:
        """The server's words, for a sentence."""
        return self.detail or printable(self.code) or "it says nothing of why"


def _subproblems(document: Mapping[str, Any]) -> list[Any]:
    found = document.get("subproblems")
    return found[:_SUBPROBLEMS] if isinstance(found, list) else []


def _detail(document: object) -> str:
    if not isinstance(document, dict):
        return ""

    text = printable(document.get("detail") or "", _DETAIL_LENGTH)
    identifier = document.get("identifier")
    who = identifier.get("value") if isinstance(identifier, dict) else None
    return f"{printable(who)}: {text}" if who and text else text


def refusal(
    problem: Problem,
    what: str,
    issuer_id: str,
    *,
    status: int = 0,
    retry_after: float | None = None,
) -> IssuerError:
    """The error for a request that was answered with a problem.

    :param what: What was asked for, as in "The ACME server refused ...".
    """
    message = f"The ACME server refused {what}: {problem.text}."
    is_later = problem.code in ("rateLimited", "serverInternal") or status >= 500
    hint = _HINTS.get(problem.code, "")
    if not hint and "contact" in problem.detail.lower():
        hint = "Give it your e-mail address: --email YOU@EXAMPLE.COM"

    if is_later:
        when = f"Try again in {retry_after:.0f} seconds." if retry_after else hint
        return IssuerUnavailable(
            message,
            issuer_id=issuer_id,
            retry_after=retry_after,
            hint=when or "Try again later.",
        )

    return IssuerRefused(
        message, issuer_id=issuer_id, problem=problem.document, hint=hint
    )


def challenge_failure(
    problem: Problem, kind: str, host: str, issuer_id: str, advice: str
) -> ChallengeFailed:
    """The error for a challenge that the server found not to be met.

    :param advice: What else to look at, here.
    """
    hint = _CHALLENGE_HINTS.get(problem.code, _CHALLENGE_HINTS["connection"])
    shown = f"_acme-challenge.{host}" if kind == "dns-01" else host
    if kind == "dns-01" and problem.code != "caa":
        hint = "Look at the record that the authority sees: dig TXT {host}"

    return ChallengeFailed(
        f"The ACME server could not verify {host} by {kind}: {problem.text}.",
        issuer_id=issuer_id,
        hint=f"{hint.format(host=shown, where=_WHERE[kind])} {advice}".rstrip(),
    )
