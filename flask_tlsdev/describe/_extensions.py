"""What does an extension say, in words?"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.oid import SubjectInformationAccessOID

from ..certificates import extensions_of
from ..certificates import find_extension
from ..certificates import Signed
from ..certificates import subject_text
from ..printable import printable
from ._description import field
from ._description import Value

#: No certificate of a real CA has more of anything. A megabyte of entries is
#: a terminal full of them.
_MOST = 200


def describe_extensions(certificate: Signed) -> list[Value]:
    """Each extension: its name, OID, whether critical, and what it says."""
    return [_describe(extension) for extension in extensions_of(certificate)]


def names_in(certificate: Signed) -> list[Value]:
    """DNS names and addresses of the SAN as they stand there."""
    entries = find_extension(certificate, x509.SubjectAlternativeName) or ()
    kinds = (x509.DNSName, x509.IPAddress)
    names = [entry.value for entry in entries if isinstance(entry, kinds)]
    return [printable(name) for name in names[:_MOST]]


def _describe(extension: x509.Extension[x509.ExtensionType]) -> Value:
    value = extension.value
    name, words = _TABLE.get(type(value), (_title(value), _unknown))
    return {
        "name": name,
        "oid": extension.oid.dotted_string,
        "critical": extension.critical,
        "values": _values(value, words),
    }


def _values(value: Any, words: Callable[[Any], Iterable[str]]) -> list[Value]:
    texts = field(lambda: [printable(text) for text in words(value)])

    if not isinstance(texts, list):
        return [texts]

    more = len(texts) - _MOST
    return [*texts[:_MOST], f"and {more} more"] if more > 0 else texts


def _title(value: x509.ExtensionType) -> str:
    if isinstance(value, x509.UnrecognizedExtension):
        return f"Unknown extension {value.oid.dotted_string}"

    return type(value).__name__


def _unknown(value: x509.ExtensionType) -> list[str]:
    der = value.value if isinstance(value, x509.UnrecognizedExtension) else b""
    der = der or value.public_bytes()
    return [f"{len(der)} bytes: {der[:32].hex()}{'…' if len(der) > 32 else ''}"]


def _basic_constraints(value: x509.BasicConstraints) -> list[str]:
    if not value.ca:
        return ["CA: no"]

    length = "any" if value.path_length is None else value.path_length
    return [f"CA: yes, path length: {length}"]


def _key_usage(value: x509.KeyUsage) -> list[str]:
    usages = [words for name, words in _KEY_USAGES.items() if getattr(value, name)]

    # These two may only be asked for where the agreement is allowed.
    if value.key_agreement:
        usages += ["Encipher Only"] * value.encipher_only
        usages += ["Decipher Only"] * value.decipher_only

    return usages


def _extended_key_usage(value: x509.ExtendedKeyUsage) -> list[str]:
    return [_PURPOSES.get(oid, oid.dotted_string) for oid in value]


def _general_names(names: Iterable[x509.GeneralName]) -> list[str]:
    return [_general_name(name) for name in names]


def _general_name(name: x509.GeneralName) -> str:
    if isinstance(name, x509.DirectoryName):
        return f"DirName:{subject_text(name.value)}"
    if isinstance(name, x509.OtherName):
        return f"othername:{name.type_id.dotted_string}, {len(name.value)} bytes"
    if isinstance(name, x509.RegisteredID):
        return f"Registered ID:{name.value.dotted_string}"

    return f"{_NAME_KINDS.get(type(name), type(name).__name__)}:{name.value}"


def _name_constraints(value: x509.NameConstraints) -> list[str]:
    permitted = _general_names(value.permitted_subtrees or ())
    excluded = _general_names(value.excluded_subtrees or ())
    return [f"Permitted {p}" for p in permitted] + [f"Excluded {e}" for e in excluded]


def _subject_key_identifier(value: x509.SubjectKeyIdentifier) -> list[str]:
    return [value.digest.hex(":").upper()]


def _authority_key_identifier(value: x509.AuthorityKeyIdentifier) -> list[str]:
    texts = []

    if value.key_identifier is not None:
        texts.append(f"keyid:{value.key_identifier.hex(':').upper()}")
    if value.authority_cert_issuer is not None:
        texts += _general_names(value.authority_cert_issuer)
    if value.authority_cert_serial_number is not None:
        texts.append(f"serial:{value.authority_cert_serial_number:x}")

    return texts


def _access(value: Iterable[x509.AccessDescription]) -> list[str]:
    return [
        f"{_ACCESS.get(each.access_method, each.access_method.dotted_string)} - "
        f"{_general_name(each.access_location)}"
        for each in value
    ]


def _distribution_points(value: Iterable[x509.DistributionPoint]) -> list[str]:
    texts = []

    for point in value:
        texts += _general_names(point.full_name or ())
        if point.relative_name is not None:
            texts.append(f"relative name {point.relative_name.rfc4514_string()}")

    return texts


def _policies(value: x509.CertificatePolicies) -> list[str]:
    texts = []

    for policy in value:
        oid = policy.policy_identifier.dotted_string
        texts.append(f"Policy: {_POLICIES.get(oid, oid)}")
        texts += map(_qualifier, policy.policy_qualifiers or ())

    return texts


def _qualifier(qualifier: str | x509.UserNotice) -> str:
    if isinstance(qualifier, str):
        return f"CPS: {qualifier}"

    return f"User notice: {qualifier.explicit_text or 'a reference'}"


def _policy_constraints(value: x509.PolicyConstraints) -> list[str]:
    return [
        f"Require explicit policy: {value.require_explicit_policy}",
        f"Inhibit policy mapping: {value.inhibit_policy_mapping}",
    ]


def _tls_feature(value: x509.TLSFeature) -> list[str]:
    return [feature.name for feature in value]


def _timestamps(
    value: Iterable[x509.certificate_transparency.SignedCertificateTimestamp],
) -> list[str]:
    return [
        f"log {timestamp.log_id.hex()} at {timestamp.timestamp:%Y-%m-%d %H:%M:%S} UTC"
        for timestamp in value
    ]


def _template(value: x509.MSCertificateTemplate) -> list[str]:
    version = f"{value.major_version}.{value.minor_version}"
    return [f"Template: {value.template_id.dotted_string}, version {version}"]


def _present(_: x509.ExtensionType) -> list[str]:
    return ["present"]


#: The attributes of x509.KeyUsage in OpenSSL's words.
_KEY_USAGES = {
    "digital_signature": "Digital Signature",
    "content_commitment": "Non Repudiation",
    "key_encipherment": "Key Encipherment",
    "data_encipherment": "Data Encipherment",
    "key_agreement": "Key Agreement",
    "key_cert_sign": "Certificate Sign",
    "crl_sign": "CRL Sign",
}
_PURPOSES = {
    ExtendedKeyUsageOID.SERVER_AUTH: "TLS Web Server Authentication",
    ExtendedKeyUsageOID.CLIENT_AUTH: "TLS Web Client Authentication",
    ExtendedKeyUsageOID.CODE_SIGNING: "Code Signing",
    ExtendedKeyUsageOID.EMAIL_PROTECTION: "E-mail Protection",
    ExtendedKeyUsageOID.TIME_STAMPING: "Time Stamping",
    ExtendedKeyUsageOID.OCSP_SIGNING: "OCSP Signing",
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE: "Any Extended Key Usage",
    ExtendedKeyUsageOID.SMARTCARD_LOGON: "Microsoft Smartcard Login",
    ExtendedKeyUsageOID.KERBEROS_PKINIT_KDC: "Kerberos KDC",
}
_NAME_KINDS = {
    x509.DNSName: "DNS",
    x509.IPAddress: "IP Address",
    x509.RFC822Name: "email",
    x509.UniformResourceIdentifier: "URI",
}
_ACCESS = {
    AuthorityInformationAccessOID.OCSP: "OCSP",
    AuthorityInformationAccessOID.CA_ISSUERS: "CA Issuers",
    SubjectInformationAccessOID.CA_REPOSITORY: "CA Repository",
}
#: CA/Browser Forum's, https://cabforum.org/resources/object-registry/
_POLICIES = {
    "2.23.140.1.1": "Extended Validated (2.23.140.1.1)",
    "2.23.140.1.2.1": "Domain Validated (2.23.140.1.2.1)",
    "2.23.140.1.2.2": "Organization Validated (2.23.140.1.2.2)",
    "2.23.140.1.2.3": "Individual Validated (2.23.140.1.2.3)",
}
_SAN = "Subject Alternative Name"

#: What OpenSSL calls each, and the function that puts it into words.
_TABLE: dict[type[x509.ExtensionType], tuple[str, Callable[[Any], Iterable[str]]]] = {
    x509.BasicConstraints: ("Basic Constraints", _basic_constraints),
    x509.KeyUsage: ("Key Usage", _key_usage),
    x509.ExtendedKeyUsage: ("Extended Key Usage", _extended_key_usage),
    x509.SubjectAlternativeName: (_SAN, _general_names),
    x509.IssuerAlternativeName: ("Issuer Alternative Name", _general_names),
    x509.NameConstraints: ("Name Constraints", _name_constraints),
    x509.SubjectKeyIdentifier: ("Subject Key Identifier", _subject_key_identifier),
    x509.AuthorityKeyIdentifier: (
        "Authority Key Identifier",
        _authority_key_identifier,
    ),
    x509.AuthorityInformationAccess: ("Authority Information Access", _access),
    x509.SubjectInformationAccess: ("Subject Information Access", _access),
    x509.CRLDistributionPoints: ("CRL Distribution Points", _distribution_points),
    x509.FreshestCRL: ("Freshest CRL", _distribution_points),
    x509.CertificatePolicies: ("Certificate Policies", _policies),
    x509.PolicyConstraints: ("Policy Constraints", _policy_constraints),
    x509.TLSFeature: ("TLS Feature", _tls_feature),
    x509.PrecertificateSignedCertificateTimestamps: (
        "Certificate Transparency Timestamps",
        _timestamps,
    ),
    x509.MSCertificateTemplate: ("Microsoft Certificate Template", _template),
    x509.OCSPNoCheck: ("OCSP No Check", _present),
    x509.PrecertPoison: ("Certificate Transparency Poison", _present),
}
