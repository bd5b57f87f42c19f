"""dns-01: a TXT record below the name (RFC 8555, section 8.4)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from contextlib import ExitStack
from dataclasses import dataclass

from .... import hooks
from ....errors import ChallengeFailed
from ....errors import TLSDevError
from ....hooks import Hook
from ...talk import Record
from ...talk import Talk
from ._base import Challenge
from ._propagation import Propagation


@dataclass(frozen=True)
class Dns01:
    """Sets TXT records by a program of the user, or asks him to."""

    hook: Hook | None
    dns_server: str | None
    talk: Talk
    issuer_id: str

    kind = "dns-01"
    advice = ""

    @contextmanager
    def solving(self, challenges: Sequence[Challenge]) -> Iterator[None]:
        records = [record_of(each) for each in challenges]
        with ExitStack() as stack:
            if self.hook is not None:
                for at, each in enumerate(challenges):
                    environment = _environment(challenges, at)
                    stack.enter_context(self._set_by_hook(self.hook, each, environment))
            else:
                self._ask(records)

            self._await(records)
            yield

    @contextmanager
    def _set_by_hook(
        self, hook: Hook, challenge: Challenge, environment: dict[str, str]
    ) -> Iterator[None]:
        said = ""
        try:
            # Also after a hook that failed half-way there may be a record.
            self.talk.tell(f"Setting the record of {challenge.name}.")
            said = hooks.run(hook, ["auth"], environment)
            yield
        finally:
            self._clean_up(hook, {**environment, "CERTBOT_AUTH_OUTPUT": said})

    def _clean_up(self, hook: Hook, environment: dict[str, str]) -> None:
        try:
            hooks.run(hook, ["cleanup"], environment)
        except TLSDevError as error:
            # A record that stays does no harm, a lost certificate would.
            self.talk.tell(f"Warning: {error.message}")

    def _ask(self, records: Sequence[Record]) -> None:
        if self.talk.wait_for_records is None:
            raise ChallengeFailed(
                "dns-01 needs somebody who sets a TXT record.",
                issuer_id=self.issuer_id,
                hint="Name a program: --dns-hook PROGRAM, or type the command on a"
                " terminal to be asked.",
            )

        self.talk.wait_for_records(records)

    def _await(self, records: Sequence[Record]) -> None:
        propagation = Propagation(self.dns_server, self.issuer_id)
        for record in records:
            self.talk.tell(f"Waiting until {record.name} is to be seen.")
            propagation.wait_for(record)


def record_of(challenge: Challenge) -> Record:
    """The record that answers."""
    digest = hashlib.sha256(challenge.key_authorization.encode()).digest()
    value = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return Record(f"_acme-challenge.{challenge.name.value.removeprefix('*.')}", value)


def _environment(challenges: Sequence[Challenge], at: int) -> dict[str, str]:
    """What certbot tells its hooks, under the names that it has for it."""
    record = record_of(challenges[at])
    names = (each.name.value for each in challenges)
    return {
        "CERTBOT_DOMAIN": record.name.removeprefix("_acme-challenge."),
        "CERTBOT_VALIDATION": record.value,
        "CERTBOT_ALL_DOMAINS": ",".join(names),
        "CERTBOT_REMAINING_CHALLENGES": str(len(challenges) - at - 1),
    }
