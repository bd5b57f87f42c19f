"""Which kinds of manifest are there, and in which order are they applied?"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from .certificate import certificate
from .issuers import issuer
from .plan import Plan
from .role import role
from .roots import bundle
from .routing import gateway
from .routing import ingress
from .workload import deployment
from .workload import service
from .yaml import dump

#: Each kind and what makes its documents, what is needed first before the rest.
KINDS: Mapping[str, Callable[[Plan], list[Any]]] = MappingProxyType(
    {
        "cluster-issuer": issuer,
        "issuer": issuer,
        "bundle": bundle,
        "role": role,
        "certificate": certificate,
        "deployment": deployment,
        "service": service,
        "ingress": ingress,
        "gateway": gateway,
    }
)

_HEADING = (
    "# Made by flask tls manifest from the configuration. Read it, then type:\n"
    "# kubectl apply -f FILE\n"
)


def write(plan: Plan, kinds: Collection[str]) -> str:
    """The YAML of these kinds, in the order of :data:`KINDS`.

    :raises TLSDevError: The plan has not what one of them needs.
    """
    found = [each for kind in KINDS if kind in kinds for each in KINDS[kind](plan)]
    return _HEADING + dump(found)
