from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization import NoEncryption
from cryptography.hazmat.primitives.serialization import PrivateFormat

from flask_tlsdev.errors import CertificateError
from flask_tlsdev.errors import ConfigError
from flask_tlsdev.issuers.base import CsrSigner
from flask_tlsdev.issuers.base import Issuer
from flask_tlsdev.issuers.base import Remote
from flask_tlsdev.issuers.cert_manager import CertManager
from flask_tlsdev.issuers.cert_manager import Options
from flask_tlsdev.issuers.cert_manager import Pod
from flask_tlsdev.issuers.cert_manager import recall
from flask_tlsdev.issuers.local_ca import LocalCA
from flask_tlsdev.pairs import Pair
from flask_tlsdev.provision import issue

from ...fake_kubernetes import approve
from ...fake_kubernetes import as_cert_manager
from ...fake_kubernetes import FakeKubernetes
from ...fake_kubernetes import Fault
from ...fake_kubernetes import issue as sign
from ...fake_kubernetes import lifetime_of
from ...fake_kubernetes import Object
from ...fake_kubernetes import Script
from ...fake_kubernetes import TOKEN
from .conftest import MakeIssuer
from .conftest import request_for


def test_cert_manager_signs_and_the_pair_has_chain_and_root(
    make_issuer: MakeIssuer, signing_ca: LocalCA
) -> None:
    request = request_for("app.test", "localhost")

    pair = issue(make_issuer(), request)

    assert pair.key is request.key
    assert len(pair.chain) == 2
    (root,) = pair.roots
    assert root.public_bytes(Encoding.PEM).strip() == signing_ca.root_pem().strip()


