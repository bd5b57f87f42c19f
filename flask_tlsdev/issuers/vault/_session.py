"""How is Vault asked, and asked again where that may help?"""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

from ...errors import ConfigError
from ...errors import IssuerRefused
from . import _problems
from ._deadline import Deadline

if TYPE_CHECKING:
    from .options import Options

_TRIES = 5
_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 10.0


class Session:
    """Questions to one server, at first without a token."""

    def __init__(self, options: Options, deadline: Deadline):
        try:
            from hvac.adapters import JSONAdapter
        except ImportError as error:
            raise ConfigError(
                "The issuer 'vault' needs the library hvac, which is not installed.",
                key="TLSDEV_ISSUER",
                hint='Type: pip install "flask-tlsdev[vault]"',
            ) from error

        from ._wire import Session as Wire

        self.options = options
        self._deadline = deadline
        # Not hvac.Client, which takes a token and files from the environment.
        self._adapter = JSONAdapter(
            base_uri=options.address,
            token="",
            allow_redirects=False,
            session=Wire(options, deadline),
            namespace=options.namespace,
        )

    def use(self, token: str) -> None:
        """Send this token from now on."""
        self._adapter.token = token

    def get(self, path: str) -> dict[str, Any]:
        return self._ask("get", path, None)

    def post(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        return self._ask("post", path, content)

    def _ask(
        self, method: str, path: str, content: dict[str, Any] | None
    ) -> dict[str, Any]:
        import requests
        from hvac.exceptions import VaultError

        for attempt in range(_TRIES):
            try:
                return self._once(method, path, content)
            except VaultError as error:
                status = _status(error)
                problem = self._problem(error, status, path)
                pause = min(_FIRST_PAUSE * 2**attempt, _LONGEST_PAUSE)
                again = status in _problems.PASSING and attempt < _TRIES - 1
                if not again or _is_down(error) or not self._deadline.pause(pause):
                    raise problem from error
            except (requests.RequestException, OSError, ValueError) as error:
                raise _problems.unreachable(error, self.options) from error
            except Exception as error:
                raise self._translated(error) from error

        raise AssertionError("the last try raises")

    def _once(
        self, method: str, path: str, content: dict[str, Any] | None
    ) -> dict[str, Any]:
        more = {} if content is None else {"json": content}
        answer = self._adapter.request(method, f"/v1/{path}", **more)
        if isinstance(answer, dict):
            return answer

        if getattr(answer, "status_code", 0) == 204:
            return {}

        raise IssuerRefused(
            f"What answers at {self.options.address} is no Vault.",
            issuer_id=self.options.issuer_id,
            hint="Look at --vault-addr or VAULT_ADDR.",
        )

    def _problem(self, error: Exception, status: int, path: str) -> Exception:
        if _is_down(error):
            return _problems.sealed(self.options, self._seal_status())

        if "not active" in _problems.said(error):
            return _problems.standby(self.options)

        return _problems.refusal(error, status, self.options, path)

    def _seal_status(self) -> Any:
        try:
            return self._adapter.request(
                "get", "/v1/sys/seal-status", raise_exception=False
            )
        except Exception:  # it was only to say why
            return None

    def _translated(self, error: Exception) -> Exception:
        from urllib3.exceptions import HTTPError

        if isinstance(error, HTTPError):
            return _problems.unreachable(error, self.options)

        return error


def _is_down(error: Exception) -> bool:
    words = _problems.said(error)
    is_said = "sealed" in words or "not initialized" in words
    return is_said and _status(error) in (501, 503)


def _status(error: Exception) -> int:
    from hvac import exceptions

    for kind, status in (
        (exceptions.InvalidRequest, 400),
        (exceptions.Unauthorized, 401),
        (exceptions.Forbidden, 403),
        (exceptions.InvalidPath, 404),
        (exceptions.RateLimitExceeded, 429),
        (exceptions.InternalServerError, 500),
        (exceptions.VaultNotInitialized, 501),
        (exceptions.BadGateway, 502),
        (exceptions.VaultDown, 503),
    ):
        if isinstance(error, kind):
            return status

    return 504
