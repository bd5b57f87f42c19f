"""Which names may a certificate hold, and which of them may our CA sign?

A :class:`Name` is made by :func:`parse`, which refuses what no client would
accept and says why. :class:`Permits` are the names that a CA is limited to.
Nothing here needs more than the standard library.
"""

from __future__ import annotations

from ._development import is_development as is_development
from ._name import Name as Name
from ._parsing import parse as parse
from ._parsing import parse_name as parse_name
from ._permits import check_permit as check_permit
from ._permits import DEFAULT_PERMITS as DEFAULT_PERMITS
from ._permits import explain_permit as explain_permit
from ._permits import Permits as Permits
from ._suffixes import is_public_suffix as is_public_suffix
