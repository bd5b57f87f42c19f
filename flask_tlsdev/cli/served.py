"""What one `flask tls run` serves, handed from the reloader's parent to its child."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import MutableMapping
from functools import partial
from pathlib import Path
from typing import NamedTuple
from typing import TYPE_CHECKING

from ..names import Name
from ..names import parse
from ..store import PairFiles
from . import passphrases
from .extras import Extras

if TYPE_CHECKING:
    from ..config import Settings
    from ..contexts import DevContext
    from ..provision import Source
    from ..renewal import KeptPair
    from ..server import Limits


#: How the reloader's parent tells its child what to serve: the child must come
#: up even while the app cannot be imported, and makes nothing itself.
VARIABLE = "TLSDEV_SERVED"


class Served(NamedTuple):
    """What this run serves: the same before and after a code reload."""

    files: PairFiles
    #: ``None`` for a certificate that the user brought.
    names: tuple[Name, ...] | None
    minimum_version: str
    handshake_timeout: float
    head_timeout: float
    idle_timeout: float
    max_connections: int
    extras: Extras
    #: Opens the key of a pair that the user brought.
    passphrase_file: Path | None = None
    #: What lets a browser in to the development page; ``None``: there is none.
    page_token: str | None = None

    @classmethod
    def of(
        cls,
        settings: Settings,
        files: PairFiles,
        names: tuple[Name, ...] | None,
        extras: Extras,
    ) -> Served:
        """The pair in these files, served as the settings say."""
        return cls(
            files,
            names,
            settings.minimum_version,
            settings.handshake_timeout,
            settings.head_timeout,
            settings.idle_timeout,
            settings.max_connections,
            extras,
        )

    def to_environ(self) -> str:
        return json.dumps(
            {
                "parent": os.getpid(),
                "files": [os.fspath(path) if path else None for path in self._paths],
                "names": self.names and [str(name) for name in self.names],
                "minimum_version": self.minimum_version,
                "handshake_timeout": self.handshake_timeout,
                "head_timeout": self.head_timeout,
                "idle_timeout": self.idle_timeout,
                "max_connections": self.max_connections,
                "extras": self.extras.to_fields(),
                "passphrase_file": self.passphrase_file and str(self.passphrase_file),
                "page_token": self.page_token,
            }
        )

    @property
    def _paths(self) -> tuple[Path | None, ...]:
        return self.files.certfile, self.files.keyfile, self.files.cafile

    @classmethod
    def from_parent(cls, environ: MutableMapping[str, str]) -> Served | None:
        """What the reloader that started this process serves; ``None`` without one.

        The variables of a reloader that is not our parent are taken away. A dotenv
        file can set them, and Werkzeug would take over a socket that is none.
        """
        if environ.get("WERKZEUG_RUN_MAIN") == "true" and VARIABLE in environ:
            try:
                return cls._from_environ(environ[VARIABLE])
            except (LookupError, TypeError, ValueError, RecursionError):
                pass

        for name in (VARIABLE, "WERKZEUG_RUN_MAIN", "WERKZEUG_SERVER_FD"):
            environ.pop(name, None)

        return None

    @classmethod
    def _from_environ(cls, text: str) -> Served:
        fields = json.loads(text)
        # On Windows a launcher stands between the two processes.
        if sys.platform != "win32" and fields["parent"] != os.getppid():
            raise ValueError("not from our parent")

        certfile, keyfile, cafile = fields["files"]
        return cls(
            PairFiles(Path(certfile), Path(keyfile), Path(cafile) if cafile else None),
            fields["names"] and parse(fields["names"]),
            fields["minimum_version"],
            fields["handshake_timeout"],
            fields["head_timeout"],
            fields["idle_timeout"],
            fields["max_connections"],
            Extras.from_fields(fields["extras"]),
            fields["passphrase_file"] and Path(fields["passphrase_file"]),
            fields["page_token"],
        )

    def context(self, source: Callable[[], Source]) -> DevContext:
        """The context that serves it all, and keeps it from expiring.

        :param source: What pairs are renewed from. Asked for when one is due.
        """
        from ..contexts import server_context
        from ..renewal import Renewal

        context = server_context(
            self.files,
            names=self.names or partial(_names_in, self.files.certfile),
            minimum_version=self.minimum_version,
            handshake_timeout=self.handshake_timeout,
            max_connections=self.max_connections,
            passphrase=passphrases.for_server(self.passphrase_file),
            clients=self.extras.clients(),
            others=self.extras.others(),
            on_name=self.extras.on_name(),
            challenges=self.extras.challenges(),
        )
        renewal = Renewal(tuple(self._kept(context, source)))
        context.before_serving = renewal.ensure_running
        return context

    def _kept(
        self, context: DevContext, source: Callable[[], Source]
    ) -> Iterator[KeptPair]:
        from ..renewal import KeptPair

        margin, lan = self.extras.renew_before, self.extras.lan

        # What the user has brought is his own to renew.
        if self.names is not None:
            yield KeptPair(
                self.files, self.names, margin, source, context.replace, context.tell
            )

        if lan is not None:
            lan_source = partial(self.extras.lan_source, source)
            yield KeptPair(
                lan.files, lan.names, margin, lan_source, context.replace, context.tell
            )

    @property
    def limits(self) -> Limits:
        from ..server import Limits

        return Limits(self.head_timeout, self.idle_timeout)


def _names_in(certfile: Path) -> tuple[Name, ...]:
    """The names in a certificate that the user brought.

    Read only when a client speaks plain HTTP: it takes cryptography.
    """
    from .. import files
    from ..certificates import names_of
    from ..pairs import load_certificates

    chain = load_certificates(files.read(certfile), what=str(certfile))
    return names_of(chain[0])
