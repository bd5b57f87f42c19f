"""Each way in which the API server says no, or nothing at all."""

from __future__ import annotations

import contextlib
import itertools
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flask_tlsdev.errors import IssuerError
from flask_tlsdev.errors import IssuerRefused
from flask_tlsdev.errors import IssuerTimeout
from flask_tlsdev.errors import IssuerUnavailable

from ...acme_servers import make_https_pair
from ...fake_kubernetes import FakeKubernetes
from ...fake_kubernetes import Fault
from .conftest import MakeIssuer
from .conftest import request_for


def rules(*verbs: str) -> list[dict[str, object]]:
    return [
        {
            "apiGroups": ["cert-manager.io", "certificates.k8s.io"],
            "resources": ["certificaterequests", "certificatesigningrequests"],
            "verbs": list(verbs),
        }
    ]


@pytest.mark.parametrize(
    ("verb", "allowed"),
    [
        ("create", ["list", "watch", "delete"]),
        ("watch", ["create", "list", "delete"]),
    ],
)
def test_a_verb_that_is_not_allowed_is_named(
    make_issuer: MakeIssuer, fake: FakeKubernetes, verb: str, allowed: list[str]
) -> None:
    fake.rules = rules(*allowed)

    with pytest.raises(IssuerRefused) as refused:
        make_issuer().issue(request_for("app.test"))

    message, hint = refused.value.message, refused.value.hint
    assert f"You may not {verb} certificaterequests.cert-manager.io" in message
    assert "in the namespace 'shop'" in message
    assert "system:serviceaccount:shop:web" in message
    assert f"A Role has to allow the verb '{verb}'" in hint
    assert f"kubectl auth can-i {verb} certificaterequests.cert-manager.io -n s" in hint


