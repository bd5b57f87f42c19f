"""How does an app show a file that an authority wants to see under its name?

A commercial authority asks for a file of its making at a path of its choosing
(CA/Browser Forum Baseline Requirements 3.2.2.4.18).
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol
from typing import TYPE_CHECKING

from flask import request
from flask import send_from_directory

from ._well_known import answer_below

if TYPE_CHECKING:
    from flask import Flask
    from flask import Response

#: The one folder that the requirements allow.
PATH = "/.well-known/pki-validation/"


class _Settings(Protocol):
    @property
    def validation_path(self) -> Path | None: ...


class HasSettings(Protocol):
    """Whatever knows an app's settings; they are asked for at each request."""

    @property
    def settings(self) -> _Settings: ...


class ValidationHooks:
    """The validation files of one app.

    :param state: Where the app's settings are found.
    """

    def __init__(self, state: HasSettings) -> None:
        self._state = state

    def init_app(self, app: Flask) -> None:
        """Answer before anything of the app does, a log-in or a redirect."""
        answer_below(app, PATH, self.answer)

    def answer(self) -> Response | None:
        """The file that was asked for, if it is one of the folder."""
        if not request.path.startswith(PATH) or request.method not in ("GET", "HEAD"):
            return None

        folder = self._state.settings.validation_path
        if folder is None:
            return None

        # Whatever it holds is shown as text: an authority reads it, no browser
        # is to run it.
        name = request.path.removeprefix(PATH)
        answer = send_from_directory(folder, name, mimetype="text/plain", max_age=0)
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer
