"""Can a TXT record be seen yet by whoever asks the zone's own servers?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ....errors import ChallengeFailed
from ....printable import quoted
from ...talk import Record
from ..dns_server import parse as parse_dns_server

if TYPE_CHECKING:
    from dns.resolver import Resolver

#: After so many seconds a record is taken for lost. Slow providers need one
#: minute, and a failed validation counts against the account.
PATIENCE = 120.0
_PAUSE = 0.5
_LONGEST_PAUSE = 5.0
_LOOKUP_SECONDS = 5.0


@dataclass(frozen=True)
class Propagation:
    """Looks for records.

    :param server: Who is asked; ``None``: the servers of the record's zone, since
        the resolver of this machine would remember that there was none.
    """

    server: str | None
    issuer_id: str
    patience: float = PATIENCE

    def wait_for(self, record: Record) -> None:
        """Come back when every server has the record.

        Where no server of the zone can be asked at all, the authority is left to
        find out.

        :raises ChallengeFailed: It has not come.
        """
        end = time.monotonic() + self.patience
        pause = _PAUSE
        servers = list(self._servers(record.name))

        while missing := [each for each in servers if not _has(each, record)]:
            left = end - time.monotonic()
            if left <= 0:
                raise self._failure(record, missing)

            time.sleep(min(pause, left))
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _failure(self, record: Record, missing: list[Resolver]) -> ChallengeFailed:
        who = ", ".join(str(each.nameservers[0]) for each in missing[:4])
        return ChallengeFailed(
            f"The TXT record {quoted(record.name)} cannot be seen after"
            f" {self.patience:g} seconds; asked: {who}.",
            issuer_id=self.issuer_id,
            hint=f"Look what the hook has set: dig TXT {record.name}",
        )

    def _servers(self, name: str) -> Iterator[Resolver]:
        import dns.exception
        import dns.resolver

        if self.server is not None:
            address, port = parse_dns_server(self.server)
            yield _resolver([address], port)
            return

        try:
            zone = dns.resolver.zone_for_name(name, lifetime=_LOOKUP_SECONDS)
            found = dns.resolver.resolve(zone, "NS", lifetime=_LOOKUP_SECONDS)
            hosts = sorted(str(each.target) for each in found)[:8]
        except (dns.exception.DNSException, OSError):
            return

        for host in hosts:
            try:
                answer = dns.resolver.resolve(host, "A", lifetime=_LOOKUP_SECONDS)
                yield _resolver([str(each) for each in answer], 53)
            except (dns.exception.DNSException, OSError):
                continue


def _resolver(addresses: list[str], port: int) -> Resolver:
    import dns.resolver

    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = list(addresses)
    resolver.port = port
    resolver.lifetime = _LOOKUP_SECONDS
    return resolver


def _has(resolver: Resolver, record: Record) -> bool:
    import dns.exception

    try:
        answer = resolver.resolve(f"{record.name}.", "TXT", search=False)
    except (dns.exception.DNSException, OSError):
        return False

    return any(b"".join(each.strings) == record.value.encode() for each in answer)
