"""Everything that a request may go through until it is answered, or is not."""

from __future__ import annotations

import threading

import pytest

from flask_tlsdev.errors import IssuerRefused
from flask_tlsdev.errors import IssuerTimeout
from flask_tlsdev.issuers.cert_manager import CertManager

from ...fake_kubernetes import approve
from ...fake_kubernetes import FakeKubernetes
from ...fake_kubernetes import Fault
from ...fake_kubernetes import issue
from ...fake_kubernetes import Object
from ...fake_kubernetes import pend
from .conftest import MakeIssuer
from .conftest import request_for


def ask(issuer: CertManager) -> None:
    """Get a certificate, which has to come."""
    assert issuer.issue(request_for("app.test")).chain


def refusal_of(issuer: CertManager) -> IssuerRefused:
    with pytest.raises(IssuerRefused) as refused:
        issuer.issue(request_for("app.test"))

    return refused.value


def test_what_is_waited_for_is_said_once(
    make_issuer: MakeIssuer, fake: FakeKubernetes, told: list[str]
) -> None:
    def script(fake: FakeKubernetes, made: Object) -> None:
        fake.wait_for_watch()
        fake.set_condition(made, "Other", "True", "Something")
        approve(fake, made)
        pend(fake, made, "Waiting for the authority")
        pend(fake, made, "Waiting for the authority")
        issue(fake, made)

    fake.script = script

    ask(make_issuer())

    waits = [each.partition(" waits for ")[2] for each in told]
    assert waits == [
        "an approval.",
        "the signer.",
        "Pending: Waiting for the authority.",
    ]


