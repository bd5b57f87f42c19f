from __future__ import annotations

import plistlib

from flask_tlsdev.phones import downloads
from flask_tlsdev.phones.files import mobileconfig
from flask_tlsdev.trust.base import Root

from ..tools import program
from ..tools import run
from ..trust.making import our_root

ROOT = our_root()


def test_a_profile_holds_exactly_the_root() -> None:
    profile = plistlib.loads(mobileconfig(ROOT))

    (payload,) = profile["PayloadContent"]
    assert profile["PayloadType"] == "Configuration"
    assert payload["PayloadType"] == "com.apple.security.root"
    assert payload["PayloadContent"] == ROOT.der
    assert payload["PayloadUUID"] != profile["PayloadUUID"]
    assert profile["PayloadRemovalDisallowed"] is False


def test_a_profile_replaces_itself_and_no_other() -> None:
    first, again, other = map(mobileconfig, (ROOT, ROOT, our_root(1)))

    assert first == again
    assert _ids(first).isdisjoint(_ids(other))


def _ids(data: bytes) -> set[str]:
    profile = plistlib.loads(data)
    (payload,) = profile["PayloadContent"]
    return {each[f"Payload{n}"] for each in (profile, payload) for n in ("UUID",)}


def test_each_form_has_its_type_and_the_root_in_it() -> None:
    profile, der, pem = downloads(ROOT)

    assert profile.content_type == "application/x-apple-aspen-config"
    assert (der.content_type, der.data) == ("application/x-x509-ca-cert", ROOT.der)
    assert (pem.content_type, pem.data) == ("application/x-pem-file", ROOT.pem)
    assert [each.name.rpartition(".")[2] for each in downloads(ROOT)] == [
        "mobileconfig",
        "crt",
        "pem",
    ]


def test_openssl_reads_both_certificates() -> None:
    _, der, pem = downloads(ROOT)
    said = [
        run(program("openssl"), *command, stdin=file.data).stdout
        for file, command in (
            (der, ("x509", "-inform", "DER", "-noout", "-fingerprint", "-sha256")),
            (pem, ("x509", "-noout", "-fingerprint", "-sha256")),
        )
    ]

    assert said[0] == said[1] != ""


def test_a_root_is_nothing_but_a_certificate() -> None:
    for file in downloads(ROOT):
        assert b"PRIVATE" not in file.data
        assert Root.from_der(ROOT.der) == ROOT
