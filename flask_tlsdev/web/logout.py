"""What does a browser forget when somebody logs out?"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import TypeVar

from ..headers import make

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

R = TypeVar("R", bound="Response")


def clear_site_data(response: R, *kinds: str) -> R:
    """The response, with the browser told to forget what it has of this site.

    ::

        @app.post("/logout")
        def logout():
            session.clear()
            return clear_site_data(redirect("/"))

    :param kinds: ``cache``, ``cookies``, ``storage`` and so on, or ``*`` for
        everything. Not given: these three.
    :raises ValueError: There is no such kind.
    """
    (header,) = make("CLEAR_SITE_DATA", list(kinds) or True)
    response.headers[header.name] = header.text
    return response
