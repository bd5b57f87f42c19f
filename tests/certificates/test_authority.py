"""A CA is exactly of our profile, and nobody has its root's key."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization import PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from flask_tlsdev import keys
from flask_tlsdev.certificates import authority_id
from flask_tlsdev.certificates import CA_DAYS
from flask_tlsdev.certificates import check_authority
from flask_tlsdev.certificates import hash_for
from flask_tlsdev.certificates import make_authority
from flask_tlsdev.certificates import permits_of
from flask_tlsdev.certificates import subject_text
from flask_tlsdev.errors import CertificateError
from flask_tlsdev.names import DEFAULT_PERMITS
from flask_tlsdev.names import Permits
from tests.profiles import assert_is_intermediate
from tests.profiles import assert_is_root
from tests.profiles import authority
from tests.profiles import CA_LIFE
from tests.profiles import CA_USAGE
from tests.profiles import DAY
from tests.profiles import default_constraints
from tests.profiles import key_usage
from tests.profiles import NOW
from tests.profiles import plain_root

each_key_type = pytest.mark.parametrize("key_type", keys.KEY_TYPES)

_Change = Callable[["Draft"], None]


@each_key_type
def test_root_and_intermediate_are_exactly_of_the_profile(key_type: str) -> None:
    ca = authority(key_type)

    assert_is_root(ca.root)
    assert_is_intermediate(ca.intermediate, ca.root)
    assert keys.key_type_of(ca.root.public_key()) == key_type
    assert keys.key_type_of(ca.key) == key_type


@each_key_type
def test_what_is_made_is_a_ca_of_ours(key_type: str) -> None:
    ca = authority(key_type)

    check_authority(ca.root, ca.intermediate, DEFAULT_PERMITS, NOW)


def test_the_subjects_say_what_it_is_and_nothing_of_the_user() -> None:
    ca = authority()
    first = "O=flask-tlsdev,OU=development CA profile 1,CN=flask-tlsdev"

    assert subject_text(ca.root.subject) == f"{first} root {ca.id}"
    assert subject_text(ca.intermediate.subject) == f"{first} intermediate {ca.id}"


def test_the_id_is_of_the_roots_key() -> None:
    ca = authority()

    assert authority_id(ca.root) == hashlib.sha256(_public_der(ca.root)).hexdigest()[:8]
    assert re.fullmatch("[0-9a-f]{8}", ca.id)


def _public_der(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )


def test_two_cas_share_no_key_and_no_serial_number() -> None:
    one, other = authority(), authority("ec-p384")
    certificates = [one.root, one.intermediate, other.root, other.intermediate]

    assert len({c.serial_number for c in certificates}) == 4
    assert len({_public_der(c) for c in certificates}) == 4


def test_permits_are_read_back_as_they_were_given() -> None:
    permits = DEFAULT_PERMITS.with_("home.arpa", "192.168.1.0/24", "fd00:1::/32")
    ca = authority(permits=permits)

    assert permits_of(ca.root) == permits
    assert permits_of(ca.intermediate) == permits
    check_authority(ca.root, ca.intermediate, permits, NOW)


@pytest.mark.parametrize(
    "permits",
    [
        Permits((), DEFAULT_PERMITS.networks),
        Permits(("test",), ()),
        Permits((), ()),
    ],
    ids=["no domain", "no network", "nothing"],
)
def test_a_kind_of_name_is_never_left_unlimited(permits: Permits) -> None:
    with pytest.raises(CertificateError, match="unlimited") as caught:
        make_authority(permits, key_type="ec-p256", lifetime=DAY, now=NOW)

    assert caught.value.reason == "not permitted"


@pytest.mark.parametrize(
    "lifetime",
    [timedelta(days=CA_DAYS, seconds=1), timedelta(0), -DAY],
    ids=["too long", "none", "negative"],
)
def test_a_ca_lives_for_two_years_at_most(lifetime: timedelta) -> None:
    with pytest.raises(CertificateError, match="730 days at most"):
        make_authority(DEFAULT_PERMITS, key_type="ec-p256", lifetime=lifetime, now=NOW)


# The root's key


def test_nothing_that_is_kept_is_the_roots_key() -> None:
    ca = authority()

    fields = [field.name for field in dataclasses.fields(ca)]

    assert fields == ["root", "intermediate", "key"]
    assert not keys.matches(ca.key, ca.root.public_key())
    assert keys.matches(ca.key, ca.intermediate.public_key())


def test_the_key_is_not_in_the_repr() -> None:
    assert "key=" not in repr(authority())


#: Says every file that is opened for writing, and what the process is allowed
#: to dump while keys are made and afterwards.
_WATCHED = """
import os, resource, sys
from datetime import datetime, timedelta, timezone
from flask_tlsdev import keys
from flask_tlsdev.certificates import make_authority
from flask_tlsdev.names import DEFAULT_PERMITS

