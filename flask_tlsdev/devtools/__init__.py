"""What does a developer see at ``/_tlsdev/`` while the app runs?

:class:`Page` is a WSGI app around the app. Whatever the :class:`Gate` does not let
in, and every path that is none of the page's, is left to the app.

The page is made of panels. A panel called ``thing`` is

-   a module here with a :class:`Panel` in it, which stands in ``registry.PANELS``:
    an id, a title, a sentence, and ``state(asked)``, which gives what
    ``GET /_tlsdev/state/thing`` answers, as JSON. ``asked.args`` has the query,
    ``asked.run`` the app and its server;
    What it needs is imported at the top of the module: panels are asked at the same
    time, and threads that import one package in two orders wait for each other;
-   optionally ``files(asked, name)`` for what is below ``/_tlsdev/files/thing/``;
-   ``static/thing.js``, a module that calls ``panel("thing", {render, event})`` of
    ``base.js``: ``render(state, content)`` fills the panel's own ``<section>``,
    ``event(data)`` is called for each of its events, ``hear()`` those of others;
-   ``static/thing.css``, whose rules all begin with ``#thing``.

A panel's script makes elements (``element()`` of ``base.js``) and never markup out of
text: the page's policy requires Trusted Types and knows none.

What happens while the server runs is told with ``tell("thing", data)``, which a part
of the package finds as ``app.extensions["tlsdev"].tell`` (``None`` without a page)
and a panel as ``asked.run.hub.tell``. The last 200 of each panel are kept:
``asked.run.hub.recent("thing")``. Each is given ``id`` and ``at``, and goes to
``GET /_tlsdev/events`` at once. Data is what ``json.dumps`` takes; foreign text in it
needs no escaping, since it never becomes markup.
"""

from __future__ import annotations

from .events import Hub as Hub
from .gate import Gate as Gate
from .page import Page as Page
from .panel import Asked as Asked
from .panel import Download as Download
from .panel import Panel as Panel
from .panel import Run as Run
