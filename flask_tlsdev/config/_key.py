"""What is a key of ``app.config``, and how is its value read?"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any
from typing import Final
from typing import NamedTuple

from ..errors import ConfigError
from ..errors import TLSDevError

#: The default of a header's key: ``TLSDEV_HEADERS`` decides.
BY_PRESET: Final = "as TLSDEV_HEADERS says"


class Key(NamedTuple):
    """One key of ``app.config``."""

    #: What it is when nobody sets it, in the form in which people set it.
    default: object
    #: Makes the value that the program works with, or raises ``ValueError``.
    parse: Callable[[Any], Any]
    #: What it may be, for a sentence that begins "It takes".
    takes: str
    #: What it is for, in one sentence.
    doc: str

    def read(self, name: str, config: Mapping[str, object]) -> Any:
        """The value that the program works with.

        :raises ConfigError: What is configured is none that it can have.
        """
        cause: Exception
        try:
            return self.parse(config.get(name, self.default))
        except TLSDevError as error:
            message, hint, cause = error.message, error.hint, error
        except ValueError as error:
            message, hint, cause = str(error), "", error

        hint = f"{hint} It takes {self.takes}.".lstrip()
        raise ConfigError(f"{name}: {message}", key=name, hint=hint) from cause


def read_all(keys: Mapping[str, Key], config: Mapping[str, object]) -> dict[str, Any]:
    """The value of each of these keys.

    :raises ConfigError: One is none that its key can have.
    """
    return {name: key.read(name, config) for name, key in keys.items()}
