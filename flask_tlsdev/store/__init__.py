"""Where pairs are kept as files, and how one is found again without parsing it."""

from __future__ import annotations

from ._folder import CERTIFICATE as CERTIFICATE
from ._folder import KEY as KEY
from ._folder import PairFiles as PairFiles
from ._folder import ROOTS as ROOTS
from ._folder import sidecar_of as sidecar_of
from ._folder import StoredPair as StoredPair
from ._sidecar import Purpose as Purpose
from ._sidecar import Sidecar as Sidecar
from ._store import PairStore as PairStore