if sys.platform == "linux":
    import ctypes
    dumpable = lambda: ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)
else:
    dumpable = lambda: 1

def state():
    return resource.getrlimit(resource.RLIMIT_CORE)[0], dumpable()

def watch(event, args):
    if event == "open" and (args[1] or "r") != "r" or event in (
        "os.rename", "os.link", "shutil.copyfile", "socket.connect", "subprocess.Popen",
    ):
        print("wrote", event, args)

made = keys.generate
def generate(key_type):
    print("during", *state())
    return made(key_type)

hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (1, hard))
print("before", *state())
sys.addaudithook(watch)
sys.modules["flask_tlsdev.keys"].generate = generate
make_authority(
    DEFAULT_PERMITS,
    key_type="ec-p256",
    lifetime=timedelta(days=1),
    now=datetime.now(timezone.utc),
)
print("after", *state())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows writes no core files")
def test_the_roots_key_is_never_written_nor_dumped(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WATCHED],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "HOME": str(tmp_path)},
    )

    said = done.stdout.splitlines()
    assert not [line for line in said if line.startswith("wrote")]
    assert list(tmp_path.iterdir()) == []
    # The last key that is made is the root's.
    no_dumps = "during 0 0" if sys.platform == "linux" else "during 0 1"
    assert [line for line in said if line.startswith("during")][-1] == no_dumps
    assert [said[0], said[-1]] == ["before 1 1", "after 1 1"]


# What is not a CA of ours


@dataclasses.dataclass
class Draft:
    """A CA like ours, to be changed before it is signed."""

    root: list[tuple[x509.ExtensionType, bool]]
    intermediate: list[tuple[x509.ExtensionType, bool]]
    root_subject: x509.Name
    intermediate_subject: x509.Name
    begin: timedelta = -timedelta(minutes=5)
    root_end: timedelta = CA_LIFE
    intermediate_end: timedelta = CA_LIFE
    serial: int = dataclasses.field(default_factory=x509.random_serial_number)
    hash: hashes.HashAlgorithm | None = None
    padding: type[padding.PSS] | None = None
    intermediate_signed_by_root: bool = True