def test_an_issuer_that_takes_its_time_is_waited_for_with_one_watch(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    watched = threading.Event()

    def script(fake: FakeKubernetes, made: Object) -> None:
        approve(fake, made)
        pend(fake, made)
        fake.wait_for_watch()
        # Longer than any pause of ours.
        watched.wait(1)
        issue(fake, made)

    fake.script = script

    ask(make_issuer())

    assert fake.verbs() == ["create", "watch", "delete"]


def test_a_request_that_was_denied_is_told_apart(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    def script(fake: FakeKubernetes, made: Object) -> None:
        text = "No policy approved this request: [dns name not allowed]"
        fake.set_condition(made, "Denied", "True", "policy.cert-manager.io", text)
        text = "The CertificateRequest was denied by an approval controller"
        fake.set_condition(made, "Ready", "False", "Denied", text)

    fake.script = script

    refused = refusal_of(make_issuer())

    assert (
        "The request was denied: policy.cert-manager.io: No policy" in refused.message
    )
    assert "approves" in refused.hint
    assert refused.problem is not None
    assert refused.problem["type"] == "Denied"
    assert fake.objects == {}


def test_a_request_that_failed_says_what_cert_manager_says(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    def script(fake: FakeKubernetes, made: Object) -> None:
        approve(fake, made)
        pend(fake, made)
        text = "Error signing certificate: \x1b[31mthe CA's key\nis missing"
        fake.set_condition(made, "Ready", "False", "Failed", text)

    fake.script = script

    refused = refusal_of(make_issuer())

    assert "Failed: Error signing certificate" in refused.message
    assert "the CA's key is missing" in refused.message
    assert "\x1b" not in refused.message
    assert fake.objects == {}


def test_a_request_that_is_invalid_is_refused(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    def script(fake: FakeKubernetes, made: Object) -> None:
        text = "duration too short"
        fake.set_condition(made, "InvalidRequest", "True", "InvalidRequest", text)

    fake.script = script

    assert "as invalid" in refusal_of(make_issuer()).message


def test_an_issuer_that_is_not_there_is_said_at_once(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    def script(fake: FakeKubernetes, made: Object) -> None:
        approve(fake, made)
        text = 'Referenced "Issuer" not found: issuer.cert-manager.io "web" not found'
        pend(fake, made, text)

    fake.script = script

    refused = refusal_of(make_issuer())

    assert "does not find the issuer" in refused.message
    assert "kubectl get issuers,clusterissuers -A" in refused.hint


def test_an_approval_that_is_still_to_come_is_told_apart_from_a_denial(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    fake.script = lambda fake, made: None

    with pytest.raises(IssuerTimeout) as late:
        make_issuer(seconds=3).issue(request_for("app.test"))

    assert "Nobody has approved" in late.value.message
    assert "was not denied either" in late.value.message
    assert "cmctl approve tlsdev-app-test-" in late.value.hint
    assert "--kube-timeout" in late.value.hint


def test_an_issuer_that_is_too_slow_is_named(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    def script(fake: FakeKubernetes, made: Object) -> None:
        approve(fake, made)
        pend(fake, made, "Waiting for the authority")

    fake.script = script

    with pytest.raises(IssuerTimeout, match="waits for Pending: Waiting for the auth"):
        make_issuer(seconds=3).issue(request_for("app.test"))


@pytest.mark.parametrize(
    ("kind", "said"),
    [("Denied", "was denied: Bad: no"), ("Failed", "has failed: Bad: no")],
)
def test_a_signer_of_kubernetes_own_may_refuse(
    make_issuer: MakeIssuer, fake: FakeKubernetes, kind: str, said: str
) -> None:
    fake.script = lambda fake, made: fake.set_condition(made, kind, "True", "Bad", "no")

    assert said in refusal_of(make_issuer(signer="example.com/web")).message


def test_a_signer_of_kubernetes_own_waits_for_somebodys_approval(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    fake.script = lambda fake, made: None

    with pytest.raises(IssuerTimeout) as late:
        make_issuer(signer="example.com/web", seconds=3).issue(request_for("app.test"))

    assert "kubectl certificate approve tlsdev-app-test-" in late.value.hint


@pytest.mark.parametrize("cut", [1, 2])
def test_a_watch_that_is_cut_off_is_begun_again_where_it_was(
    make_issuer: MakeIssuer, fake: FakeKubernetes, cut: int
) -> None:
    def script(fake: FakeKubernetes, made: Object) -> None:
        fake.wait_for_watch()
        approve(fake, made)
        pend(fake, made)
        fake.wait_for_watch(2)
        issue(fake, made)

    fake.script, fake.cut_after = script, cut

    ask(make_issuer())

    assert fake.verbs() == ["create", "watch", "watch", "delete"]
    versions = [int(each.query["resourceVersion"]) for each in fake.asked[1:3]]
    assert versions[1] - versions[0] == cut


@pytest.mark.parametrize("by_status", [False, True], ids=["by an event", "by status"])
def test_what_is_gone_is_listed_again(
    make_issuer: MakeIssuer, fake: FakeKubernetes, by_status: bool
) -> None:
    def script(fake: FakeKubernetes, made: Object) -> None:
        fake.wait_for_watch()
        # At once: the second watch comes when all has been forgotten.
        with fake.news:
            approve(fake, made)
            fake.compact()
        fake.wait_for_watch(3)
        issue(fake, made)

    fake.script, fake.cut_after, fake.gone_by_status = script, 1, by_status

    ask(make_issuer())

    assert fake.verbs() == ["create", "watch", "watch", "list", "watch", "delete"]


def test_what_was_answered_while_nobody_watched_is_found(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    def script(fake: FakeKubernetes, made: Object) -> None:
        fake.wait_for_watch()
        with fake.news:
            approve(fake, made)
            issue(fake, made)
            fake.compact()

    fake.script, fake.cut_after = script, 1

    ask(make_issuer())

    assert fake.verbs() == ["create", "watch", "watch", "list", "delete"]


def test_a_bookmark_moves_the_watch_on(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    def script(fake: FakeKubernetes, made: Object) -> None:
        fake.wait_for_watch()
        fake.bookmark(made)
        fake.wait_for_watch(2)
        issue(fake, made)

    fake.script, fake.cut_after = script, 1

    ask(make_issuer())

    versions = [int(each.query["resourceVersion"]) for each in fake.asked[1:3]]
    assert versions[1] == versions[0] + 1


def test_a_request_that_somebody_deletes_is_not_waited_for(
    make_issuer: MakeIssuer, fake: FakeKubernetes, told: list[str]
) -> None:
    def script(fake: FakeKubernetes, made: Object) -> None:
        fake.wait_for_watch()
        fake.delete(made)

    fake.script = script

    refused = refusal_of(make_issuer())

    assert "was deleted before it was answered" in refused.message
    assert not [each for each in told if each.startswith("Warning")]


def test_a_request_that_is_gone_when_it_is_listed_is_not_waited_for(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    nothing = b'{"metadata": {"resourceVersion": "999"}, "items": []}'
    fake.script = lambda fake, made: None
    fake.faults += [Fault("watch", 410, "Expired"), Fault("list", 200, body=nothing)]

    assert "was deleted" in refusal_of(make_issuer()).message


def test_a_server_that_ends_each_watch_at_once_is_not_asked_in_a_loop(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    fake.script = lambda fake, made: None
    fake.faults.append(Fault("watch", 200, body=b"", times=1000))

    with pytest.raises(IssuerTimeout):
        make_issuer(seconds=2).issue(request_for("app.test"))

    assert fake.verbs().count("watch") < 10


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"nonsense\n", "it is no object"),
        (b'{"type": "MODIFIED"}\n', "an event in it is damaged"),
        (b'{"type": "ERROR", "object": {"message": "etcd is away"}}\n', "etcd is away"),
        (b"x" * (1 << 21), "too large"),
    ],
)
def test_a_watch_that_says_nonsense_ends_it(
    make_issuer: MakeIssuer, fake: FakeKubernetes, body: bytes, said: str
) -> None:
    fake.script = lambda fake, made: None
    fake.faults.append(Fault("watch", 200, body=body))

    with pytest.raises(Exception, match=said):
        make_issuer().issue(request_for("app.test"))

    assert fake.objects == {}
