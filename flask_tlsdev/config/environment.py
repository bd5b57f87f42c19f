"""Which environment variables are the user's own, and what do ours say?

``flask`` loads ``.env`` and ``.flaskenv`` of the working folder, and of every
folder above it, into the environment. They come with a repository: they may
choose what its app does, but not where the user's CA lies.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from ..printable import printable

#: The files that ``flask`` loads by itself.
DOTENV_NAMES = (".flaskenv", ".env")

#: What :meth:`flask.Config.from_prefixed_env` makes ``TLSDEV_...`` of.
PREFIX = "FLASK_TLSDEV_"

#: What runs programs or consents. Only the user's own environment and the
#: command line have these.
DNS_HOOK, DEPLOY_HOOK = "TLSDEV_ACME_DNS_HOOK", "TLSDEV_DEPLOY_HOOK"
AGREE_TOS = "TLSDEV_ACME_AGREE_TOS"


def dotenv_files(
    environ: Mapping[str, str], env_file: str | os.PathLike[str] | None = None
) -> tuple[Path, ...]:
    """The dotenv files that ``flask`` may have loaded.

    :param env_file: The file of ``flask --env-file``.
    """
    found = [_nearest(name) for name in DOTENV_NAMES]
    # The reloader's child takes the variable for an option. A dotenv file that
    # the parent loaded may have set it.
    named = [Path(each) for each in (env_file, environ.get("FLASK_ENV_FILE")) if each]
    return (*filter(None, found), *filter(_is_file, named))


def _nearest(name: str) -> Path | None:
    """The file of that name in the working folder or else in one above it."""
    try:
        here = Path.cwd()
    except OSError:
        return None

    return next(filter(_is_file, (up / name for up in (here, *here.parents))), None)


def _is_file(path: Path) -> bool:
    """Whether ``flask`` would read it: some password managers offer a FIFO."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False

    return stat.S_ISREG(mode) or stat.S_ISFIFO(mode)


def user_environment(
    environ: Mapping[str, str], files: Iterable[Path] | None = None
) -> dict[str, str]:
    """The environment without what dotenv files put there.

    A variable is left out when one of the files gives it this very value.
    Where the file builds the value from other variables, it is left out
    whatever its value: building it again need not give what ``flask`` got,
    for those variables may have been changed by the file as well.

    :param files: The dotenv files. Not given: :func:`dotenv_files`.
    """
    files = dotenv_files(environ) if files is None else tuple(files)
    given = _dotenv_values(files)

    def is_foreign(name: str, value: str) -> bool:
        return any(value == each or "${" in each for each in given.get(name, ()))

    return {
        name: value for name, value in environ.items() if not is_foreign(name, value)
    }


def _dotenv_values(files: Iterable[Path]) -> dict[str, list[str]]:
    """The values that the files give to each variable, as they are written."""
    values: dict[str, list[str]] = {}
    for file in files:
        for name, value in _read_dotenv(file).items():
            if value is not None:
                values.setdefault(_as_in_environ(name), []).append(value)

    return values


def _read_dotenv(file: Path) -> Mapping[str, str | None]:
    """The file's variables. Nothing where ``flask`` would read nothing."""
    try:
        from dotenv import dotenv_values
    except ImportError:
        return {}

    try:
        return dotenv_values(file, interpolate=False, encoding="utf-8")
    except (OSError, ValueError):
        return {}


def _as_in_environ(name: str) -> str:
    # os.environ has upper-case names on Windows, whatever was set.
    return name.upper() if os.name == "nt" else name


def prefixed_config(environ: Mapping[str, str]) -> dict[str, object]:
    """What ``FLASK_TLSDEV_...`` variables say, as ``from_prefixed_env`` reads them.

    Each is JSON, or else text; two underscores lead into a mapping.
    """
    config: dict[str, object] = {}
    for variable in sorted(environ):
        if variable.startswith(PREFIX):
            key, *inner = variable.removeprefix(PREFIX).split("__")
            _place(config, [f"TLSDEV_{key}", *inner], _value(environ[variable]))

    return config


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _place(config: dict[str, Any], path: list[str], value: object) -> None:
    *parents, last = path
    for parent in parents:
        config = config.setdefault(parent, {})
        if not isinstance(config, dict):
            raise ConfigError(
                f"{printable(path[0])} is set as a whole and by parts.",
                key=path[0],
                hint=f"Unset either FLASK_{printable(path[0])}"
                f" or FLASK_{printable('__'.join(path))}.",
            )

    config[last] = value
