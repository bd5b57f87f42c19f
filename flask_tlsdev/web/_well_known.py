"""Who answers below a path that no view of the app is asked for?"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIApplication
    from flask import Flask
    from flask import Response

#: Set in the environment of a request that nobody but the app may answer.
ELSEWHERE = "flask_tlsdev.elsewhere"


def answer_below(
    app: Flask, prefix: str, answer: Callable[[], Response | None]
) -> None:
    """Let a function answer what is asked below a path, before all of the app.

    It is called inside a request; ``None`` leaves the request to the app. A
    ``before_request`` function would cost every other request its call.
    """
    app.wsgi_app = _Below(app, prefix, answer)  # type: ignore[method-assign]  # Flask documents it


class _Below:
    def __init__(
        self, app: Flask, prefix: str, answer: Callable[[], Response | None]
    ) -> None:
        self._app = app
        self._prefix = prefix
        self._answer = answer
        self._inner: WSGIApplication = app.wsgi_app

    def __call__(
        self, environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith(self._prefix) and (
            ELSEWHERE not in environ
        ):
            response = self._response(environ)
            if response is not None:
                return response(environ, start_response)

        return self._inner(environ, start_response)

    def _response(self, environ: dict[str, Any]) -> Response | None:
        with self._app.request_context(environ):
            try:
                answer = self._answer()
            except HTTPException as error:
                return self._app.make_response(self._app.handle_user_exception(error))

        return answer
