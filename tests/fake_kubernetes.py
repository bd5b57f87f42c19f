"""An API server with a cert-manager that does what a test wants, well or badly.

It speaks HTTPS, wants a token, and knows certificate requests of cert-manager and of
Kubernetes' own: it creates, lists, watches and deletes them, checks them as the CRD and
the webhook do where a client of ours could err, and enforces the rules of a Role. What
is signed is signed by a local CA.

It is no Kubernetes. There are no updates by clients, no other selectors than those for
a name, no paging, no other formats than JSON, no aggregated APIs, no audit, one token
and one user; resource versions are a counter; conditions are set by the script of a
test, in the order in which cert-manager's source sets them.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import json
import re
import ssl
import threading
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from urllib.parse import urlsplit

import yaml
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from flask_tlsdev.issuers.local_ca import LocalCA

from .acme_servers import make_https_pair

TOKEN = "a-token-of-the-test"
USER = "system:serviceaccount:shop:web"

Object = dict[str, Any]

#: Kind and scope of what is known, by group and plural.
KINDS = {
    ("cert-manager.io", "certificaterequests"): ("CertificateRequest", True),
    ("certificates.k8s.io", "certificatesigningrequests"): (
        "CertificateSigningRequest",
        False,
    ),
}

#: Usages of both APIs: KeyUsage in cert-manager's and Kubernetes' sources.
USAGES = frozenset(
    {"signing", "digital signature", "content commitment", "key encipherment"}
    | {"key agreement", "data encipherment", "cert sign", "crl sign", "any"}
    | {"encipher only", "decipher only", "server auth", "client auth", "s/mime"}
    | {"code signing", "email protection", "timestamping", "ocsp signing"}
)
SPECS = {
    "CertificateRequest": {"request", "issuerRef", "duration", "isCA", "usages"},
    "CertificateSigningRequest": {
        "request",
        "signerName",
        "expirationSeconds",
        "usages",
    },
}

_PATH = re.compile(
    r"/apis/(?P<group>[^/]+)/(?P<version>[^/]+)"
    r"(?:/namespaces/(?P<namespace>[^/]+))?/(?P<plural>[^/]+)(?:/(?P<name>[^/]+))?"
)
_DURATION = re.compile(r"([0-9]+(h|m|s|ms))+")


@dataclass
class Asked:
    """One request to the server."""

    verb: str
    path: str
    query: dict[str, str]
    body: Object | None
    #: All of it as it came, for those who look for what must not be in it.
    raw: bytes


@dataclass
class Fault:
    """What is answered instead, to the next requests of this verb."""

    verb: str
    status: int = 0
    reason: str = ""
    message: str = "because"
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    #: Whether the request is carried out all the same.
    is_done: bool = False
    body: bytes | None = None


class Refused(Exception):
    """An answer that is a ``Status``."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            "reason": reason,
            "code": code,
        }


#: What the controllers do with a new object.
Script = Callable[["FakeKubernetes", Object], None]


