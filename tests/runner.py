"""Click's test runner, with the same answers from every click that we support."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any
from typing import TYPE_CHECKING

from click.testing import CliRunner as ClickRunner
from click.testing import Result

if TYPE_CHECKING:
    from click import Command

#: Before 8.2 there were not both: stdout and stderr apart, and all of it.
OLD = tuple(map(int, version("click").split(".")[:2])) < (8, 2)
APART: Mapping[str, Any] = {"mix_stderr": False} if OLD else {}


class CliRunner(ClickRunner):
    """``stdout`` and ``stderr`` are apart, and ``output`` is all of it."""

    def __init__(self) -> None:
        super().__init__(**APART)

    def invoke(self, cli: Command, *args: Any, **kwargs: Any) -> Result:
        result = super().invoke(cli, *args, **kwargs)
        if OLD:
            result.__class__ = _Result
        return result


class _Result(Result):
    @property
    def output(self) -> str:
        return self.stdout + self.stderr
