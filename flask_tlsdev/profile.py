"""Which version of our certificate profiles this is."""

from __future__ import annotations

#: Raised when any profile in :mod:`flask_tlsdev.certificates` changes: pairs of
#: an older profile are issued anew. It stands in sidecars and in the CA's
#: subject, not in an extension: no object identifier is ours to use, and the
#: free arc 2.25 is too large for Go's parser.
PROFILE = 1
