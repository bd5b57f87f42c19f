"""What stands in each kind of certificate?

A profile is a list of extensions, in order, each critical or not. The CA's two
are installed on people's devices and cannot be changed there, so they are as
small as they can be; a change here needs a new :data:`.PROFILE`.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network
from ipaddress import IPv6Network
from typing import Literal
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.oid import NameOID

from ..errors import CertificateError
from ..names import Name
from ..names import Permits
from ..profile import PROFILE as PROFILE
from .reading import find_extension
from .sans import san

if TYPE_CHECKING:
    from ..keys import PublicKey

#: The longest life of a CA. Its key lies in the user's folder all that time.
CA_DAYS = 730

Purpose = Literal["server", "client"]
#: What a certificate that signs itself may be for.
Usage = Literal["server", "client", "both"]
Profile = tuple[tuple[x509.ExtensionType, bool], ...]

_USAGES = {
    "server": (ExtendedKeyUsageOID.SERVER_AUTH,),
    "client": (ExtendedKeyUsageOID.CLIENT_AUTH,),
    "both": (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH),
}

#: A permitted subtree that matches nothing closes a kind of name. An excluded
#: empty one would too, but cryptography cannot make it, OpenSSL ignores it and
#: Java refuses the whole CA. RFC 6761 keeps ``invalid`` from ever existing.
_NOTHING = "invalid"


def root_profile(permits: Permits, public_key: PublicKey) -> Profile:
    """Root: signs one intermediate, for the permitted names only."""
    return (
        (x509.BasicConstraints(ca=True, path_length=1), True),
        (_ca_usage(), True),
        (_name_constraints(permits), True),
        (x509.SubjectKeyIdentifier.from_public_key(public_key), False),
    )


def intermediate_profile(
    permits: Permits,
    public_key: PublicKey,
    root_key: PublicKey,
    purpose: Purpose = "server",
) -> Profile:
    """Intermediate: signs servers' leaves, for the permitted names only.

    The constraints stand here and in the root: Java ignores a trust anchor's.
    That the only purpose is serverAuth ends client and mail certificates in
    OpenSSL, GnuTLS, Go and cryptography.

    :param purpose: The client CA's is for clients, and ends servers'.
    """
    return (
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (_ca_usage(), True),
        (x509.ExtendedKeyUsage(_USAGES[purpose]), False),
        (_name_constraints(permits), True),
        (x509.SubjectKeyIdentifier.from_public_key(public_key), False),
        (_authority_key_identifier(root_key), False),
    )


def leaf_profile(
    names: Iterable[Name],
    public_key: PublicKey,
    issuer_key: PublicKey,
    *,
    purpose: Usage,
    subject: x509.Name,
) -> Profile:
    """A server's or a client's own certificate, signed by a CA or by itself.

    Its SAN is critical only where there is no subject (RFC 5280 4.2.1.6).
    A self-signed one has an authority key identifier too: Python 3.13 and
    others that verify strictly want it.
    """
    return (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_leaf_usage(public_key), True),
        (x509.ExtendedKeyUsage(_USAGES[purpose]), False),
        (san(names), not subject.rdns),
        (x509.SubjectKeyIdentifier.from_public_key(public_key), False),
        (_authority_key_identifier(issuer_key), False),
    )


def ca_subject(
    kind: Literal["root", "intermediate"],
    identifier: str,
    purpose: Purpose = "server",
) -> x509.Name:
    """The subject of one of our CA certificates: no user's or host's name in it.

    :param identifier: :func:`.authority_id` of the root, which tells two CAs
        apart in a list of certificates.
    """
    whose = "client " if purpose == "client" else ""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "flask-tlsdev"),
            x509.NameAttribute(
                NameOID.ORGANIZATIONAL_UNIT_NAME, f"development CA profile {PROFILE}"
            ),
            x509.NameAttribute(
                NameOID.COMMON_NAME, f"flask-tlsdev {whose}{kind} {identifier}"
            ),
        ]
    )


def allows_purpose(certificate: x509.Certificate, purpose: Usage) -> bool:
    """Whether its extended key usage, if it has one, includes the purpose."""
    usages = find_extension(certificate, x509.ExtendedKeyUsage)
    return usages is None or set(_USAGES[purpose]) <= set(usages)


def permits_of(ca_certificate: x509.Certificate) -> Permits:
    """What a CA of ours may sign, read from its name constraints."""
    constraints = find_extension(ca_certificate, x509.NameConstraints)

    if constraints is None:
        raise CertificateError(
            "This CA certificate has no name constraints: it is not one of ours.",
            reason="not permitted",
            hint="Make one with: flask tls ca create",
        )

    subtrees = constraints.permitted_subtrees or ()
    return Permits(
        tuple(tree.value for tree in subtrees if isinstance(tree, x509.DNSName)),
        tuple(
            tree.value
            for tree in subtrees
            if isinstance(tree, x509.IPAddress)
            and isinstance(tree.value, (IPv4Network, IPv6Network))
        ),
    )


def _ca_usage() -> x509.KeyUsage:
    # No cRLSign: this CA never signs a list, and what it may do is kept small.
    return _key_usage(key_cert_sign=True)


def _leaf_usage(public_key: PublicKey) -> x509.KeyUsage:
    # Key encipherment is the RSA key exchange of servers that still offer it.
    is_rsa = isinstance(public_key, rsa.RSAPublicKey)
    return _key_usage(digital_signature=True, key_encipherment=is_rsa)


def _key_usage(
    *,
    digital_signature: bool = False,
    key_encipherment: bool = False,
    key_cert_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=key_encipherment,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name_constraints(permits: Permits) -> x509.NameConstraints:
    """Plain names (``test``, never ``.test``), in the permits' own order.

    There is no directoryName among them: critical, it breaks Go and
    cryptography, and in any form rustls.
    """
    if not permits.domains or not permits.networks:
        # A kind without an entry is unlimited, the opposite of what was meant.
        raise CertificateError(
            "A CA must be limited to some DNS names and to some addresses: "
            "a kind that its name constraints leave out is unlimited.",
            reason="not permitted",
        )

    return x509.NameConstraints(
        permitted_subtrees=[
            *(x509.DNSName(domain) for domain in permits.domains),
            *(x509.IPAddress(network) for network in permits.networks),
            x509.RFC822Name(_NOTHING),
            x509.UniformResourceIdentifier(_NOTHING),
        ],
        excluded_subtrees=None,
    )


def _authority_key_identifier(issuer_key: PublicKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key)
