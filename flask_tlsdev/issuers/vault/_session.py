"""How is Vault asked, and asked again where that may help?"""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

from ...errors import ConfigError
from ...errors import IssuerRefused
from ...errors import IssuerUnavailable
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
        self._wire = Wire(options, deadline)
        # Not hvac.Client, which takes a token and files from the environment.
        self._adapter = JSONAdapter(
            base_uri=options.address,
            token="",
            allow_redirects=False,
            session=self._wire,
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
        from urllib3.exceptions import HTTPError

        for attempt in range(_TRIES):
            try:
                return self._once(method, path, content)
            except VaultError as error:
                problem = self._problem(error, path)
                if attempt == _TRIES - 1 or not self._may_pass(error, attempt):
                    raise problem from error
            except (
                requests.RequestException,
                HTTPError,
                OSError,
                ValueError,
            ) as error:
                # It may not have answered because there was no time left.
                self._deadline.left()
                raise _problems.unreachable(error, self.options) from error

        raise AssertionError("the last try raises")

    def _may_pass(self, error: Exception, attempt: int) -> bool:
        """Wait a little where that may help and there is time for it."""
        if self._wire.status not in _problems.PASSING or self._is_down(error):
            return False

        pause = max(_FIRST_PAUSE * 2**attempt, self._wire.retry_after or 0)
        return pause <= _LONGEST_PAUSE and self._deadline.pause(pause)

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

    def _problem(self, error: Exception, path: str) -> Exception:
        status, after = self._wire.status, self._wire.retry_after
        if self._is_down(error):
            return _problems.sealed(self.options, self._seal_status())

        if "not active" in _problems.said(error):
            return _problems.standby(self.options)

        problem = _problems.refusal(error, status, self.options, path)
        if isinstance(problem, IssuerUnavailable):
            problem.retry_after = after

        return problem

    def _is_down(self, error: Exception) -> bool:
        words = _problems.said(error)
        is_said = "sealed" in words or "not initialized" in words
        return is_said and self._wire.status in (501, 503)

    def _seal_status(self) -> Any:
        try:
            return self._adapter.request(
                "get", "/v1/sys/seal-status", raise_exception=False
            )
        except Exception:  # it was only to say why
            return None