def _draft(
    change: _Change, key_type: str = "ec-p256"
) -> tuple[x509.Certificate, x509.Certificate]:
    like = authority()
    root_key, key = keys.generate(key_type), keys.generate(key_type)
    identifier = hashlib.sha256(
        root_key.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
    ).hexdigest()[:8]
    ski = x509.SubjectKeyIdentifier.from_public_key
    draft = Draft(
        root=[
            (x509.BasicConstraints(True, 1), True),
            (key_usage(*CA_USAGE), True),
            (default_constraints(), True),
            (ski(root_key.public_key()), False),
        ],
        intermediate=[
            (x509.BasicConstraints(True, 0), True),
            (key_usage(*CA_USAGE), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
            (default_constraints(), True),
            (ski(key.public_key()), False),
            (
                x509.AuthorityKeyIdentifier.from_issuer_public_key(
                    root_key.public_key()
                ),
                False,
            ),
        ],
        root_subject=_renamed(like.root.subject, like.id, identifier),
        intermediate_subject=_renamed(like.intermediate.subject, like.id, identifier),
    )
    change(draft)
    hash_ = draft.hash or hash_for(root_key)

    def sign(
        subject: x509.Name,
        public_key: object,
        end: timedelta,
        extensions: list[tuple[x509.ExtensionType, bool]],
        signer: object,
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(draft.root_subject)
            .public_key(public_key)  # type: ignore[arg-type]
            .serial_number(draft.serial)
            .not_valid_before(NOW + draft.begin)
            .not_valid_after(NOW + end)
        )
        for value, critical in extensions:
            builder = builder.add_extension(value, critical)
        pss = draft.padding and draft.padding(padding.MGF1(hashes.SHA256()), 32)
        return builder.sign(signer, hash_, rsa_padding=pss)  # type: ignore[arg-type]

    signer = root_key if draft.intermediate_signed_by_root else key
    return (
        sign(
            draft.root_subject,
            root_key.public_key(),
            draft.root_end,
            draft.root,
            root_key,
        ),
        sign(
            draft.intermediate_subject,
            key.public_key(),
            draft.intermediate_end,
            draft.intermediate,
            signer,
        ),
    )


def _renamed(name: x509.Name, old: str, new: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(each.oid, str(each.value).replace(old, new))
            for each in name
        ]
    )


def _unchanged(draft: Draft) -> None:
    pass


def _wide() -> tuple[x509.ExtensionType, bool]:
    permitted = default_constraints().permitted_subtrees or []
    return x509.NameConstraints([*permitted, x509.DNSName("com")], None), True


def _everything() -> tuple[x509.ExtensionType, bool]:
    networks = [ip_network("0.0.0.0/0"), ip_network("::/0")]
    names: list[x509.GeneralName] = [x509.DNSName(""), *map(x509.IPAddress, networks)]
    return x509.NameConstraints(names, None), True


def _replace(which: str, index: int, value: object) -> _Change:
    def change(draft: Draft) -> None:
        getattr(draft, which)[index] = value

    return change


def _drop(which: str, index: int) -> _Change:
    def change(draft: Draft) -> None:
        del getattr(draft, which)[index]

    return change


def _add(which: str, value: tuple[x509.ExtensionType, bool]) -> _Change:
    return lambda draft: getattr(draft, which).append(value)


def _set(**values: object) -> _Change:
    def change(draft: Draft) -> None:
        for name, value in values.items():
            setattr(draft, name, value)

    return change


_SERVER = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
_CLIENT = x509.ExtendedKeyUsage(
    [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
)
_PRIVATE = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
_OTHER_NAME = x509.Name(
    [x509.NameAttribute(x509.NameOID.COMMON_NAME, "Corporate Root")]
)

CHANGES: dict[str, _Change] = {
    "root without constraints": _drop("root", 2),
    "root with wider constraints": _replace("root", 2, _wide()),
    "root for everything": _replace("root", 2, _everything()),
    "root with constraints that are not critical": _replace(
        "root", 2, (default_constraints(), False)
    ),
    "root with path length 2": _replace(
        "root", 0, (x509.BasicConstraints(True, 2), True)
    ),
    "root without path length": _replace(
        "root", 0, (x509.BasicConstraints(True, None), True)
    ),
    "root that is no CA": _replace(
        "root", 0, (x509.BasicConstraints(False, None), True)
    ),
    "root with another usage": _replace(
        "root", 1, (key_usage(*CA_USAGE, "digital_signature"), True)
    ),
    "root without usage": _drop("root", 1),
    "root with a purpose": _add("root", (_SERVER, False)),
    "root with a private extension": _add("root", (_PRIVATE, False)),
    "intermediate without constraints": _drop("intermediate", 3),
    "intermediate with wider constraints": _replace("intermediate", 3, _wide()),
    "intermediate with path length 1": _replace(
        "intermediate", 0, (x509.BasicConstraints(True, 1), True)
    ),
    "intermediate without purpose": _drop("intermediate", 2),
    "intermediate for clients": _replace("intermediate", 2, (_CLIENT, False)),
    "another subject": _set(root_subject=_OTHER_NAME),
    "another intermediate's subject": _set(intermediate_subject=_OTHER_NAME),
    "intermediate with other dates": _set(intermediate_end=CA_LIFE - DAY),
    "a life of three years": _set(
        root_end=3 * CA_LIFE / 2, intermediate_end=3 * CA_LIFE / 2
    ),
    "a serial number from a counter": _set(serial=1),
    "a weaker hash": _set(hash=hashes.SHA224()),
    "an intermediate signed by itself": _set(intermediate_signed_by_root=False),
}


def test_the_draft_is_a_ca_of_ours_where_nothing_is_changed() -> None:
    root, intermediate = _draft(_unchanged)

    check_authority(root, intermediate, DEFAULT_PERMITS, NOW)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_ca_with_any_difference_is_refused(change: _Change) -> None:
    root, intermediate = _draft(change)

    with pytest.raises(CertificateError, match="flask tls ca create"):
        check_authority(root, intermediate, DEFAULT_PERMITS, NOW)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (
            "root without constraints",
            "root is .* NameConstraints differs or is missing",
        ),
        ("root with constraints that are not critical", "NameConstraints differs"),
        ("intermediate for clients", "intermediate is .* ExtendedKeyUsage differs"),
        ("root with a private extension", "it has extension 1.2.3.4 besides"),
        ("root with a purpose", "it has ExtendedKeyUsage besides"),
    ],
)
def test_the_difference_is_named(change: str, match: str) -> None:
    root, intermediate = _draft(CHANGES[change])

    with pytest.raises(CertificateError, match=match):
        check_authority(root, intermediate, DEFAULT_PERMITS, NOW)


