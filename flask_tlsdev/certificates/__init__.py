"""What do our certificates say, and who may sign them?

Every certificate of this package is made here. The profiles stand in
:mod:`.profiles` as lists of extensions, which are used both to make a
certificate and to check one.
"""

from __future__ import annotations

from ._signing import hash_for as hash_for
from .authority import Authority as Authority
from .authority import authority_id as authority_id
from .authority import check_authority as check_authority
from .authority import make_authority as make_authority
from .leaves import self_sign as self_sign
from .leaves import sign_leaf as sign_leaf
from .pem import is_der as is_der
from .pem import kinds_in as kinds_in
from .pem import pem_blocks as pem_blocks
from .pem import PemBlock as PemBlock
from .profiles import allows_purpose as allows_purpose
from .profiles import CA_DAYS as CA_DAYS
from .profiles import permits_of as permits_of
from .profiles import PROFILE as PROFILE
from .profiles import Purpose as Purpose
from .profiles import Usage as Usage
from .reading import check_readable as check_readable
from .reading import extensions_of as extensions_of
from .reading import find_extension as find_extension
from .reading import public_key_of as public_key_of
from .reading import quietly as quietly
from .reading import signature_hash as signature_hash
from .reading import Signed as Signed
from .reading import UNREADABLE as UNREADABLE
from .sans import general_name as general_name
from .sans import names_of as names_of
from .sans import san as san
from .subjects import default_subject as default_subject
from .subjects import parse_subject as parse_subject
from .subjects import subject_text as subject_text