@dataclass
class FakeKubernetes:
    """What was asked, what there is, and what happens."""

    port: int
    cafile: Path
    ca: LocalCA
    script: Script
    namespaces: set[str] = field(default_factory=lambda: {"default", "shop"})
    #: Rules of a Role (or ClusterRole); ``None``: everything is allowed.
    rules: list[Object] | None = None
    #: Whether cert-manager's CRDs are there.
    has_crds: bool = True
    asked: list[Asked] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    objects: dict[tuple[str, str], Object] = field(default_factory=dict)
    #: Version, type and object of everything that has happened.
    events: list[tuple[int, str, Object]] = field(default_factory=list)
    #: What is older is not known any more.
    oldest: int = 0
    #: Whether that is said by the status of the answer, or by an event in it.
    gone_by_status: bool = False
    #: After how many events a watch is cut off; the next one begins anew.
    cut_after: int | None = None
    version: int = 100
    watches: int = 0
    problems: list[BaseException] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)
    over: bool = False

    @property
    def server(self) -> str:
        return f"https://localhost:{self.port}"

    def kubeconfig(self, path: Path, *, user: Object | None = None) -> Path:
        """A kubeconfig for this server, whose current context is ``fake``."""
        cluster = {"server": self.server, "certificate-authority": str(self.cafile)}
        context = {"cluster": "fake", "user": "fake", "namespace": "shop"}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "fake",
            "clusters": [{"name": "fake", "cluster": cluster}],
            "contexts": [{"name": "fake", "context": context}],
            "users": [{"name": "fake", "user": user or {"token": TOKEN}}],
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content))
        return path

    def verbs(self) -> list[str]:
        return [each.verb for each in self.asked]

    def made(self) -> Object:
        """The body of the only object that was created."""
        (body,) = (each.body for each in self.asked if each.verb == "create")
        assert body is not None
        return body

    # What the controllers do.

    def set_condition(
        self, made: Object, kind: str, status: str, reason: str, message: str = ""
    ) -> None:
        """Set a condition, as an update of the status."""
        self.update(made, {}, (kind, status, reason, message))

    def update(
        self,
        made: Object,
        changes: Mapping[str, Any],
        condition: tuple[str, str, str, str] | None = None,
    ) -> None:
        with self.news:
            found = self.objects.get(_key(made))
            if found is None:
                # Deleted by the client.
                return
            new = copy.deepcopy(found)
            status = new.setdefault("status", {})
            status.update(changes)
            if condition is not None:
                kind, value, reason, message = condition
                listed = status.setdefault("conditions", [])
                listed[:] = [each for each in listed if each["type"] != kind]
                listed.append(
                    {
                        "type": kind,
                        "status": value,
                        "reason": reason,
                        "message": message,
                        "lastTransitionTime": "2026-11-22T00:00:00Z",
                    }
                )
            self._happened("MODIFIED", new)

    def bookmark(self, made: Object) -> None:
        with self.news:
            self.version += 1
            stub = {"metadata": {"resourceVersion": str(self.version)}}
            self._record("BOOKMARK", {**made, **stub})

    def delete(self, made: Object) -> None:
        with self.news:
            found = self.objects.pop(_key(made))
            self._happened("DELETED", copy.deepcopy(found), keep=False)

    def compact(self) -> None:
        """Forget what has happened so far."""
        with self.news:
            self.version += 1
            self.oldest = self.version

    def wait_for_watch(self, number: int = 1) -> None:
        """Wait until so many watches have begun."""
        with self.news:
            assert self.news.wait_for(
                lambda: self.watches >= number or self.over, timeout=30
            )

    def _happened(self, kind: str, found: Object, *, keep: bool = True) -> None:
        self.version += 1
        found["metadata"]["resourceVersion"] = str(self.version)
        if keep:
            self.objects[_key(found)] = found
        self._record(kind, found)

    def _record(self, kind: str, found: Object) -> None:
        self.events.append((self.version, kind, copy.deepcopy(found)))
        self.news.notify_all()

    # What clients do.

    def create(self, where: Mapping[str, str | None], body: Object) -> Object:
        kind, _ = KINDS[(str(where["group"]), str(where["plural"]))]
        _check(kind, where, body)
        new = copy.deepcopy(body)
        new["metadata"] |= {
            "uid": f"uid-{self.version}",
            "creationTimestamp": "2026-11-22T00:00:00Z",
        }
        with self.news:
            if _key(new) in self.objects:
                name = new["metadata"]["name"]
                text = f'{where["plural"]} "{name}" already exists'
                raise Refused(409, "AlreadyExists", text)
            self._happened("ADDED", new)
            new = copy.deepcopy(new)
        threading.Thread(target=self._control, args=(new,), daemon=True).start()
        return new

    def _control(self, made: Object) -> None:
        try:
            self.script(self, made)
        except BaseException as error:
            self.problems.append(error)

    def list(self, plural: str, name: str) -> Object:
        with self.news:
            items = [
                copy.deepcopy(found)
                for found in self.objects.values()
                if found["metadata"]["name"] == name and _plural(found) == plural
            ]
            version = str(self.version)
        return {
            "kind": "List",
            "metadata": {"resourceVersion": version},
            "items": items,
        }

    def remove(self, plural: str, name: str) -> Object:
        with self.news:
            for found in self.objects.values():
                if found["metadata"]["name"] == name and _plural(found) == plural:
                    self.delete(found)
                    return {"kind": "Status", "status": "Success"}

        raise Refused(404, "NotFound", f'{plural} "{name}" not found')

    def events_of(self, name: str, version: int) -> Iterator[tuple[str, Object]]:
        """What happens to the object after that version, as it happens."""
        seen = 0
        while True:
            with self.news:
                while len(self.events) == seen and not self.over:
                    self.news.wait()
                found, seen = self.events[seen:], len(self.events)
            if self.over:
                return
            for when, kind, each in found:
                if when <= version:
                    continue
                if each["metadata"].get("name", name) == name or kind == "BOOKMARK":
                    yield kind, each

    def allow(self, verb: str, where: Mapping[str, str | None]) -> None:
        """Raise unless a rule allows it."""
        group, plural = where["group"], where["plural"]
        for rule in self.rules if self.rules is not None else [_EVERYTHING]:
            wanted = (group, "apiGroups"), (plural, "resources"), (verb, "verbs")
            if all(what in rule[part] or "*" in rule[part] for what, part in wanted):
                return

        namespace = where["namespace"]
        place = (
            f' in the namespace "{namespace}"' if namespace else " at the cluster scope"
        )
        raise Refused(
            403,
            "Forbidden",
            f'{plural}.{group} is forbidden: User "{USER}" cannot {verb} resource'
            f' "{plural}" in API group "{group}"{place}',
        )


