"""What does a server get that is to serve our pair?"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any
from typing import TYPE_CHECKING

from ..errors import TLSDevError
from ..names import parse_name
from . import loading
from ._deadline import Deadline
from .connection import Connection
from .connection import ListeningSocket
from .connection import Terms
from .crowd import Crowd
from .crowd import MAX_CONNECTIONS
from .watch import Watch

if TYPE_CHECKING:
    import socket

    from ..challenges import Challenges
    from ..names import Name
    from ..store import PairFiles
    from .choosing import Chooser
    from .choosing import NamedPair
    from .clients import ClientCA
    from .events import Kind
    from .events import Listener
    from .failures import HandshakeFailed
    from .on_name import OnName

#: Names, or what gives them when they are needed.
Names = Iterable["Name"] | Callable[[], Iterable["Name"]]


#: How many clients may wait to be accepted.
BACKLOG = 1024


class DevContext(ssl.SSLContext):
    """A context that follows its files and meets clients out of the way.

    It can be handed to anything that takes an :class:`ssl.SSLContext`.

    -   A *listening* socket, as Werkzeug wraps it, accepts without a
        handshake. Deadline, plain HTTP, TCP_NODELAY and the change of pair
        are all seen to.
    -   A *connected* socket, as Gunicorn wraps it, and the memory buffers of
        asyncio get the pair of the moment. When the handshake is made, and how
        long it may take, is the server's business there.

    :param names: Where a client that came with plain HTTP may be sent to: the
        host it asked for if it is one of these, else the first of them.
    :param handshake_timeout: Seconds that a client has for all of its
        handshake, from the moment that its thread turns to it.
    :param max_connections: How many clients of a listening socket may be
        connected at once. Who takes his time has to go when there are more.
    :param passphrase: The key's, or what gives it. It is asked for again
        whenever the files have changed.
    :param clients: Whose certificates clients may show, if they are asked at all.
    :param others: Pairs that are served beside this one, each for its names. A
        client that sends no name asks for the address that it has connected to.
    :param on_name: Called for other names that a client on this machine asks
        for. It gives a :class:`~flask_tlsdev.pairs.Pair` that is served from
        memory, or raises a :exc:`TLSDevError`: then the client gets the default
        pair, and the log a line.
    :param challenges: Where the answers to an ACME server's tls-alpn-01 are. They
        are given to a listening socket's clients.
    :raises StoreError: A file cannot be read.
    :raises CertificateError: The files are no pair that can be served.
    :raises ConfigError: There is no such ``minimum_version``.
    """

    # ssl.SSLContext makes itself in __new__ and would want the protocol.
    def __new__(cls, *args: Any, **kwargs: Any) -> DevContext:
        return super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)

    def __init__(
        self,
        files: PairFiles,
        *,
        names: Names = (),
        minimum_version: str = "TLSv1.2",
        handshake_timeout: float = 10.0,
        max_connections: int = MAX_CONNECTIONS,
        passphrase: loading.Passphrase = None,
        clients: ClientCA | None = None,
        others: Iterable[NamedPair] = (),
        on_name: OnName | None = None,
        challenges: Challenges | None = None,
    ) -> None:
        #: Called before a client is given a context, in the process that serves
        #: it: a thread that is to run there can be started.
        self.before_serving: Callable[[], None] | None = None
        #: Is told of what happens: failed handshakes, other pairs, renewals.
        self.listener: Listener | None = None
        self.terms = Terms(
            handshake_timeout,
            self._answer_plain,
            Crowd(max_connections),
            challenges,
            self._serves,
            self._refused,
        )
        self._names = names if callable(names) else tuple(names)
        self._minimum_version = minimum_version
        self._passphrase = passphrase
        self._clients = clients

        # A pair that is chosen during the handshake brings its certificates
        # only; everything else is taken from here.
        loading.harden(self, minimum_version)
        self.sslsocket_class = ListeningSocket
        self.sni_callback = self._choose_pair

        if clients is not None:
            clients.ask(self)

        self._chooser: Chooser | None = None
        self._chooser = self._make_chooser(tuple(others), on_name)
        self._watch = Watch(files, self._load, self.tell)

    def wrap_socket(self, sock: socket.socket, *args: Any, **kwargs: Any) -> Any:
        wrapped = super().wrap_socket(sock, *args, **kwargs)

        # Werkzeug's 128 are too few for a page with many assets times many
        # tabs; who does not get into the queue tries again a second later.
        if kwargs.get("server_side") and not _is_connected(wrapped):
            wrapped.listen(BACKLOG)

        return wrapped

    @property
    def files(self) -> PairFiles:
        """Where the default pair is."""
        return self._watch.files

    def replace(self, old: PairFiles, new: PairFiles) -> None:
        """Serve the pair in the new files where that in the old ones was served."""
        for watch in self._watches():
            if watch.files == old:
                watch.follow(new)

    def tell(self, kind: Kind, sentence: str, peer: str = "") -> None:
        """Tell the listener of an event, if there is a listener."""
        if self.listener is not None:
            from .events import Event

            self.listener(Event(kind, sentence, peer))

    def current(self) -> ssl.SSLContext:
        """The context that serves the pair as it is on the disk now."""
        if self.before_serving is not None:
            self.before_serving()

        return self._watch.current()

    def reload(self) -> None:
        """Look at every pair anew for the next client. A signal handler may do it.

        The CA of client certificates is not read again.
        """
        for watch in self._watches():
            watch.forget()

        if self._chooser is not None and self._chooser.on_demand is not None:
            self._chooser.on_demand.clear()

    def _watches(self) -> Iterator[Watch]:
        yield self._watch

        if self._chooser is not None:
            yield from (watch for _, watch in self._chooser.others)

    def names(self) -> Iterable[Name]:
        """The names that a client with plain HTTP may be sent to."""
        yield from self._names() if callable(self._names) else self._names

        if self._chooser is not None:
            for names, _ in self._chooser.others:
                yield from names

    def _make_chooser(
        self, others: tuple[NamedPair, ...], on_name: OnName | None
    ) -> Chooser | None:
        if not others and on_name is None:
            return None

        from .choosing import Chooser
        from .on_name import NamedContexts

        return Chooser(
            tuple(
                (other.names, Watch(other.files, self._load, self.tell))
                for other in others
            ),
            self.names,
            on_name and NamedContexts(on_name, self._prepare),
        )

    def _load(self, files: PairFiles) -> ssl.SSLContext:
        context = loading.load(
            files,
            minimum_version=self._minimum_version,
            passphrase=self._passphrase,
            clients=self._clients,
        )
        context.sslsocket_class = Connection

        context.sni_callback = self._choose_pair
        return context

    def _prepare(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        loading.harden(context, self._minimum_version)

        if self._clients is not None:
            self._clients.ask(context)

        return context

    def _choose_pair(
        self,
        connection: ssl.SSLSocket | ssl.SSLObject,
        name: str | None,
        given: ssl.SSLContext,
    ) -> None:
        chosen = self._chooser and self._chooser.find(connection, name)

        if isinstance(connection, Connection) and not chosen:
            connection.asked = name

        # A connection that was accepted by us has the pair of the moment.
        if chosen or given is self:
            connection.context = chosen or self.current()

    def _refused(self, failure: HandshakeFailed, peer: str) -> None:
        self.tell("refused", failure.sentence, peer)

    def _serves(self, asked: str) -> bool:
        try:
            name = parse_name(asked)
            names = tuple(self.names())
        except TLSDevError:
            return False

        return not names or any(each.covers(name) for each in names)

    def _answer_plain(self, client: socket.socket, deadline: Deadline) -> None:
        # Few clients come so, and most servers never meet one.
        from .plain_http import answer

        answer(client, self.names, deadline)


def _is_connected(connection: socket.socket) -> bool:
    try:
        connection.getpeername()
    except OSError:
        return False

    return True


#: How a context is asked for; there is one for clients, too.
server_context = DevContext
