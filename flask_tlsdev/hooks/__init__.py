"""Which programs of the user may run, and how?

A hook is a list of arguments and never goes through a shell. It comes from the
command line, from the user's own environment, or from a file of the project
whose content the user has approved, as direnv does it.
"""

from __future__ import annotations

from ._project import PROJECT_FILE as PROJECT_FILE
from ._project import ProjectHooks as ProjectHooks
from ._running import find_program as find_program
from ._running import Hook as Hook
from ._running import run as run
