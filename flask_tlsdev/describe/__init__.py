"""What is in this file, for a person or a program to read?

:func:`describe` is what ``flask tls show`` prints. Whatever a file holds, the
answer is a description or a :class:`.TLSDevError`, and all foreign text in it
is printable.
"""

from __future__ import annotations

from ._certificates import describe_certificate as describe_certificate
from ._description import Description as Description
from ._description import Kind as Kind
from ._files import describe as describe
from ._pem import as_pem as as_pem
