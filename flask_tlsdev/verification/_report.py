"""How is the answer shown to a person and to a program?"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from typing import Literal

from ..errors import CertificateError

Status = Literal["ok", "failed", "warning", "not checked"]

_MARKS: dict[str, str] = {
    "ok": "ok      ",
    "failed": "FAILED  ",
    "warning": "warning ",
    "not checked": "-       ",
}


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    #: ``chain``, ``dates``, ``names``, ...: stable.
    name: str
    status: Status
    #: In words, printable.
    text: str


@dataclass(frozen=True)
class Report:
    """Everything that was looked at, in the order in which a client does."""

    #: Whose certificate, printable.
    subject: str
    #: From the leaf to the root, or as far as it goes, each printable.
    path: tuple[str, ...]
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        return not any(check.status == "failed" for check in self.checks)

    def as_dict(self) -> dict[str, Any]:
        """What ``json.dumps`` takes. The keys are stable."""
        return {
            "subject": self.subject,
            "ok": self.ok,
            "path": list(self.path),
            "checks": [vars(check) for check in self.checks],
        }

    def as_text(self) -> str:
        verdict = "is good" if self.ok else "must not be used"
        return "\n".join(
            [f"{self.subject} {verdict}."]
            + [f"  {_MARKS[c.status]}{c.name}: {c.text}" for c in self.checks]
        )


def tried(name: str, good: str, look: Callable[[], object]) -> Check:
    """A check that raises where something is wrong.

    :param good: What is said if it does not.
    """
    try:
        look()
    except CertificateError as error:
        return Check(name, "failed", str(error))

    return Check(name, "ok", good)


def each_tried(
    name: str, good: str, looks: list[Callable[[], object]]
) -> Iterator[Check]:
    """One check for each of the looks that raises, or one for all."""
    failed = [
        check for look in looks if (check := tried(name, good, look)).status == "failed"
    ]
    yield from dict.fromkeys(failed) or [Check(name, "ok", good)]