def test_a_list_that_is_not_allowed_is_named(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    fake.rules = rules("create", "watch", "delete")
    fake.faults.append(Fault("watch", 410, "Expired"))
    fake.script = lambda fake, made: None

    with pytest.raises(IssuerRefused, match="You may not list"):
        make_issuer().issue(request_for("app.test"))


def test_for_a_signer_it_takes_a_cluster_role(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    fake.rules = []

    with pytest.raises(IssuerRefused) as refused:
        make_issuer(signer="example.com/web").issue(request_for("app.test"))

    assert "A ClusterRole has to allow the verb 'create'" in refused.value.hint
    assert "namespace" not in refused.value.message


def test_wrong_credentials_are_said(
    make_issuer: MakeIssuer, fake: FakeKubernetes, tmp_path: Path
) -> None:
    issuer = make_issuer()
    fake.kubeconfig(tmp_path / "kube" / "config", user={"token": "another"})

    with pytest.raises(IssuerRefused, match="does not know you") as refused:
        issuer.issue(request_for("app.test"))

    assert "another" not in str(refused.value)


def test_a_cluster_without_cert_manager_is_said(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    fake.has_crds = False

    with pytest.raises(IssuerRefused, match="cert-manager is not installed"):
        make_issuer().issue(request_for("app.test"))


def test_a_namespace_that_is_not_there_is_said(make_issuer: MakeIssuer) -> None:
    with pytest.raises(IssuerRefused, match="no namespace 'nowhere'"):
        make_issuer(namespace="nowhere").issue(request_for("app.test"))


@pytest.mark.parametrize(
    ("status", "message", "kind", "said"),
    [
        (400, "admission webhook denied it", IssuerRefused, "webhook denied it"),
        (422, "spec.request: Invalid value", IssuerRefused, "Invalid value"),
        (405, "not here", IssuerRefused, "not here"),
        (302, "elsewhere", IssuerRefused, "redirects elsewhere"),
        (501, "not yet", IssuerUnavailable, "not yet"),
    ],
)
def test_other_refusals_are_said_in_the_clusters_words(
    make_issuer: MakeIssuer,
    fake: FakeKubernetes,
    status: int,
    message: str,
    kind: type[IssuerError],
    said: str,
) -> None:
    fake.faults.append(
        Fault("create", status, "X", message, {"Location": "https://localhost:1/"})
    )

    with pytest.raises(kind, match=said):
        make_issuer().issue(request_for("app.test"))

    assert fake.verbs() == ["create"]


@pytest.mark.parametrize(
    ("verb", "status"),
    [("create", 429), ("create", 500), ("watch", 503), ("delete", 504)],
)
def test_a_problem_that_passes_is_not_noticed(
    make_issuer: MakeIssuer, fake: FakeKubernetes, verb: str, status: int
) -> None:
    fake.faults.append(Fault(verb, status, "X", times=2))

    assert make_issuer().issue(request_for("app.test")).chain
    assert fake.verbs().count(verb) == 3
    assert fake.objects == {}


def test_a_server_that_wants_us_to_wait_longer_than_we_can_is_not_waited_for(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    fake.faults.append(Fault("create", 429, "X", "busy", {"Retry-After": "600"}, 9))

    with pytest.raises(IssuerUnavailable, match="busy") as refused:
        make_issuer().issue(request_for("app.test"))

    assert refused.value.retry_after == 600
    assert fake.verbs() == ["create"]


def test_a_server_that_wants_us_to_wait_is_asked_again_then(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    fake.faults.append(Fault("create", 429, "X", "busy", {"Retry-After": "1"}))

    assert make_issuer().issue(request_for("app.test")).chain


def test_a_problem_that_stays_is_said(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    text = 'failed calling webhook "webhook.cert-manager.io": connection refused'
    fake.faults.append(Fault("create", 500, "InternalError", text, times=9))

    with pytest.raises(IssuerUnavailable, match="webhook does not answer") as refused:
        make_issuer().issue(request_for("app.test"))

    assert "kubectl get pods -n cert-manager" in refused.value.hint


@pytest.mark.parametrize("verb", ["create", "watch", "delete"])
def test_a_connection_that_is_lost_is_made_again(
    make_issuer: MakeIssuer, fake: FakeKubernetes, verb: str
) -> None:
    fake.faults.append(Fault(verb, 0))

    assert make_issuer().issue(request_for("app.test")).chain
    assert fake.verbs().count(verb) == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>", "it is no object"),
        (b"[]", "it is no object"),
        (b"x" * (1 << 21), "larger than 1024 KiB"),
    ],
)
def test_an_answer_that_is_none_ends_it(
    make_issuer: MakeIssuer, fake: FakeKubernetes, body: bytes, said: str
) -> None:
    fake.faults.append(Fault("create", 201, body=body))

    with pytest.raises(IssuerRefused, match=said):
        make_issuer().issue(request_for("app.test"))


def test_a_list_that_is_none_ends_it(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    fake.faults += [Fault("watch", 410, "Expired"), Fault("list", 200, body=b"{}")]
    fake.script = lambda fake, made: None

    with pytest.raises(IssuerRefused, match="there is no list in it"):
        make_issuer().issue(request_for("app.test"))


def test_a_certificate_that_is_not_trusted_is_said(
    make_issuer: MakeIssuer, fake: FakeKubernetes, tmp_path: Path
) -> None:
    issuer = make_issuer()
    other, _ = make_https_pair(tmp_path)
    path = tmp_path / "kube" / "config"
    path.write_text(path.read_text().replace(str(fake.cafile), str(other)))

    with pytest.raises(IssuerUnavailable, match="certificate is not trusted"):
        issuer.issue(request_for("app.test"))

    assert fake.asked == []


def test_a_server_that_is_not_there_is_said(
    make_issuer: MakeIssuer, fake: FakeKubernetes, tmp_path: Path
) -> None:
    issuer = make_issuer()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    path = tmp_path / "kube" / "config"
    path.write_text(path.read_text().replace(str(fake.port), str(port)))

    with pytest.raises(IssuerUnavailable, match="nobody listens there"):
        issuer.issue(request_for("app.test"))


def test_a_name_without_an_address_is_said(
    make_issuer: MakeIssuer, tmp_path: Path
) -> None:
    issuer = make_issuer()
    path = tmp_path / "kube" / "config"
    path.write_text(path.read_text().replace("localhost", "cluster.invalid"))

    with pytest.raises(IssuerUnavailable, match="no address is known"):
        issuer.issue(request_for("app.test"))


@contextlib.contextmanager
def dripping(certfile: Path, keyfile: Path | None, text: bytes) -> Iterator[int]:
    """A port that accepts and says this, a byte now and then, again and again.

    :param keyfile: Inside of TLS with this key; ``None``: before any TLS.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if keyfile is not None:
        context.load_cert_chain(certfile, keyfile)
    over = threading.Event()

    def serve() -> None:
        # Whoever has waited for long enough hangs up.
        with contextlib.suppress(OSError):
            connection, _ = server.accept()
            if keyfile is not None:
                connection = context.wrap_socket(connection, server_side=True)
            with connection:
                for byte in itertools.cycle(text or b" "):
                    if over.wait(0.05):
                        return
                    connection.sendall(bytes([byte]) if text else b"")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            over.set()
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize(
    ("speaks_tls", "text"),
    [(False, b""), (True, b""), (True, b"HTTP/1.1 200 OK\r\nX: "), (True, b"x")],
    ids=["no handshake", "no answer", "headers without end", "a line without end"],
)
def test_a_server_that_does_not_answer_in_time_is_given_up(
    make_issuer: MakeIssuer,
    fake: FakeKubernetes,
    tmp_path: Path,
    speaks_tls: bool,
    text: bytes,
) -> None:
    issuer = make_issuer(seconds=1)
    keyfile = fake.cafile.with_suffix(".key") if speaks_tls else None
    with dripping(fake.cafile, keyfile, text) as port:
        path = tmp_path / "kube" / "config"
        path.write_text(path.read_text().replace(str(fake.port), str(port)))

        with pytest.raises((IssuerTimeout, IssuerUnavailable), match="not"):
            issuer.issue(request_for("app.test"))