def test_it_is_made_watched_and_deleted_and_never_polled(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    make_issuer().issue(request_for("app.test"))

    assert fake.verbs() == ["create", "watch", "delete"]
    assert fake.objects == {}


def test_what_is_asked_for_is_what_cert_manager_knows(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    request = request_for("*.app.test")

    make_issuer().issue(request)

    made = fake.made()
    name = made["metadata"].pop("name")
    assert name.startswith("tlsdev-wildcard-app-test-")
    assert made == {
        "apiVersion": "cert-manager.io/v1",
        "kind": "CertificateRequest",
        "metadata": {
            "labels": {"app.kubernetes.io/managed-by": "flask-tlsdev"},
            "namespace": "shop",
        },
        "spec": {
            "request": base64.b64encode(
                request.csr.public_bytes(Encoding.PEM)
            ).decode(),
            "issuerRef": {"name": "web", "kind": "Issuer", "group": "cert-manager.io"},
            "duration": "2592000s",
            "usages": ["digital signature", "server auth"],
            "isCA": False,
        },
    }


def test_nothing_that_is_sent_holds_a_private_key(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    request = request_for("app.test", key_type="rsa:2048")
    forms = [
        request.key.private_bytes(encoding, form, NoEncryption())
        for encoding in (Encoding.PEM, Encoding.DER)
        for form in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL)
    ]

    make_issuer().issue(request)

    sent = b"".join(each.raw for each in fake.asked)
    csr = base64.b64decode(fake.made()["spec"]["request"])
    for data in (sent, csr):
        assert b"PRIVATE KEY" not in data
        for form in forms:
            assert form not in data
            assert base64.b64encode(form) not in data


def test_an_rsa_key_may_be_used_for_key_encipherment(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    make_issuer().issue(request_for("app.test", key_type="rsa:2048"))

    assert "key encipherment" in fake.made()["spec"]["usages"]


def test_a_client_certificate_is_asked_for_as_one(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    request = replace(request_for("app.test"), purpose="client")

    make_issuer().issue(request)

    assert fake.made()["spec"]["usages"][-1] == "client auth"


@pytest.mark.parametrize(
    ("kind", "group"),
    [
        ("ClusterIssuer", "cert-manager.io"),
        ("AWSPCAClusterIssuer", "awspca.cert-manager.io"),
    ],
)
def test_other_kinds_of_issuers_are_named_as_they_are(
    make_issuer: MakeIssuer, fake: FakeKubernetes, kind: str, group: str
) -> None:
    make_issuer(kind=kind, group=group, namespace="default").issue(
        request_for("app.test")
    )

    assert fake.made()["spec"]["issuerRef"] == {
        "name": "web",
        "kind": kind,
        "group": group,
    }
    assert fake.made()["metadata"]["namespace"] == "default"


def test_a_signer_of_kubernetes_own_is_asked_for_the_whole_cluster(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    request = request_for("app.test")

    pair = issue(make_issuer(signer="example.com/web", issuer=None), request)

    made = fake.made()
    assert made["kind"] == "CertificateSigningRequest"
    assert "namespace" not in made["metadata"]
    assert made["spec"]["signerName"] == "example.com/web"
    assert made["spec"]["expirationSeconds"] == 30 * 86400
    assert fake.asked[0].path.startswith("/apis/certificates.k8s.io/v1/certificatesi")
    assert fake.verbs() == ["create", "watch", "delete"]
    # It has no place to say which root is above.
    assert pair.roots == ()


def test_a_signer_is_not_asked_for_less_than_ten_minutes(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    make_issuer(signer="example.com/web").issue(request_for("app.test", days=0.005))

    assert fake.made()["spec"]["expirationSeconds"] == 600


def test_a_foreign_csr_is_signed_for_whoever_has_its_key(
    make_issuer: MakeIssuer,
) -> None:
    csr = request_for("app.test").csr

    chain = make_issuer().sign(csr, timedelta(days=30), "server")

    assert chain[0].public_key() == csr.public_key()
    assert len(chain) == 2


def test_a_shorter_life_is_said(
    make_issuer: MakeIssuer, fake: FakeKubernetes, told: list[str]
) -> None:
    def issue_for_an_hour(fake: FakeKubernetes, made: Object) -> None:
        made["spec"]["duration"] = "3600s"
        as_cert_manager(fake, made)

    fake.script = issue_for_an_hour

    make_issuer().issue(request_for("app.test"))

    assert any("web allows no more than that" in each for each in told)


def test_a_name_that_is_taken_is_not_used(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    text = 'certificaterequests.cert-manager.io "x" already exists'
    fake.faults.append(Fault("create", 409, "AlreadyExists", text))

    pair = make_issuer().issue(request_for("app.test"))

    assert pair.chain
    names = [each.body["metadata"]["name"] for each in fake.asked if each.body]
    assert fake.verbs() == ["create", "list", "create", "watch", "delete"]
    assert names[0] != names[1]


@pytest.mark.parametrize("status", [0, 503])
def test_an_answer_that_was_lost_does_not_make_a_second_request(
    make_issuer: MakeIssuer, fake: FakeKubernetes, status: int
) -> None:
    fake.faults.append(Fault("create", status, is_done=True))

    pair = make_issuer().issue(request_for("app.test"))

    assert pair.chain
    assert fake.verbs()[:3] == ["create", "create", "list"]
    assert fake.verbs().count("delete") == 1
    assert fake.objects == {}


def test_names_that_are_always_taken_end_it(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    fake.faults.append(Fault("create", 409, "AlreadyExists", times=9))

    with pytest.raises(Exception, match="always taken"):
        make_issuer().issue(request_for("app.test"))


def test_a_request_that_cannot_be_deleted_is_said_and_the_pair_is_good(
    make_issuer: MakeIssuer, fake: FakeKubernetes, told: list[str]
) -> None:
    fake.rules = [
        {
            "apiGroups": ["cert-manager.io"],
            "resources": ["certificaterequests"],
            "verbs": ["create", "list", "watch"],
        }
    ]

    pair = make_issuer().issue(request_for("app.test"))

    assert pair.chain
    (warning,) = (each for each in told if each.startswith("Warning"))
    assert "is left in the cluster" in warning
    assert "may not delete certificaterequests.cert-manager.io" in warning


def test_a_request_is_deleted_though_there_is_no_time_left(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    fake.script = approve

    with pytest.raises(Exception, match="within 3 seconds"):
        make_issuer(seconds=3).issue(request_for("app.test"))

    assert fake.objects == {}


def pod(tmp_path: Path, fake: FakeKubernetes, **more: str) -> Pod:
    folder = tmp_path / "serviceaccount"
    folder.mkdir()
    (folder / "token").write_text(TOKEN)
    (folder / "namespace").write_text("shop")
    (folder / "ca.crt").write_bytes(fake.cafile.read_bytes())
    return Pod("localhost", str(fake.port), folder, **more)


def test_in_a_pod_its_service_account_asks_in_its_namespace(
    make_issuer: MakeIssuer, fake: FakeKubernetes, tmp_path: Path
) -> None:
    issuer = make_issuer(kubeconfigs=(), pod=pod(tmp_path, fake))

    pair = issuer.issue(request_for("app.test"))

    assert pair.chain
    assert fake.made()["metadata"]["namespace"] == "shop"
    assert "ownerReferences" not in fake.made()["metadata"]
    assert issuer.id.startswith("cert-manager-shop-issuer-web-")


def test_a_pod_that_knows_itself_owns_its_requests(
    make_issuer: MakeIssuer, fake: FakeKubernetes, tmp_path: Path
) -> None:
    here = pod(tmp_path, fake, name="shop-1", uid="8f2c")

    make_issuer(pod=here).issue(request_for("app.test"))

    assert fake.made()["metadata"]["ownerReferences"] == [
        {"apiVersion": "v1", "kind": "Pod", "name": "shop-1", "uid": "8f2c"}
    ]


@pytest.mark.parametrize("changes", [{"namespace": "default"}, {"signer": "a.test/b"}])
def test_no_pod_owns_what_lies_in_another_place(
    make_issuer: MakeIssuer,
    fake: FakeKubernetes,
    tmp_path: Path,
    changes: dict[str, str],
) -> None:
    here = pod(tmp_path, fake, name="shop-1", uid="8f2c")

    make_issuer(pod=here, **changes).issue(request_for("app.test"))

    assert "ownerReferences" not in fake.made()["metadata"]


def test_a_pod_without_a_token_is_one_sentence(
    make_issuer: MakeIssuer, tmp_path: Path
) -> None:
    issuer = make_issuer(pod=Pod("localhost", "1", tmp_path / "nowhere"))

    with pytest.raises(ConfigError, match="pod's service account cannot be used"):
        issuer.issue(request_for("app.test"))


def test_an_issuer_has_to_be_named(make_issuer: MakeIssuer) -> None:
    with pytest.raises(ConfigError, match="--kube-issuer NAME"):
        make_issuer(issuer=None).issue(request_for("app.test"))


def test_what_is_not_for_the_names_is_refused(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    def issue_another(fake: FakeKubernetes, made: Object) -> None:
        other = request_for("other.test").csr.public_bytes(Encoding.PEM)
        approve(fake, made)
        made["spec"]["request"] = base64.b64encode(other).decode()
        sign(fake, made)

    fake.script = issue_another

    with pytest.raises(Exception, match="belong"):
        issue(make_issuer(), request_for("app.test"))


@pytest.mark.parametrize(
    "certificate",
    ["!!!", base64.b64encode(b"nonsense").decode(), "A" * 400_000],
    ids=["no base64", "no certificate", "too large"],
)
def test_nonsense_instead_of_a_certificate_is_one_sentence(
    make_issuer: MakeIssuer, fake: FakeKubernetes, certificate: str
) -> None:
    fake.script = lambda fake, made: fake.update(
        made, {"certificate": certificate}, ("Ready", "True", "Issued", "")
    )

    with pytest.raises(Exception, match="cannot be used"):
        make_issuer().issue(request_for("app.test"))


#: What ``status.ca`` is, of the intermediate, the root and another CA.
Answer = Callable[[x509.Certificate, x509.Certificate, LocalCA], bytes]


@pytest.mark.parametrize(
    "ca",
    [
        lambda intermediate, root, other: pem(intermediate),
        lambda intermediate, root, other: b"",
        lambda intermediate, root, other: pem(above(other)),
    ],
    ids=["the intermediate", "nothing", "another intermediate"],
)
def test_what_is_no_root_is_not_handed_on_as_one(
    make_issuer: MakeIssuer, fake: FakeKubernetes, other_ca: LocalCA, ca: Answer
) -> None:
    fake.script = answering(ca, other_ca)

    pair = issue(make_issuer(), request_for("app.test"))

    assert len(pair.chain) == 2
    assert pair.roots == ()


def test_of_several_roots_the_one_is_kept_that_vouches(
    make_issuer: MakeIssuer, fake: FakeKubernetes, other_ca: LocalCA
) -> None:
    fake.script = answering(
        lambda intermediate, root, other: other.root_pem() + pem(root), other_ca
    )

    pair = issue(make_issuer(), request_for("app.test"))

    assert list(map(pem, pair.roots)) == [fake.ca.root_pem()]


def test_a_root_that_vouches_for_nothing_is_refused(
    make_issuer: MakeIssuer, fake: FakeKubernetes, other_ca: LocalCA
) -> None:
    fake.script = answering(
        lambda intermediate, root, other: other.root_pem(), other_ca
    )

    with pytest.raises(CertificateError):
        issue(make_issuer(), request_for("app.test"))


@pytest.fixture
def other_ca(tmp_path: Path) -> LocalCA:
    return LocalCA.open_or_create(tmp_path / "other-ca", key_type="ec-p256")


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def above(ca: LocalCA) -> x509.Certificate:
    """The intermediate of a CA."""
    return ca.sign(request_for("app.test").csr, timedelta(days=1), "server")[1]


def answering(ca: Answer, other: LocalCA) -> Script:
    """Leaf and intermediate in the chain, and this as ``status.ca``."""

    def script(fake: FakeKubernetes, made: Object) -> None:
        csr = x509.load_pem_x509_csr(base64.b64decode(made["spec"]["request"]))
        leaf, intermediate = fake.ca.sign(csr, lifetime_of(made), "server")
        root = x509.load_pem_x509_certificate(fake.ca.root_pem())
        texts = pem(leaf) + pem(intermediate), ca(intermediate, root, other)
        chain, above = (base64.b64encode(each).decode() for each in texts)
        ready = ("Ready", "True", "Issued", "")
        fake.update(made, {"certificate": chain, "ca": above}, ready)

    return script


def test_the_id_names_cluster_namespace_and_issuer(make_issuer: MakeIssuer) -> None:
    ids = {
        make_issuer(**changes).id
        for changes in (
            {},
            {"namespace": "shop"},
            {"issuer": "other"},
            {"kind": "ClusterIssuer"},
            {"group": "example.com"},
            {"context": "another"},
            {"signer": "example.com/web"},
        )
    }

    assert len(ids) == 7
    assert all(len(each) <= 64 and each.islower() for each in ids)
    named = make_issuer(namespace="shop", kind="ClusterIssuer").id
    assert named.startswith("cert-manager-shop-clusterissuer-web-")


def test_another_current_context_is_another_issuer(
    make_issuer: MakeIssuer, tmp_path: Path
) -> None:
    before = make_issuer()
    first = before.id
    path = tmp_path / "kube" / "config"

    path.write_text(
        path.read_text().replace("current-context: fake", "current-context: b")
    )

    assert before.id != first


def test_how_it_was_asked_is_remembered_without_a_secret(
    make_issuer: MakeIssuer, tmp_path: Path
) -> None:
    issuer = make_issuer(kind="ClusterIssuer", namespace="shop")
    issuer.issue(request_for("app.test"))

    found = recall(tmp_path / "store", issuer.id, Options())

    assert found == issuer.options
    kept = (tmp_path / "store" / ".kubernetes" / f"{issuer.id}.json").read_text()
    assert TOKEN not in kept


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "{",
        lambda text: "[]",
        lambda text: text.replace('"version": 1', '"version": 2'),
        lambda text: text.replace('"web"', '"../../web"'),
        lambda text: text.replace('"web"', '"other"'),
        lambda text: text.replace("false", "7"),
    ],
)
def test_what_is_remembered_is_not_believed_when_it_is_damaged(
    make_issuer: MakeIssuer, tmp_path: Path, spoil: object
) -> None:
    issuer = make_issuer()
    issuer.issue(request_for("app.test"))
    path = tmp_path / "store" / ".kubernetes" / f"{issuer.id}.json"

    path.write_text(spoil(path.read_text()))  # type: ignore[operator]  # a function

    assert recall(tmp_path / "store", issuer.id, Options()) is None


def test_it_is_an_issuer_of_each_kind_that_it_says(
    make_issuer: MakeIssuer,
) -> None:
    found: CertManager = make_issuer()
    issuer: Issuer = found
    signer: CsrSigner = found

    assert isinstance(issuer, Remote)
    assert signer is not None
    assert isinstance(found.issue(request_for("app.test")), Pair)
