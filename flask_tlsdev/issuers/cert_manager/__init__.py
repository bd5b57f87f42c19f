"""Kubernetes: cert-manager, or a signer of the cluster's own, as an issuer.

``options`` and ``_deadline`` are at the bottom; ``_kubeconfig`` finds the cluster,
``_plugin`` runs the program that a kubeconfig names for logging in, ``_cluster`` tells
the library of it, ``_session`` asks the API server, ``_problems`` says what its
refusals mean, ``_resources`` knows the two kinds of request, ``_waiting`` waits for
the answer, ``_answers`` takes it apart, and ``issuer`` puts these together.
"""

from __future__ import annotations

from .issuer import CertManager as CertManager
from .memory import recall as recall
from .options import check_context as check_context
from .options import check_group as check_group
from .options import check_kind as check_kind
from .options import check_namespace as check_namespace
from .options import check_resource_name as check_resource_name
from .options import check_signer as check_signer
from .options import Options as Options
from .options import Pod as Pod
