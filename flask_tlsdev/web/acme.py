"""How does the app answer http-01 for an order that is pending somewhere?"""

from __future__ import annotations

from typing import Protocol
from typing import TYPE_CHECKING

from flask import request
from flask import Response

from ..challenges import Challenges
from ..challenges import HTTP_PATH
from ..errors import TLSDevError
from ._well_known import answer_below

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask


class _Settings(Protocol):
    @property
    def store_path(self) -> Path: ...


class HasSettings(Protocol):
    @property
    def settings(self) -> _Settings: ...


class AcmeHook:
    """Answers under ``/.well-known/acme-challenge/`` while an order is pending.

    At all other times the app does, with its own 404. The answers are files of
    the store, so that any process of any host that shares it can give them.

    :param state: Where the app's settings are found.
    """

    def __init__(self, state: HasSettings) -> None:
        self._state = state

    def init_app(self, app: Flask) -> None:
        """Answer before everything else: no login, no redirect to HTTPS."""
        answer_below(app, HTTP_PATH, self.answer)

    def answer(self) -> Response | None:
        """The key authorization, for a token that is pending."""
        if not request.path.startswith(HTTP_PATH):
            return None

        found = self._find(request.path.removeprefix(HTTP_PATH))
        if found is None or request.method not in ("GET", "HEAD"):
            return None

        return Response(found, mimetype="application/octet-stream")

    def _find(self, token: str) -> bytes | None:
        try:
            return Challenges(self._state.settings.store_path).key_authorization(token)
        except TLSDevError:
            # A user without a home has no store.
            return None
