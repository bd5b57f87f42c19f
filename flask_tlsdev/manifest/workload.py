"""Which Deployment runs the app over TLS, and which Service leads to it?"""

from __future__ import annotations

from typing import Any

from .plan import MOUNT
from .plan import Plan
from .plan import PORT
from .yaml import Noted

#: Not root, and nobody of the image's own.
_USER = 10001

_MODE = 0o440

#: A folder in memory of the container's own.
_SCRATCH = "/tmp"  # noqa: S108  (nobody else is there)


def deployment(plan: Plan) -> list[Any]:
    """The Deployment: Gunicorn with our configuration and the mounted Secret."""
    spec = {
        "replicas": 2,
        "selector": {"matchLabels": plan.labels},
        "template": {"metadata": {"labels": plan.labels}, "spec": _pod(plan)},
    }
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": plan.metadata(plan.service),
            "spec": spec,
        }
    ]


def service(plan: Plan) -> list[Any]:
    """The Service. Its port's name and protocol say that TLS is spoken there."""
    port = {"name": "https", "port": 443, "targetPort": "https", "appProtocol": "https"}
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": plan.metadata(plan.service),
            "spec": {"selector": plan.labels, "ports": [port]},
        }
    ]


def _pod(plan: Plan) -> dict[str, Any]:
    # YAML 1.1 and 1.2 read 0440 as two numbers.
    mode = Noted(_MODE, f"{_MODE:04o} in octal.")
    volumes = [
        {"name": "tls", "secret": {"secretName": plan.tls_name, "defaultMode": mode}},
        {"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}},
    ]
    return {
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": Noted(_USER, "So that it can read the key, and nobody else."),
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(plan)],
        "volumes": volumes,
    }


def _container(plan: Plan) -> dict[str, Any]:
    return {
        "name": plan.service,
        "image": Noted(
            plan.image, "Your image: the app, Gunicorn and flask-tlsdev are in it."
        ),
        "command": ["gunicorn"],
        "args": _arguments(plan),
        "env": [
            Noted(
                _variable("FLASK_TLSDEV_ISSUER", "files"),
                "The same app, served with the pair of the Secret.",
            ),
            _variable("FLASK_TLSDEV_FILES_PATH", MOUNT),
            _variable("FLASK_TLSDEV_NAMES", ",".join(_served_names(plan))),
            Noted(
                _variable("HOME", _SCRATCH), "The only folder that can be written to."
            ),
        ],
        "ports": [{"name": "https", "containerPort": PORT}],
        **_probes(plan),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            Noted(
                {"name": "tls", "mountPath": MOUNT, "readOnly": True},
                "The whole folder: with subPath no renewed pair would ever arrive.",
            ),
            {"name": "tmp", "mountPath": _SCRATCH},
        ],
    }


def _arguments(plan: Plan) -> list[Any]:
    arguments = [
        "--config=python:flask_tlsdev.gunicorn",
        "--worker-class=gthread",
        "--workers=2",
        f"--bind=0.0.0.0:{PORT}",
        plan.app,
    ]
    return [_literal(each) for each in arguments]


def _variable(name: str, value: str) -> dict[str, Any]:
    return {"name": name, "value": _literal(value)}


def _literal(text: str) -> str:
    """The text as Kubernetes has to see it, which puts in ``$(VARIABLE)``."""
    return text.replace("$", "$$")


def _served_names(plan: Plan) -> list[str]:
    names = (*plan.public_names, *plan.service_names)
    return [str(name) for name in names]


def _probes(plan: Plan) -> dict[str, Any]:
    """What the kubelet asks, over https; it does not verify the certificate."""
    host = next((str(n) for n in plan.public_names if n.kind == "dns"), "")
    if not host or host.startswith("*."):
        host = str(plan.service_names[0])

    get = {
        "scheme": "HTTPS",
        "port": "https",
        "path": plan.probe_path,
        "httpHeaders": [
            Noted(
                {"name": "Host", "value": host},
                "Without it the app would be asked for the pod's address.",
            )
        ],
    }
    return {
        "startupProbe": {"httpGet": get, "periodSeconds": 2, "failureThreshold": 30},
        "readinessProbe": {"httpGet": get, "periodSeconds": 5},
        "livenessProbe": {
            "tcpSocket": Noted(
                {"port": "https"},
                "Not the path: a slow database is no reason to restart all pods.",
            ),
            "periodSeconds": 20,
        },
    }
