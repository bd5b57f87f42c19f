"""How is the API server asked, and asked again where that may help?"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from contextlib import suppress
from typing import Any
from typing import TYPE_CHECKING

from ...errors import ConfigError
from ...errors import IssuerError
from ...errors import IssuerUnavailable
from .._pools import pools
from ._cluster import configure
from ._deadline import Deadline
from ._problems import CONFLICT
from ._problems import GONE
from ._problems import Gone
from ._problems import is_lost
from ._problems import PASSING
from ._problems import Problems
from ._problems import said
from ._resources import Resource

if TYPE_CHECKING:
    from .options import Options

_TRIES = 5
_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 10.0

#: Seconds for a connection, and for an answer. A watch says nothing for long.
_CONNECT_SECONDS, _ANSWER_SECONDS = 10.0, 30.0

#: For how many seconds the server is to keep a watch open.
_WATCH_SECONDS = 300.0

#: A request with a chain of five RSA certificates has a tenth of this.
_BODY_LIMIT = 1 << 20
_CHUNK = 1 << 14


class Exists(Exception):
    """There is an object of this name already (409)."""


class Session:
    """Questions about one kind of object to one API server."""

    def __init__(self, options: Options, resource: Resource, deadline: Deadline):
        try:
            import kubernetes.client
        except ImportError as error:
            raise ConfigError(
                "The issuer 'cert-manager' needs the library kubernetes, which is not"
                " installed.",
                key="TLSDEV_ISSUER",
                hint='Type: pip install "flask-tlsdev[kubernetes]"',
            ) from error

        self.deadline = deadline
        self._configuration, namespace = configure(options)
        self.namespace = namespace if resource.namespaced else None
        self._resource = resource
        self.problems = Problems(resource, self.namespace, options.issuer_id)
        self._client = kubernetes.client.ApiClient(self._configuration)
        manager = self._client.rest_client.pool_manager
        manager.pool_classes_by_scheme = pools(self._left)
        self._end = 0.0
        self._api = kubernetes.client.CustomObjectsApi(self._client)

    def close(self) -> None:
        self._client.close()

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        """The new object.

        :raises Exists: There is one of this name.
        """
        return self._json(self._ask("create", body=body))

    def find(self, name: str) -> tuple[dict[str, Any] | None, str]:
        """The object as it is now, and the version from which to watch."""
        answer = self._json(self._ask("list", field_selector=f"metadata.name={name}"))
        items, version = answer.get("items"), _version_of(answer)
        if not isinstance(items, list) or not version:
            raise self.problems.odd("there is no list in it")

        return next((each for each in items if isinstance(each, dict)), None), version

    def changes(self, name: str, version: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """What happens to the object, as it happens, until the server ends it.

        :raises Gone: What happened since that version is not known any more.
        """
        seconds = max(1, int(min(_WATCH_SECONDS, self.deadline.left())))
        response = self._ask(
            "watch",
            field_selector=f"metadata.name={name}",
            resource_version=version,
            timeout_seconds=seconds,
            allow_watch_bookmarks=True,
        )
        with closing(response):
            for line in self._lines(response):
                yield self._event(line)

    def delete(self, name: str) -> None:
        """Delete the object, unless somebody else has."""
        with suppress(Gone):
            self._ask("delete", name=name).close()

    def _ask(self, verb: str, **more: Any) -> Any:
        """The response, its body not yet read."""
        import urllib3
        from kubernetes.client.exceptions import ApiException

        for attempt in range(_TRIES):
            last = attempt == _TRIES - 1
            pause = min(_FIRST_PAUSE * 2**attempt, _LONGEST_PAUSE)
            try:
                return self._once(verb, more)
            except ApiException as error:
                if not error.status:
                    # TLS: the library has made a text of the error.
                    raise self._unreachable(error) from error

                problem = self._problem(verb, error)
                pause = max(pause, _advised(error))
                again = error.status in PASSING and not last
                if not again or not self.deadline.pause(pause):
                    raise problem from error
            except AttributeError as error:
                # Version 36 stumbles over the text that it has made of a TLS error.
                raise self._unreachable(error) from error
            except (urllib3.exceptions.HTTPError, OSError) as error:
                self.deadline.left()
                again = is_lost(error) and not last
                if not again or not self.deadline.pause(pause):
                    raise self._unreachable(error) from error

        raise AssertionError("the last try raises")

    def _once(self, verb: str, more: dict[str, Any]) -> Any:
        scope = "namespaced" if self.namespace else "cluster"
        action = "list" if verb == "watch" else verb
        method = getattr(self._api, f"{action}_{scope}_custom_object")
        where = {"namespace": self.namespace} if self.namespace else {}
        seconds = _WATCH_SECONDS if verb == "watch" else 0
        self._end = time.monotonic() + seconds + _ANSWER_SECONDS
        left = self._left()
        return method(
            group=self._resource.group,
            version=self._resource.version,
            plural=self._resource.plural,
            **where,
            **more,
            **({"watch": True} if verb == "watch" else {}),
            _preload_content=False,
            _request_timeout=(min(_CONNECT_SECONDS, left), left),
        )

    def _left(self) -> float:
        """The seconds for what is being asked: also a byte now and then is none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("no answer in time")

        return min(left, self.deadline.left())

    def _problem(self, verb: str, error: Any) -> Exception:
        words, reason = said(error.body)
        if error.status == GONE or (verb == "delete" and error.status == 404):
            return Gone()

        if error.status == CONFLICT and reason == "AlreadyExists":
            return Exists()

        problem = self.problems.refusal(verb, error.status, words)
        if isinstance(problem, IssuerUnavailable):
            problem.retry_after = _advised(error) or None

        return problem

    def _unreachable(self, error: BaseException) -> IssuerError:
        return self.problems.unreachable(error, self._configuration.host)

    def _json(self, response: Any) -> dict[str, Any]:
        with closing(response):
            body = b"".join(self._chunks(response, _BODY_LIMIT))

        return self._parsed(body)

    def _parsed(self, data: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(data)
        except (ValueError, RecursionError):
            answer = None

        if not isinstance(answer, dict):
            raise self.problems.odd("it is no object")

        return answer

    def _lines(self, response: Any) -> Iterator[bytes]:
        rest = b""
        for chunk in self._chunks(response, None):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from filter(None, lines)
            if len(rest) > _BODY_LIMIT:
                raise self.problems.odd("one object is too large")

    def _chunks(self, response: Any, limit: int | None) -> Iterator[bytes]:
        """The body as it comes. What is lost of a watch is asked for again."""
        import urllib3

        length = 0
        try:
            for chunk in response.stream(_CHUNK):
                length += len(chunk)
                if limit is not None and length > limit:
                    raise self.problems.odd(f"it is larger than {limit >> 10} KiB")

                yield chunk
                self.deadline.left()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            if limit is not None:
                raise self._unreachable(error) from error

    def _event(self, line: bytes) -> tuple[str, dict[str, Any]]:
        event = self._parsed(line)
        kind, found = event.get("type"), event.get("object")
        if not isinstance(kind, str) or not isinstance(found, dict):
            raise self.problems.odd("an event in it is damaged")

        if kind == "ERROR":
            if found.get("code") == GONE:
                raise Gone

            words, _ = said(json.dumps(found))
            raise self.problems.unavailable(f"The cluster has a problem: {words}.")

        return kind, found


def _version_of(found: dict[str, Any]) -> str:
    metadata = found.get("metadata")
    version = metadata.get("resourceVersion") if isinstance(metadata, dict) else None
    return version if isinstance(version, str) else ""


def _advised(error: Any) -> float:
    """How many seconds the server wants us to wait."""
    text = str((error.headers or {}).get("Retry-After", ""))
    return min(float(text), 3600.0) if text.isascii() and text.isdigit() else 0.0
