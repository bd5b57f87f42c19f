"""What is one name: a DNS name, perhaps a wildcard, or an address."""

from __future__ import annotations

from ipaddress import ip_address
from ipaddress import IPv4Address
from ipaddress import IPv6Address
from typing import Literal
from typing import NamedTuple

from ._idn import to_unicode

#: Names that Windows keeps for devices, also when an extension follows.
#: https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_WINDOWS_DEVICES = frozenset(
    {"con", "prn", "aux", "nul"}
    | {f"{device}{number}" for device in ("com", "lpt") for number in range(10)}
)

_FILE_NAME_LENGTH = 64


class Name(NamedTuple):
    """One name as it stands in a certificate. :func:`parse_name` makes it.

    Two names that mean the same are equal: DNS names are lower case with
    A-labels (``xn--bcher-kva.test``), addresses are in their short form.
    """

    kind: Literal["dns", "ip"]
    value: str

    def __str__(self) -> str:
        return self.value

    @property
    def wildcard(self) -> bool:
        """Whether it stands for any one label, as ``*.app.test`` does."""
        return self.value.startswith("*.")

    @property
    def address(self) -> IPv4Address | IPv6Address:
        """The address. A DNS name has none: :exc:`ValueError`."""
        return ip_address(self.value)

    @property
    def unicode(self) -> str:
        """The name as a person writes it, ``bücher.test``."""
        return to_unicode(self.value) if self.kind == "dns" else self.value

    @property
    def file_name(self) -> str:
        """A name for a file or folder, fit for every file system.

        It is at most 64 characters long, so two long names may share it.
        """
        text = self.value.replace("*", "_").replace(":", "-")

        # "::1" would become "--1", which programs read as an option.
        if text.startswith("-"):
            text = f"0{text}"

        if text.partition(".")[0] in _WINDOWS_DEVICES:
            text = f"_{text}"

        return text[:_FILE_NAME_LENGTH].rstrip(".")

    def covers(self, other: Name) -> bool:
        """Whether a certificate for this name is good for the other one.

        A wildcard stands for exactly one label, as in RFC 9525.
        """
        if self == other:
            return True

        if not self.wildcard or other.wildcard or other.kind != "dns":
            return False

        return other.value.partition(".")[2] == self.value[2:]

    def is_below(self, suffix: str) -> bool:
        """Whether it is this domain or lies below it.

        :param suffix: A domain as :attr:`value` has it, without a leading dot.
        """
        if self.kind != "dns":
            return False

        return self.value == suffix or self.value.endswith(f".{suffix}")
