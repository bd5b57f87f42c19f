"""What does a cluster have to be told so that this app is served there over TLS?

A :class:`Plan` says what runs where and who issues, :func:`write` makes the YAML
of some kinds of it, and :mod:`.secrets` the Secrets, which hold private keys. No
cluster is asked or changed, and the CA of this machine is not touched.
"""

from __future__ import annotations

from .kinds import KINDS as KINDS
from .kinds import write as write
from .plan import Plan as Plan
from .yaml import dump as dump
from .yaml import Noted as Noted
