"""What went wrong below, where each library has wrapped the error of the next?"""

from __future__ import annotations

from collections.abc import Iterator


def causes_of(error: BaseException | None) -> Iterator[BaseException]:
    """The error and all that are inside it, the outermost first."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if not isinstance(each, BaseException) or id(each) in seen:
            continue

        seen.add(id(each))
        yield each
        waiting += [each.__cause__, each.__context__, getattr(each, "reason", None)]
        waiting += [arg for arg in each.args if isinstance(arg, BaseException)]
