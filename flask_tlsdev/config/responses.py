"""What do the keys of headers say, together?

The values of the single headers are what ``TLSDEV_HEADERS`` makes of them all,
since some speak for others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from typing import NamedTuple

from .. import headers
from ..errors import ConfigError
from ..web.cookies import CookiePolicy
from ..web.fetch_metadata import FetchMetadata
from ..web.https import ForceHTTPS
from ..web.reports import Sink
from ._key import BY_PRESET
from .header_keys import KEYS


class Responses(NamedTuple):
    """What responses get, and what depends on the request beside it."""

    recipe: headers.Recipe
    #: Other headers below these paths.
    paths: Mapping[str, headers.Override]
    #: In lower case.
    removed_headers: frozenset[str]
    cookies: CookiePolicy | None
    force_https: ForceHTTPS | None
    fetch_metadata: FetchMetadata | None
    reports: Sink | None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Responses:
        return cls(
            values["TLSDEV_HEADERS"],
            values["TLSDEV_PATHS"],
            values["TLSDEV_REMOVED_HEADERS"],
            values["TLSDEV_COOKIES"],
            values["TLSDEV_FORCE_HTTPS"],
            values["TLSDEV_FETCH_METADATA"],
            values["TLSDEV_REPORTS"],
        )


def read(
    config: Mapping[str, object], on_problem: headers.OnProblem | None = None
) -> dict[str, Any]:
    """The value of every key: of a header's the headers that it makes, and of
    ``TLSDEV_HEADERS`` the recipe of them all.

    :param on_problem: Told of a header that should not be what it was told to
        be, instead of raising it.
    :raises ConfigError: A value is none that its key can have.
    """
    preset: str = KEYS["TLSDEV_HEADERS"].read("TLSDEV_HEADERS", config)
    made = recipe(config, preset, on_problem)
    read: dict[str, Any] = {}
    for name, key in KEYS.items():
        short = name.removeprefix("TLSDEV_")
        if name == "TLSDEV_HEADERS":
            read[name] = made
        elif short in headers.NAMES:
            read[name] = made.entries[short].headers
        elif key.default is BY_PRESET and name not in config:
            read[name] = key.parse(headers.PRESETS[preset].get(short))
        else:
            read[name] = key.read(name, config)

    return read


def recipe(
    config: Mapping[str, object],
    preset: str,
    on_problem: headers.OnProblem | None = None,
) -> headers.Recipe:
    """What makes the headers: the preset, with the keys on top of it."""
    made = headers.Recipe.of(preset)
    given = {key for key in headers.NAMES if f"TLSDEV_{key}" in config}
    # These two are kept in step: that both are given has to be seen.
    together = given & {"CSP", "FRAME_OPTIONS"}
    for keys in (
        [*together],
        *([key] for key in headers.NAMES if key in given - together),
    ):
        made = _on_top(made, {key: config[f"TLSDEV_{key}"] for key in keys}, on_problem)

    return made


def _on_top(
    made: headers.Recipe,
    changes: Mapping[str, object],
    on_problem: headers.OnProblem | None,
) -> headers.Recipe:
    origin = " and ".join(f"TLSDEV_{key}" for key in sorted(changes))
    try:
        return made.changed(changes, origin, on_problem)
    except headers.HeaderProblem as problem:
        name = f"TLSDEV_{problem.key}"
        raise ConfigError(
            f"{name}: {problem.message}", key=name, hint=f"It takes {KEYS[name].takes}."
        ) from problem
