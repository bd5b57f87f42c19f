"""What is in an answer that may hold anything?"""

from __future__ import annotations

import email.utils
import json
import re
import time
from typing import Any

from ...errors import IssuerRefused
from ._wire import Answer
from .options import is_https

_LINKS = 10
_LINK = re.compile(r'\s*<([^<>]{1,2048})>\s*;\s*rel="?([a-z-]{1,32})"?')


def json_of(answer: Answer) -> dict[str, Any]:
    """The object in an answer; empty where it is none."""
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}

    return content if isinstance(content, dict) else {}


def location(answer: Answer, issuer_id: str) -> str:
    """Where the new thing is that the server has made."""
    url = answer.headers.get("location")
    if url is None or not is_https(url):
        raise malformed("it does not say where it put what was asked for", issuer_id)

    return url


def malformed(why: str, issuer_id: str) -> IssuerRefused:
    """The error for an answer that the protocol does not know."""
    return IssuerRefused(
        f"The ACME server cannot be understood: {why}.",
        issuer_id=issuer_id,
        hint="Ask whoever runs it; its directory is in TLSDEV_ACME_DIRECTORY.",
    )


def links(answer: Answer, relation: str) -> list[str]:
    """The https URLs of a relation, a bounded number of them."""
    found = [
        match[1]
        for header in answer.links
        for part in header[:8192].split(",")
        if (match := _LINK.match(part)) and match[2] == relation and is_https(match[1])
    ]
    return found[:_LINKS]


def retry_after(answer: Answer) -> float | None:
    """After how many seconds the server wants to be asked again."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)

    try:
        moment = email.utils.parsedate_to_datetime(text)
        return max(0.0, moment.timestamp() - time.time())
    except (ValueError, TypeError, OverflowError, OSError):
        return None
