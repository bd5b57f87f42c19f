"""Is this text a name for a certificate, and if not, why not?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..errors import InvalidName
from ..printable import quoted
from ._addresses import parse_address
from ._addresses import without_port
from ._idn import check_direction
from ._idn import fold
from ._idn import split
from ._idn import to_ascii
from ._idn import to_unicode
from ._name import Name
from ._refusal import Refusal
from ._suffixes import is_public_suffix

#: RFC 1035 section 2.3.4; the last dot and the first length are not counted.
_LABEL_LENGTH = 63
_NAME_LENGTH = 253

#: Reading takes time with the length of the text. No name is that long, in
#: whatever form it is written.
_TEXT_LENGTH = 4 * _NAME_LENGTH

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


def parse(texts: Iterable[str] | str) -> tuple[Name, ...]:
    """The names, in the order given, each once.

    :param texts: Names, or one text with commas or spaces between them.
    :raises InvalidName: if there is none, or one is no name.
    """
    if isinstance(texts, Name):
        # It can be iterated over, but its kind is no name.
        return (texts,)

    if isinstance(texts, str):
        texts = texts.replace(",", " ").split()

    names = tuple(dict.fromkeys(map(parse_name, texts)))

    if not names:
        raise InvalidName("No name was given.", hint="Give one, such as localhost.")

    return names


def parse_name(text: str) -> Name:
    """The name that this text is: a DNS name, a wildcard or an address.

    Names in other scripts become A-labels, one trailing dot is dropped, and
    an IPv6 address may stand in brackets.

    :raises InvalidName: with the reason, and what may have been meant.
    """
    try:
        return _parse(text)
    except Refusal as refusal:
        raise InvalidName(
            f"{quoted(text)} cannot be a name in a certificate: {refusal.reason}.",
            text=text,
            hint=_did_you_mean(refusal.meant) or refusal.hint,
        ) from None


def _did_you_mean(text: str) -> str:
    try:
        return f"Did you mean {_parse(text).unicode}?"
    except Refusal:
        return ""


def _parse(text: str) -> Name:
    _refuse_what_is_more_than_a_name(text)

    if address := parse_address(text):
        return Name("ip", str(address))

    return Name("dns", _parse_dns(text))


def _refuse_what_is_more_than_a_name(text: str) -> None:
    if not text:
        raise Refusal("it is empty", hint="Give one such as localhost.")

    if len(text) > _TEXT_LENGTH:
        raise Refusal(f"a name has at most {_NAME_LENGTH} characters")

    if any(character.isspace() for character in text):
        raise Refusal("it holds white space", meant=text.strip())

    if "://" in text:
        host = re.split(r"[/?#\\]", text.partition("://")[2])[0]
        meant = without_port(host.rpartition("@")[2])
        raise Refusal("it is a URL", meant=meant)

    if "@" in text:
        raise Refusal("it is an e-mail address", meant=text.rpartition("@")[2])

    if "/" in text:
        host, _, rest = text.partition("/")
        reason = "it is a network" if rest.isdigit() else "it holds a path"
        raise Refusal(reason, meant=without_port(host))

    if "%" in text:
        address = text.partition("%")[0].lstrip("[")
        reason = "what follows '%' has a meaning on this machine only"
        raise Refusal(reason, meant=address)


def _parse_dns(text: str) -> str:
    labels = split(text)

    if len(labels) > 1 and labels[-1] == "":
        del labels[-1]

    if labels[0] == "*":
        parent = _parse_labels(text, labels[1:])
        _check_wildcard(parent)
        value = f"*.{parent}"
    else:
        value = _parse_labels(text, labels)

    if len(value) > _NAME_LENGTH:
        raise Refusal(f"it has {len(value)} characters, a name at most {_NAME_LENGTH}")

    return value


def _check_wildcard(parent: str) -> None:
    if not parent:
        raise Refusal(
            "a wildcard needs a domain to stand in",
            hint="Name each host, or write a wildcard such as *.app.test.",
        )

    if "." not in parent or is_public_suffix(parent):
        shown = to_unicode(parent)
        raise Refusal(
            f"clients refuse a wildcard directly below '{shown}'",
            hint=f"Name each host, such as app.{shown}, or write *.app.{shown}.",
        )


def _parse_labels(text: str, labels: list[str]) -> str:
    values = [_parse_label(text, fold(label)) for label in labels]
    check_direction([to_unicode(value) for value in values])
    return ".".join(values)


def _parse_label(text: str, label: str) -> str:
    if not label:
        raise Refusal(
            "a part between two dots is empty",
            meant=re.sub(r"\.{2,}", ".", text).strip("."),
        )

    _refuse_odd_characters(text, label)
    value = to_ascii(label)

    if len(value) > _LABEL_LENGTH:
        raise Refusal(
            f"{quoted(label)} has {len(value)} characters,"
            f" {_LABEL_LENGTH} may stand between two dots"
        )

    return value


def _refuse_odd_characters(text: str, label: str) -> None:
    if "*" in label:
        raise Refusal(
            "'*' can only be all of the first part",
            hint="Write a wildcard such as *.app.test.",
        )

    if "_" in label:
        raise Refusal(
            "host names have no underscore, and clients refuse certificates with one",
            meant=text.replace("_", "-"),
        )

    if label.startswith("-") or label.endswith("-"):
        raise Refusal(f"{quoted(label)} begins or ends with a hyphen")

    if label.isascii() and (odd := [each for each in label if each not in _PLAIN]):
        raise Refusal(f"{quoted(odd[0])} is no letter, digit or hyphen")
