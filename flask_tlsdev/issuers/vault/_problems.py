"""What does a refusal of Vault mean, and what helps?"""

from __future__ import annotations

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
    from .options import Options

#: Those that another try may overcome.
PASSING = frozenset({429, 500, 502, 503, 504})

_NAMESPACES = "If the mount is in a namespace, name that: --vault-namespace NAME"


def said(error: Any) -> str:
    """Vault's own words, for a person."""
    listed = getattr(error, "errors", None) or []
    words = listed if isinstance(listed, list) else [listed]
    text = "; ".join(" ".join(str(each).split()) for each in words[:5])
    text = re.sub(r"^\d+ errors? occurred: \* ", "", text)
    return printable(text or getattr(error, "text", "") or error).rstrip(". ")


def refusal(error: Any, status: int, options: Options, what: str) -> IssuerError:
    """Our words for an answer that is an error.

    :param what: The path that was asked for.
    """
    words = said(error)
    for pattern, message, hint in _KNOWN:
        if re.search(pattern, words, re.IGNORECASE):
            return _refused(options, _fill(message, words, options), hint, options)

    if status in PASSING or status >= 500:
        return _unavailable(options, f"Vault has a problem: {words} ({status}).")

    if status == 403:
        return _denied(words, options, what)

    if status == 404:
        return _refused(
            options,
            f"Vault has nothing at {quoted(what)}: no such mount or namespace.",
            f"To see the mounts, type: vault secrets list; then --vault-mount NAME."
            f" {_NAMESPACES}",
            options,
        )

    return _refused(options, f"Vault refuses: {words} ({status}).", "", options)


#: What Vault says (a pattern), what we say, and what helps.
_KNOWN = (
    (
        r"unknown role",
        "There is no role {role} at the mount {mount} of Vault.",
        "To see those that are there, type: vault list {mount_raw}/roles; then"
        " --vault-role NAME",
    ),
    (
        r"role requires keys? of",
        "The role {role} refuses this kind of key: {words}.",
        "Choose another one with --key-type, or ask for a role with key_type=any.",
    ),
    (
        r"invalid (role or )?secret.?id|invalid role.?id",
        "Vault does not know this AppRole: its role id or secret id is wrong, used up"
        " or has expired.",
        "For another one, type: vault write -f auth/approle/role/NAME/secret-id",
    ),
    (
        r"HTTP request to an HTTPS server",
        "Vault speaks TLS at {address}.",
        "Begin its address with https://: --vault-addr URL",
    ),
    (
        r"common_name field is required",
        "The role {role} wants a common name, and none of the names can be one.",
        "Add a DNS name, or set at the role: require_cn=false",
    ),
    (
        r"subject alternative name|not allowed by this role|is not allowed",
        "The role {role} does not allow that: {words}.",
        "Ask for names that it allows, choose another with --vault-role, or have its"
        " allowed_domains changed.",
    ),
    (
        r"beyond the expiration of the CA|notAfter.*CA",
        "The certificate would outlive its CA: {words}.",
        "Ask for a shorter life with --days, or have the CA renewed.",
    ),
)


def _fill(message: str, words: str, options: Options) -> str:
    return message.format(
        role=quoted(options.role),
        mount=quoted(options.mount),
        mount_raw=options.mount,
        address=options.address,
        words=words,
    )


def _denied(words: str, options: Options, what: str) -> IssuerError:
    if what.endswith("/login"):
        return _refused(
            options,
            f"Vault refuses the login by {options.auth} at {quoted(what)}: {words}.",
            "Look at its role and mount: --vault-auth-role, --vault-auth-mount",
            options,
        )

    return _refused(
        options,
        f"Vault denies permission for {quoted(what)}: the token has expired, is of"
        " another server or namespace, or its policy does not allow that.",
        "Look at it: vault token lookup; its policy needs: path"
        f' "{what}" {{ capabilities = ["update"] }}',
        options,
    )


def sealed(options: Options, status: Any) -> IssuerError:
    """Why a server that is up does not work.

    :param status: What it says of its seal.
    """
    if isinstance(status, dict) and status.get("initialized") is False:
        return _unavailable(
            options,
            f"Vault at {options.address} has not been initialised.",
            "Type: vault operator init",
        )

    return _unavailable(
        options,
        f"Vault at {options.address} is sealed.",
        "Somebody who has its keys types: vault operator unseal",
    )


def standby(options: Options) -> IssuerError:
    return _unavailable(
        options,
        f"Vault at {options.address} is on standby and finds no active server.",
        "Try again later, or name the active one: --vault-addr URL",
    )


def unreachable(error: Exception, options: Options) -> IssuerError:
    """Our words where there was no answer at all."""
    why, hint = _explain(list(causes_of(error)))
    return _unavailable(
        options, f"Vault at {options.address} cannot be reached: {why}.", hint
    )


def _explain(causes: list[BaseException]) -> tuple[str, str]:
    import socket

    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _explain_certificate(printable(cause.verify_message))

    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return (
                f"it speaks no TLS that we know ({_words_of(cause)})",
                "Look at its address: --vault-addr URL",
            )
        if isinstance(cause, socket.gaierror):
            return "no address is known for this name", "Look at --vault-addr."
        if isinstance(cause, ConnectionRefusedError):
            return "nobody listens there", "Is it running? Type: vault status"

    import requests

    if any(isinstance(each, TimeoutError | requests.Timeout) for each in causes):
        return "it does not answer", "Try again later."

    return "the connection was lost", "Try again later."


def _words_of(error: ssl.SSLError) -> str:
    return printable(error.reason or error).replace("_", " ").lower()


def _explain_certificate(words: str) -> tuple[str, str]:
    return (
        f"its certificate is not trusted ({words.rstrip('.')})",
        "If it is your own server, name the file with its root: --vault-ca-file FILE"
        " or VAULT_CACERT. If it has expired, look at this machine's clock: date",
    )


def _refused(options: Options, message: str, hint: str, fill: Options) -> IssuerRefused:
    hint = hint.replace("{mount_raw}", fill.mount)
    return IssuerRefused(message, issuer_id=options.issuer_id, hint=hint)


def _unavailable(
    options: Options, message: str, hint: str = "Try again later."
) -> IssuerUnavailable:
    return IssuerUnavailable(message, issuer_id=options.issuer_id, hint=hint)