_EVERYTHING = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}


def _key(found: Object) -> tuple[str, str]:
    return str(found["kind"]), str(found["metadata"]["name"])


def _plural(found: Object) -> str:
    return next(
        plural for (_, plural), (kind, _) in KINDS.items() if kind == found["kind"]
    )


def _check(kind: str, where: Mapping[str, str | None], body: Object) -> None:
    """What the CRD's schema, the webhook and the built-in validation refuse."""
    spec, problems = body.get("spec", {}), []
    if body.get("kind") != kind or not body["metadata"].get("name"):
        problems.append("kind or name")
    if body["metadata"].get("namespace", where["namespace"]) != where["namespace"]:
        problems.append("metadata.namespace")
    problems += [f"unknown field {each}" for each in spec.keys() - SPECS[kind]]
    if not spec.get("usages") or set(spec["usages"]) - USAGES:
        problems.append("spec.usages")
    try:
        csr = x509.load_pem_x509_csr(base64.b64decode(spec["request"], validate=True))
        assert csr.is_signature_valid
    except (ValueError, KeyError, AssertionError):
        problems.append("spec.request")
    if kind == "CertificateRequest":
        issuer = spec.get("issuerRef", {})
        if not issuer.get("name") or issuer.keys() - {"name", "kind", "group"}:
            problems.append("spec.issuerRef")
        if not _DURATION.fullmatch(spec.get("duration", "1h")):
            problems.append("spec.duration")
    elif spec.get("expirationSeconds", 600) < 600 or not spec.get("signerName"):
        problems.append("spec.expirationSeconds or signerName")

    if problems:
        name = body["metadata"].get("name")
        text = f'{kind} "{name}" is invalid: {", ".join(problems)}'
        raise Refused(422, "Invalid", text)


# Scripts: what cert-manager does, in its order.


def approve(fake: FakeKubernetes, made: Object) -> None:
    """The internal approver of cert-manager."""
    text = "Certificate request has been approved by cert-manager.io"
    fake.set_condition(made, "Approved", "True", "cert-manager.io", text)


def pend(fake: FakeKubernetes, made: Object, message: str = "") -> None:
    text = message or "Waiting on certificate issuance from order shop/web-1: pending"
    fake.set_condition(made, "Ready", "False", "Pending", text)


def issue(fake: FakeKubernetes, made: Object) -> None:
    """Sign it, with the chain in ``certificate`` and the root in ``ca``."""
    csr = x509.load_pem_x509_csr(base64.b64decode(made["spec"]["request"]))
    chain = fake.ca.sign(csr, lifetime_of(made), "server")
    pem = b"".join(each.public_bytes(Encoding.PEM) for each in chain)
    changes = {"certificate": base64.b64encode(pem).decode()}
    if made["kind"] == "CertificateSigningRequest":
        fake.update(made, changes)
        return

    changes["ca"] = base64.b64encode(fake.ca.root_pem()).decode()
    text = "Certificate fetched from issuer successfully"
    fake.update(made, changes, ("Ready", "True", "Issued", text))


def lifetime_of(made: Object) -> timedelta:
    spec = made["spec"]
    if "expirationSeconds" in spec:
        return timedelta(seconds=spec["expirationSeconds"])

    return timedelta(seconds=int(spec["duration"].removesuffix("s")))


