"""Which certificates each client is asked about: good ones, evil ones, controls.

Whoever holds the intermediate's key signs the evil ones. Each kind exists three
times: as a server's certificate, as a client's, and as one for signed code. The
controls are the same below a root without limits: a client that refuses them
would prove nothing by refusing the evil ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.profiles import authority
from tests.profiles import forged
from tests.profiles import leaf_for
from tests.profiles import new_key
from tests.profiles import plain_root

if TYPE_CHECKING:
    from flask_tlsdev.keys import PrivateKey

#: What a certificate is presented as.
SERVER = "server"
CLIENT = "client"
CODE = "code"

PURPOSES = {
    SERVER: ExtendedKeyUsageOID.SERVER_AUTH,
    CLIENT: ExtendedKeyUsageOID.CLIENT_AUTH,
    CODE: ExtendedKeyUsageOID.CODE_SIGNING,
}

#: The names of each good leaf, and what its clients ask for.
GOOD = (
    ("localhost", ("localhost",)),
    ("app.test", ("app.test",)),
    ("name.localhost", ("name.localhost",)),
    ("127.0.0.1", ("127.0.0.1",)),
    ("::1", ("::1",)),
    ("127.0.0.1, ::1", ("127.0.0.1", "::1")),
    ("*.app.test", ("shop.app.test",)),
    ("bücher.test", ("bücher.test",)),
    ("*.bücher.test", ("läden.bücher.test",)),
    (
        "localhost, 127.0.0.1, ::1, app.test, *.app.test, bücher.test",
        ("localhost", "127.0.0.1", "::1", "app.test", "any.app.test", "bücher.test"),
    ),
)

#: As the columns of ``docs/clients.csv``.
EVIL = (
    "google.com",
    "8.8.8.8",
    "localhost and google.com",
    "a CA",
    "signed code",
    "client with UPN",
    "e-mail",
    "URI",
)

MAIL = x509.RFC822Name("boss@company.example")
URI = x509.UniformResourceIdentifier("https://company.example/boss")
#: ``boss@company.example`` as a UTF8String: who logs on to a Windows domain.
UPN = x509.OtherName(
    x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3"),
    b"\x0c\x14boss@company.example",
)


@dataclass(frozen=True)
class Check:
    """One question: is this chain good for that host?"""

    #: ``good``, ``evil`` or ``control``.
    sort: str
    #: The names of a good leaf, or one of :data:`EVIL`.
    kind: str
    chain: tuple[x509.Certificate, ...]
    key: PrivateKey
    #: What a visitor types; an internationalized name as people write it.
    host: str

    def __str__(self) -> str:
        return f"{self.sort}: {self.kind} ({self.host})"

    @property
    def is_address(self) -> bool:
        return self.host[0].isdigit() or ":" in self.host

    @property
    def ascii_host(self) -> str:
        """The host as it goes over the wire."""
        return self.host.encode("idna").decode() if not self.is_address else self.host

    @property
    def url_host(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


def good() -> Iterator[Check]:
    """Leaves of ours, for everything that the CA is for."""
    ca, key = authority(), new_key()

    for names, hosts in GOOD:
        chain = (leaf_for(names, key), ca.intermediate)
        yield from (Check("good", names, chain, key, host) for host in hosts)


def evil(presented_as: str) -> Iterator[Check]:
    """What a thief of the intermediate's key signs."""
    ca = authority()
    return _signed("evil", presented_as, ca.key, ca.intermediate, (ca.intermediate,))


def controls(presented_as: str) -> Iterator[Check]:
    """The same, below a root without limits."""
    return _signed("control", presented_as, unlimited_key(), unlimited_root(), ())


def unlimited_key() -> PrivateKey:
    return new_key(which="unlimited")


def unlimited_root() -> x509.Certificate:
    return _ROOT


_ROOT = plain_root(new_key(which="unlimited"))


def _signed(
    sort: str,
    presented_as: str,
    signer: PrivateKey,
    issuer: x509.Certificate,
    rest: tuple[x509.Certificate, ...],
) -> Iterator[Check]:
    key, below_key = new_key(), new_key(which="below")
    usage = PURPOSES[presented_as]
    below = forged(below_key, signer=signer, issuer=issuer, ca=True)

    def leaf(
        *entries: str | x509.GeneralName, usage: x509.ObjectIdentifier = usage
    ) -> tuple[x509.Certificate, ...]:
        made = forged(
            key,
            signer=signer,
            issuer=issuer,
            san=_san(*entries),
            subject=x509.Name([]),
            usage=usage,
        )
        return (made, *rest)

    def check(kind: str, chain: tuple[x509.Certificate, ...], host: str) -> Check:
        return Check(sort, kind, chain, key, host)

    yield check("google.com", leaf("google.com"), "google.com")
    yield check("8.8.8.8", leaf("8.8.8.8"), "8.8.8.8")

    mixed = leaf("localhost", "google.com")
    for host in ("localhost", "google.com"):
        yield check("localhost and google.com", mixed, host)

    for host in ("localhost", "google.com"):
        by_below = forged(
            key, signer=below_key, issuer=below, san=_san(host), usage=usage
        )
        yield check("a CA", (by_below, below, *rest), host)

    code = leaf("localhost", usage=PURPOSES[CODE])
    yield check("signed code", code, "localhost")
    upn = leaf(*_named(presented_as), UPN, usage=PURPOSES[CLIENT])
    yield check("client with UPN", upn, "localhost")
    yield check("e-mail", leaf(*_named(presented_as), MAIL), "localhost")
    yield check("URI", leaf(*_named(presented_as), URI), "localhost")


def _named(presented_as: str) -> tuple[str, ...]:
    """A server needs a host besides, or nobody would come to it."""
    return ("localhost",) if presented_as == SERVER else ()


def _san(*entries: str | x509.GeneralName) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([_entry(each) for each in entries])


def _entry(entry: str | x509.GeneralName) -> x509.GeneralName:
    if not isinstance(entry, str):
        return entry

    if entry[0].isdigit():
        return x509.IPAddress(ip_address(entry))

    return x509.DNSName(entry)
