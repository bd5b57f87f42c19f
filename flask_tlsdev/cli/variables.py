"""Which environment variable gives an option its value?"""

from __future__ import annotations

import click


def name_variables(group: click.Group, prefix: str) -> None:
    """Call each variable as its option is typed: ``FLASK_TLS_LIST_JSON``.

    Click would call it as the function's argument is called, which is another
    word where that is taken: ``json`` is a module, ``import`` not even a name.

    :param prefix: What the variables of the group's commands begin with.
    """
    for name, command in group.commands.items():
        own = f"{prefix}_{_variable(name)}"
        if isinstance(command, click.Group):
            name_variables(command, own)

        for option in command.params:
            if _is_named_otherwise(option):
                option.envvar = f"{own}_{_variable(_typed(option))}"


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


def _variable(text: str) -> str:
    return text.upper().replace("-", "_")