def as_cert_manager(fake: FakeKubernetes, made: Object) -> None:
    """Approved, then pending, then issued."""
    approve(fake, made)
    if made["kind"] == "CertificateRequest":
        pend(fake, made)
    issue(fake, made)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 60

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_DELETE = do_PUT = do_PATCH = do_GET

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        verb = self._verb(query)
        body = json.loads(raw) if raw else None
        fake = self.server.fake
        head = f"{self.requestline}\n{self.headers}".encode()
        fake.asked.append(Asked(verb, parts.path, query, body, head + raw))
        fault = next((each for each in fake.faults if each.verb == verb), None)
        try:
            if fault is not None:
                self._err(fault, parts.path, query, body)
            else:
                self._answer(verb, parts.path, query, body)
        except Refused as refused:
            self._send(refused.code, refused.status)
        except OSError:
            self.close_connection = True

    def _verb(self, query: Mapping[str, str]) -> str:
        if self.command == "GET":
            return "watch" if query.get("watch") in ("true", "True") else "list"

        return {"POST": "create", "DELETE": "delete"}.get(self.command, "update")

    def _err(
        self, fault: Fault, path: str, query: dict[str, str], body: Object | None
    ) -> None:
        fault.times -= 1
        if not fault.times:
            self.server.fake.faults.remove(fault)
        if fault.is_done and body is not None:
            self.server.fake.create(self._where(path), body)
        if not fault.status:
            # Without a word, as when a load balancer gives up.
            self.close_connection = True
            return
        refused = Refused(fault.status, fault.reason, fault.message)
        content = refused.status if fault.body is None else fault.body
        self._send(fault.status, content, fault.headers)

    def _where(self, path: str) -> dict[str, str | None]:
        found = _PATH.fullmatch(path)
        fake = self.server.fake
        where: dict[str, str | None] = found.groupdict() if found else {}
        known = KINDS.get((where.get("group") or "", where.get("plural") or ""))
        is_crd = where.get("group") == "cert-manager.io"
        if known is None or (is_crd and not fake.has_crds):
            text = "the server could not find the requested resource"
            raise Refused(404, "NotFound", text)

        return where

    def _answer(
        self, verb: str, path: str, query: dict[str, str], body: Object | None
    ) -> None:
        fake = self.server.fake
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or token != TOKEN:
            raise Refused(401, "Unauthorized", "Unauthorized")

        where = self._where(path)
        fake.allow(verb, where)
        namespace, plural = where["namespace"], str(where["plural"])
        if namespace is not None and namespace not in fake.namespaces:
            raise Refused(404, "NotFound", f'namespaces "{namespace}" not found')

        name = where["name"] or query.get("fieldSelector", "").partition("=")[2]
        if verb == "create":
            self._send(201, fake.create(where, body or {}))
        elif verb == "list":
            self._send(200, fake.list(plural, name))
        elif verb == "delete":
            self._send(200, fake.remove(plural, name))
        elif verb == "watch":
            self._watch(name, int(query["resourceVersion"]))
        else:
            raise Refused(405, "MethodNotAllowed", "not here")

    def _watch(self, name: str, version: int) -> None:
        fake = self.server.fake
        gone = Refused(410, "Expired", f"too old resource version: {version}")
        with fake.news:
            fake.watches += 1
            is_old, cut, fake.cut_after = version < fake.oldest, fake.cut_after, None
            fake.news.notify_all()
        if is_old and fake.gone_by_status:
            raise gone

        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if is_old:
            self._chunk({"type": "ERROR", "object": gone.status})
        else:
            events = fake.events_of(name, version)
            for count, (kind, found) in enumerate(events, 1):
                self._chunk({"type": kind, "object": found})
                if count == cut:
                    # In the middle of the body: the last chunk does not come.
                    self.close_connection = True
                    return
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, content: Object) -> None:
        data = json.dumps(content).encode() + b"\n"
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _send(
        self, status: int, content: Object | bytes, headers: Mapping[str, str] = {}
    ) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    fake: FakeKubernetes

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what ends each watch."""


@contextlib.contextmanager
def running_fake(folder: Path, ca: LocalCA) -> Iterator[FakeKubernetes]:
    """A server of which nothing is left afterwards."""
    cafile, keyfile = make_https_pair(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cafile, keyfile)
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.fake = FakeKubernetes(server.server_port, cafile, ca, as_cert_manager)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.fake
        finally:
            with server.fake.news:
                server.fake.over = True
                server.fake.news.notify_all()
            server.shutdown()
            thread.join()

    assert not server.fake.problems, server.fake.problems
