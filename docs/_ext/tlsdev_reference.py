"""Makes the reference pages from the code that they are about.

``.. tlsdev-keys::`` writes down every ``TLSDEV_*`` key of
:data:`flask_tlsdev.config.KEYS`, ``.. tlsdev-commands::`` every command below
``flask tls`` with its options. Neither has a list of its own to keep up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from typing import TYPE_CHECKING

import click
from flask.cli import cli as flask_group
from sphinx.util.docutils import SphinxDirective

from flask_tlsdev.cli import tls
from flask_tlsdev.config import Key
from flask_tlsdev.config import KEYS
from flask_tlsdev.config.keys import BY_PRESET

if TYPE_CHECKING:
    from docutils.nodes import Node
    from sphinx.application import Sphinx


class Keys(SphinxDirective):
    """Every configuration key: what it is for, what it takes, its default."""

    def run(self) -> list[Node]:
        text = "\n".join(line for name, key in KEYS.items() for line in _key(name, key))
        return self.parse_text_to_nodes(text)


def _key(name: str, key: Key) -> Iterator[str]:
    yield from (f".. confval:: {name}", f"    :default: {_default(key)}", "")
    yield from (f"    {key.doc}", "")
    yield from (f"    It takes {escape(key.takes)}.", "")


def _default(key: Key) -> str:
    if key.default is BY_PRESET:
        return BY_PRESET

    text = key.default if isinstance(key.default, str) else repr(key.default)
    return f"``{text}``"


class Commands(SphinxDirective):
    """Every command: its usage, what it does, its options."""

    def run(self) -> list[Node]:
        flask = click.Context(
            flask_group, info_name="flask", auto_envvar_prefix="FLASK"
        )
        text = "\n".join(_command(tls, click.Context(tls, flask, info_name="tls")))
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    path = context.command_path
    usage = " ".join((path, *command.collect_usage_pieces(context)))
    yield from (path, "-" * len(path), "", f".. program:: {path}", "")
    yield from (".. code-block:: text", "", f"    {usage}", "")
    yield from (prose(command.help or ""), "")

    for option in command.params:
        if isinstance(option, click.Option):
            yield from _option(option, context)

    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _command(inner, click.Context(inner, context, info_name=name))


def _option(option: click.Option, context: click.Context) -> Iterator[str]:
    record = option.get_help_record(context)
    if record is None:
        return

    names, text = record
    # "--reload / --no-reload" are two options to Sphinx, like "-h, --host".
    yield from (f".. option:: {names.replace(' / ', ', ')}", "")
    yield from (f"    {prose(text)}", "", f"    {_variables(option, context)}", "")


def _variables(option: click.Option, context: click.Context) -> str:
    """Which environment variables give this option a value."""
    given = option.envvar
    names = [given] if isinstance(given, str) else list(given or ())
    if not names and option.allow_from_autoenv:
        names = [f"{context.auto_envvar_prefix}_{option.name}".upper()]

    if not names:
        return "On the command line only."

    return "Environment: " + ", ".join(f"``{name}``" for name in names)


def prose(text: str) -> str:
    """Help for a terminal as reStructuredText, in one paragraph per paragraph."""
    text = text.replace("\b", "")
    paragraphs = (" ".join(each.split()) for each in re.split(r"\n\s*\n", text))
    return "\n\n".join(
        re.sub("`([^`]+)`", r"``\1``", escape(each)) for each in paragraphs
    )


def escape(text: str) -> str:
    """Text without the meaning that reStructuredText gives to single characters."""
    return re.sub(r"([*|\\]|_\b)", r"\\\1", text)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("tlsdev-keys", Keys)
    app.add_directive("tlsdev-commands", Commands)
    return {"parallel_read_safe": True}
