"""Which names is a CA limited to, and what may it be limited to at all?"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from ipaddress import ip_network
from ipaddress import IPv4Network
from ipaddress import IPv6Network
from typing import NamedTuple
from typing import TypeAlias

from ..errors import InvalidName
from ..printable import quoted
from ._idn import to_unicode
from ._name import Name
from ._parsing import parse_name
from ._suffixes import is_public_suffix
from ._suffixes import public_suffix_below

_Network: TypeAlias = IPv4Network | IPv6Network

#: Ranges that nobody reaches from the Internet; each may be permitted whole.
_PRIVATE: tuple[_Network, ...] = (
    ip_network("127.0.0.0/8"),
    ip_network("10.0.0.0/8"),
    ip_network("172.16.0.0/12"),
    ip_network("192.168.0.0/16"),
    ip_network("169.254.0.0/16"),
    ip_network("100.64.0.0/10"),
    ip_network("::1/128"),
    ip_network("fc00::/7"),
    ip_network("fe80::/10"),
)

#: The widest public range by IP version, about what one large organisation
#: owns. Wider ones hold other people's servers.
_WIDEST = {4: 16, 6: 32}

_MAPPED = IPv6Network("::ffff:0:0/96")

#: Services that give everybody a name below theirs for any address.
_WILDCARD_DNS = ("nip.io", "sslip.io")

#: What these names reach, for :func:`explain_permit`.
_REACH = {
    "localhost": "on this machine only",
    "test": "which no public DNS server knows",
    "example": "which no public DNS server knows",
    "invalid": "which no public DNS server knows",
    "local": "which are printers, routers and computers on every network you join",
    "lan": "which are routers and computers on many home networks",
    "internal": "which many companies and clouds use inside their networks",
    "home.arpa": "which are routers and computers on home networks",
}


class Permits(NamedTuple):
    """The names that a CA may sign. All others it cannot sign.

    Make it with :meth:`from_texts` or from :data:`DEFAULT_PERMITS`.
    """

    #: Domains in A-labels; each stands for itself and all names below.
    domains: tuple[str, ...]
    networks: tuple[IPv4Network | IPv6Network, ...]

    @classmethod
    def from_texts(cls, texts: Iterable[str]) -> Permits:
        """The permits that :attr:`texts` of others were written from.

        :raises InvalidName: if one of them must not be permitted.
        """
        return cls((), ()).with_(*texts)

    @property
    def texts(self) -> tuple[str, ...]:
        """Each as a text, for files and for people."""
        return (*self.domains, *map(str, self.networks))

    def __str__(self) -> str:
        return ", ".join((*map(to_unicode, self.domains), *map(str, self.networks)))

    def with_(self, *texts: str) -> Permits:
        """These and the given ones; what another one holds is left out.

        :raises InvalidName: if one must not be permitted.
        """
        domains, networks = list(self.domains), list(self.networks)

        for text in texts:
            permit = _parse_permit(text)
            if isinstance(permit, str):
                domains.append(permit)
            else:
                networks.append(permit)

        return Permits(_widest_domains(domains), _widest_networks(networks))

    def allows(self, name: Name) -> bool:
        """Whether the CA may sign this name."""
        if name.kind == "ip":
            return any(name.address in network for network in self.networks)

        return any(name.is_below(domain) for domain in self.domains)

    def missing(self, names: Iterable[Name]) -> tuple[Name, ...]:
        """Those of the names that the CA may not sign."""
        return tuple(name for name in names if not self.allows(name))


#: What the local CA may sign unless the user permits more.
DEFAULT_PERMITS = Permits(
    ("localhost", "test"), (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
)


def check_permit(text: str) -> str:
    """The permit as our files write it, if a CA may be made for it.

    :param text: A domain (all names below are meant, too), an address or a
        network such as ``192.168.1.0/24``.
    :raises InvalidName: with the reason.
    """
    return str(_parse_permit(text))


def explain_permit(text: str) -> str:
    """What a thief of the CA's key could impersonate with this permit."""
    permit = _parse_permit(text)
    return f"Whoever steals the CA's key can pose as {_reach(permit)}."


def _reach(permit: str | _Network) -> str:
    if isinstance(permit, str):
        shown = to_unicode(permit)
        where = _REACH.get(permit, "")
        return f"{shown} and every name below it" + (f", {where}" if where else "")

    if permit.num_addresses == 1:
        return str(permit.network_address)

    return f"every address from {permit[0]} to {permit[-1]}"


def _parse_permit(text: str) -> str | _Network:
    if "/" in text and "://" not in text:
        return _parse_network(text)

    name = parse_name(text)

    if name.kind == "ip":
        return ip_network(name.value)

    _check_domain(text, name)
    return name.value


def _refused(text: str, reason: str, hint: str = "") -> InvalidName:
    return InvalidName(
        f"{quoted(text)} cannot be permitted: {reason}", text=text, hint=hint
    )


def _check_domain(text: str, name: Name) -> None:
    domain = name.value

    if name.wildcard:
        raise _refused(
            text, "a permit has no wildcard.", f"Did you mean {name.unicode[2:]}?"
        )

    hint = f"Permit only the names that are yours, such as app.{name.unicode}."

    if is_public_suffix(domain):
        raise _refused(text, "anybody can have a name below it.", hint)

    if domain in _WILDCARD_DNS:
        hint = f"Permit the name of one address, such as 192-168-1-20.{domain}."
        raise _refused(text, "it stands for every address there is.", hint)

    if below := public_suffix_below(domain):
        reason = f"anybody can have a name below {below}, which it includes."
        raise _refused(text, reason, hint)


def _parse_network(text: str) -> _Network:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise _refused(
            text, "it is no network.", "Write one such as 192.168.1.0/24."
        ) from None

    if ip_address(text.partition("/")[0]) != network.network_address:
        raise _refused(
            text,
            "it is an address inside a network.",
            f"Did you mean {network}, or only {text.partition('/')[0]}?",
        )

    _check_width(text, network)
    return network


def _check_width(text: str, network: _Network) -> None:
    if isinstance(network, IPv6Network) and _holds(_MAPPED, network):
        inner = (int(network.network_address) & 0xFFFFFFFF, network.prefixlen - 96)
        hint = f"Did you mean {IPv4Network(inner)}?"
        raise _refused(text, "it holds IPv4 addresses in the form of IPv6.", hint)

    if any(_holds(private, network) for private in _PRIVATE):
        return

    widest = _WIDEST[network.version]

    if network.prefixlen < widest:
        raise _refused(
            text,
            "it holds other people's addresses.",
            f"The widest public network that can be permitted is a /{widest}.",
        )


def _holds(outer: _Network, inner: _Network) -> bool:
    return (
        outer.version == inner.version
        and outer.prefixlen <= inner.prefixlen
        and inner.network_address in outer
    )


def _widest_domains(domains: Iterable[str]) -> tuple[str, ...]:
    names = [Name("dns", domain) for domain in dict.fromkeys(domains)]
    return tuple(
        name.value
        for name in names
        if not any(o != name and name.is_below(o.value) for o in names)
    )


def _widest_networks(networks: Iterable[_Network]) -> tuple[_Network, ...]:
    each = list(dict.fromkeys(networks))
    return tuple(n for n in each if not any(o != n and _holds(o, n) for o in each))
