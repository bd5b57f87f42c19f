"""Which environment variable gives an option its value?"""

from __future__ import annotations

import click


def name_variables(command: click.Command, prefix: str) -> None:
    """Call each variable as its option is typed: ``FLASK_TLS_LIST_JSON``.

    Click would call it as the function's argument is called, which is another
    word where that is taken: ``json`` is a module, ``import`` not even a name.

    :param prefix: What the variables of the command begin with.
    """
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            name_variables(inner, f"{prefix}_{variable(name)}")

    for option in command.params:
        if _is_named_otherwise(option):
            option.envvar = f"{prefix}_{variable(_typed(option))}"


def _is_named_otherwise(option: click.Parameter) -> bool:
    return (
        isinstance(option, click.Option)
        and option.allow_from_autoenv
        and not option.envvar
        and option.name != _typed(option).replace("-", "_")
    )


def _typed(option: click.Parameter) -> str:
    """The option's longest spelling, without its dashes."""
    return max(option.opts, key=len).lstrip("-")


def variable(text: str) -> str:
    """A word of a command as a variable has it."""
    return text.upper().replace("-", "_")