def test_a_ca_that_is_signed_in_another_way_is_refused() -> None:
    root, intermediate = _draft(_set(padding=padding.PSS), "rsa:2048")

    with pytest.raises(CertificateError, match="another algorithm") as caught:
        check_authority(root, intermediate, DEFAULT_PERMITS, NOW)

    assert caught.value.reason == "weak"


def test_a_ca_with_a_key_that_we_do_not_make_is_refused() -> None:
    """P-521 is good, but not every client knows it."""
    key = ec.generate_private_key(ec.SECP521R1())
    root = plain_root(key)

    with pytest.raises(CertificateError, match="kind that we do not make"):
        check_authority(root, root, DEFAULT_PERMITS, NOW)


def test_certificates_of_two_cas_are_refused() -> None:
    one, other = authority(), authority("ec-p384")

    for root, intermediate in ((one.root, other.intermediate), (one.root, one.root)):
        with pytest.raises(CertificateError):
            check_authority(root, intermediate, DEFAULT_PERMITS, NOW)


def test_a_ca_that_permits_other_names_than_believed_is_refused() -> None:
    believed = DEFAULT_PERMITS.with_("home.arpa")

    for made, told in ((believed, DEFAULT_PERMITS), (DEFAULT_PERMITS, believed)):
        ca = authority(permits=made)
        with pytest.raises(CertificateError) as caught:
            check_authority(ca.root, ca.intermediate, told, NOW)
        assert caught.value.reason == "not permitted"


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (NOW + CA_LIFE + timedelta(seconds=1), "expired"),
        (NOW - timedelta(minutes=6), "not yet valid"),
    ],
    ids=["expired", "not yet valid"],
)
def test_a_ca_is_refused_outside_its_dates(now: object, reason: str) -> None:
    ca = authority()

    with pytest.raises(CertificateError) as caught:
        check_authority(ca.root, ca.intermediate, DEFAULT_PERMITS, now)  # type: ignore[arg-type]

    assert caught.value.reason == reason


def test_a_changed_signature_is_refused() -> None:
    ca = authority()
    der = bytearray(ca.root.public_bytes(Encoding.DER))
    der[-1] ^= 1
    root = x509.load_der_x509_certificate(bytes(der))

    with pytest.raises(CertificateError) as caught:
        check_authority(root, ca.intermediate, DEFAULT_PERMITS, NOW)

    assert caught.value.reason == "chain"
