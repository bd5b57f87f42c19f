"""How files reach the disk: whole or not at all, and in nobody else's reach.

Everything stands on ``_base``, and ``_data`` on ``_folders`` and ``_writing`` too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..later import later
from ._data import data_folder as data_folder
from ._data import make_data_folder as make_data_folder
from ._folders import check_folder as check_folder
from ._folders import exists as exists
from ._folders import folders_in as folders_in
from ._folders import git_tree_of as git_tree_of
from ._folders import keeps_modes as keeps_modes
from ._folders import make_private_folder as make_private_folder
from ._reading import read as read

if TYPE_CHECKING:
    from ._locking import lock as lock
    from ._writing import check_free as check_free
    from ._writing import create as create
    from ._writing import delete as delete
    from ._writing import delete_folder as delete_folder
    from ._writing import delete_leftovers as delete_leftovers
    from ._writing import write as write
    from ._writing import write_all as write_all

#: A start that finds everything there writes nothing.
__getattr__ = later(
    __name__,
    {
        "lock": "_locking",
        "check_free": "_writing",
        "create": "_writing",
        "delete": "_writing",
        "delete_folder": "_writing",
        "delete_leftovers": "_writing",
        "write": "_writing",
        "write_all": "_writing",
    },
)
