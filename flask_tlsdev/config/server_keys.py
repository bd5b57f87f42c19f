"""The keys of pair and server, which every start reads."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..keys import DEFAULT_KEY_TYPE
from ..keys import KEY_TYPES
from . import values
from ._key import Key

_DURATION = "a timedelta, a number of days, or a text such as '90d', '12h' or '30m'"

KEYS: Mapping[str, Key] = MappingProxyType(
    {
        "TLSDEV_NAMES": Key(
            "localhost, 127.0.0.1, ::1",
            values.parse_name_list,
            "DNS names and addresses: a list, or one text with commas",
            "The names and addresses that the app is served under.",
        ),
        "TLSDEV_ISSUER": Key(
            "local-ca",
            values.parse_text,
            "the name of an issuer",
            "Who issues the certificate: ``local-ca``, ``self-signed``, ``acme``,"
            " ``files``, ``imported``, or one of your own.",
        ),
        "TLSDEV_ON_DEMAND": Key(
            None,
            values.parse_suffixes,
            "domains such as 'app.test': a list, one text with commas, or None",
            "Domains below which every name gets a certificate when a client on this"
            " machine asks for it.",
        ),
        "TLSDEV_KEY_TYPE": Key(
            DEFAULT_KEY_TYPE,
            values.parse_key_type,
            ", ".join(KEY_TYPES),
            "The kind of private key that is made for the certificate.",
        ),
        "TLSDEV_LIFETIME": Key(
            "90d",
            values.parse_lifetime,
            f"{_DURATION}, at most {values.LONGEST_LIFETIME.days} days",
            "How long a certificate is valid; it never outlives the CA.",
        ),
        "TLSDEV_RENEW_BEFORE": Key(
            None,
            values.parse_margin,
            f"{_DURATION}, less than TLSDEV_LIFETIME, or None",
            "How long before its end a certificate is renewed; ``None`` is a third"
            " of its life.",
        ),
        "TLSDEV_MINIMUM_VERSION": Key(
            "TLSv1.2",
            values.parse_minimum_version,
            " or ".join(values.MINIMUM_VERSIONS),
            "The oldest version of TLS that the server speaks.",
        ),
        "TLSDEV_CLIENT_CA": Key(
            None,
            values.parse_path,
            "the absolute path of a file, or None",
            "The file (PEM) with the CA whose certificates clients show.",
        ),
        "TLSDEV_CLIENT_CERTIFICATE": Key(
            "optional",
            values.parse_client_certificate,
            " or ".join(map(repr, values.CLIENT_CERTIFICATES)),
            "Whether a client without a certificate of ``TLSDEV_CLIENT_CA`` gets in.",
        ),
        "TLSDEV_HANDSHAKE_TIMEOUT": Key(
            10,
            values.parse_timeout,
            "seconds, a timedelta, or a text such as '10s', at most an hour",
            "How long a client may take from connecting to the end of its handshake.",
        ),
        "TLSDEV_HEAD_TIMEOUT": Key(
            20,
            values.parse_timeout,
            "seconds, a timedelta, or a text such as '20s', at most an hour",
            "How long a client may take from the first byte of a request's head to its"
            " last. A body may stand still for as long.",
        ),
        "TLSDEV_IDLE_TIMEOUT": Key(
            15,
            values.parse_timeout,
            "seconds, a timedelta, or a text such as '15s', at most an hour",
            "How long a connection is kept for the next request.",
        ),
        "TLSDEV_MAX_CONNECTIONS": Key(
            256,
            values.parse_count,
            "a number from 1 to 10000",
            "How many clients may be connected at once. Those who take their time have"
            " to go when there are more. Half of the descriptors is the most.",
        ),
        "TLSDEV_FILES_PATH": Key(
            None,
            values.parse_path,
            "the absolute path of a folder, or None",
            "The folder with ``tls.crt`` and ``tls.key`` that the issuer ``files``"
            " serves.",
        ),
        "TLSDEV_VALIDATION_PATH": Key(
            None,
            values.parse_path,
            "the absolute path of a folder, or None",
            "A folder whose files are shown under ``/.well-known/pki-validation/``,"
            " where a commercial authority looks for the file that it has sent.",
        ),
        "TLSDEV_PAGE": Key(
            None,
            values.parse_switch,
            "True, False or None",
            "Whether ``flask tls run`` shows the development page. ``None``: in debug.",
        ),
        "TLSDEV_BADGE": Key(
            False,
            values.parse_switch,
            "True or False",
            "Whether the app's pages have a link to the development page, for whoever"
            " may see it.",
        ),
    }
)
