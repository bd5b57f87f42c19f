"""How does the dev server speak HTTP, and who starts it?

Werkzeug's server does what it does well: it listens, reloads, and gives each
client a thread. What happens in that thread is :class:`RequestHandler`'s.
"""

from __future__ import annotations

from .handler import CONNECTION as CONNECTION
from .handler import PAGE_PATH as PAGE_PATH
from .handler import QUIET as QUIET
from .limits import Limits as Limits
from .run import Options as Options
from .run import serve as serve
