"""Which security headers does a response get?

One module for each header makes it of what its ``TLSDEV_*`` key says;
:class:`Recipe` lays presets, keys and overrides on one another, and
:class:`Policy` sends each header where it is of use.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ._makers import MAKERS as MAKERS
from .base import Facts as Facts
from .base import Header as Header
from .base import Kind as Kind
from .base import kind_of as kind_of
from .base import Reach as Reach
from .csp import hash_of as hash_of
from .policy import Explanation as Explanation
from .policy import Lines as Lines
from .policy import Policy as Policy
from .presets import DEFAULT as DEFAULT
from .presets import parse_preset as parse_preset
from .presets import PRESETS as PRESETS
from .recipe import HeaderProblem as HeaderProblem
from .recipe import make as make
from .recipe import OnProblem as OnProblem
from .recipe import Override as Override
from .recipe import Recipe as Recipe

#: What the header of each key in ``app.config`` is called.
NAMES: Mapping[str, str] = MappingProxyType(
    {key: maker.name for key, maker in MAKERS.items() if not maker.views_only}
)
