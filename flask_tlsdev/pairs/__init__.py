"""What is a certificate chain with its key, and is it good for these names?

:class:`Pair` is both together. The functions read and write bundles of
certificates, bring them into order and verify a chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..later import later
from ._constraints import check_constraints as check_constraints
from .bundles import CERTIFICATE_LABELS as CERTIFICATE_LABELS
from .bundles import dump_certificates as dump_certificates
from .bundles import load_certificate as load_certificate
from .bundles import load_certificates as load_certificates
from .bundles import MOST as MOST
from .chains import find_leaf as find_leaf
from .chains import find_paths as find_paths
from .chains import follow_chain as follow_chain
from .chains import order_chain as order_chain
from .chains import verify_chain as verify_chain
from .checks import is_self_issued as is_self_issued
from .checks import is_signed_by as is_signed_by
from .checks import title as title
from .pair import Pair as Pair

if TYPE_CHECKING:
    from .contents import Contents as Contents
    from .contents import load_contents as load_contents
    from .contents import needs_passphrase as needs_passphrase
    from .pkcs7 import dump_pkcs7 as dump_pkcs7
    from .pkcs7 import is_pkcs7 as is_pkcs7
    from .pkcs7 import load_pkcs7 as load_pkcs7
    from .pkcs7 import PKCS7_LABELS as PKCS7_LABELS
    from .pkcs12 import is_pkcs12 as is_pkcs12
    from .pkcs12 import load_pkcs12 as load_pkcs12
    from .secrets import dump_dotenv as dump_dotenv
    from .secrets import dump_secret as dump_secret
    from .secrets import is_secret as is_secret
    from .secrets import load_secret as load_secret
    from .secrets import secret as secret
    from .secrets import secret_files as secret_files

#: The other forms of files, which making and serving a pair does not need.
__getattr__ = later(
    __name__,
    {
        "Contents": "contents",
        "PKCS7_LABELS": "pkcs7",
        "dump_dotenv": "secrets",
        "dump_pkcs7": "pkcs7",
        "dump_secret": "secrets",
        "is_pkcs12": "pkcs12",
        "is_pkcs7": "pkcs7",
        "is_secret": "secrets",
        "load_contents": "contents",
        "load_pkcs12": "pkcs12",
        "load_pkcs7": "pkcs7",
        "load_secret": "secrets",
        "needs_passphrase": "contents",
        "secret": "secrets",
        "secret_files": "secrets",
    },
)
