"""How does a program that a kubeconfig names log us in?

https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins

The library would run it in the environment of this process, in which dotenv files of a
repository have put what they like. Here it gets the user's own.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import ConfigError
from ...printable import printable
from ...printable import quoted
from ...programs import Programs
from .options import LOGIN_SECONDS

_LIMIT = 1 << 20


def credentials(
    plugin: Mapping[str, Any],
    cluster: Mapping[str, Any],
    folder: Path,
    environ: Mapping[str, str],
) -> dict[str, str]:
    """A token, or a certificate and its key, as a user's entry of a kubeconfig.

    :param plugin: What the entry has under ``exec``.
    :param folder: Where the kubeconfig lies: a command with a slash begins there.
    :param environ: The user's own environment.
    """
    command, arguments = plugin.get("command"), plugin.get("args") or []
    version = plugin.get("apiVersion")
    if not _are_texts([command, version]) or not _are_texts(arguments):
        raise _useless("its entry in the kubeconfig is damaged")

    path = _find(str(command), plugin, folder, environ)
    asked = json.dumps(_question(str(version), plugin, cluster))
    said = _run(
        [path, *arguments],
        {**environ, **_variables(plugin), "KUBERNETES_EXEC_INFO": asked},
    )
    return _answer(said, str(version))


def _are_texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(each, str) for each in values)


def _find(
    command: str, plugin: Mapping[str, Any], folder: Path, environ: Mapping[str, str]
) -> str:
    programs = Programs(environ, interactive=False)
    if "/" not in command and os.sep not in command:
        path = programs.find(command)
        if path:
            return path

        why = "there is no such program outside of the project"
    else:
        path = os.path.join(folder, command)
        why = programs.refusal(path)
        if not why:
            return path

    hint = printable(" ".join(str(plugin.get("installHint") or "").split()), 400)
    raise ConfigError(
        f"The program {quoted(command)}, which logs in to the cluster, is not run:"
        f" {why}.",
        key="TLSDEV_KUBE_CONTEXT",
        hint=hint or "Look at the user of the context: kubectl config view --minify",
    )


def _variables(plugin: Mapping[str, Any]) -> dict[str, str]:
    found = plugin.get("env") or []
    return {
        str(each["name"]): str(each.get("value", ""))
        for each in found
        if isinstance(each, dict) and "name" in each
    }


def _question(
    version: str, plugin: Mapping[str, Any], cluster: Mapping[str, Any]
) -> dict[str, Any]:
    spec: dict[str, Any] = {"interactive": False}
    if plugin.get("provideClusterInfo"):
        names = ("server", "tls-server-name", "certificate-authority-data", "proxy-url")
        spec["cluster"] = {each: cluster[each] for each in names if each in cluster}
        for each in cluster.get("extensions") or []:
            if each.get("name") == "client.authentication.k8s.io/exec":
                spec["cluster"]["config"] = each.get("extension")

    return {"apiVersion": version, "kind": "ExecCredential", "spec": spec}


def _run(arguments: list[str], environ: Mapping[str, str]) -> bytes:
    name = os.path.basename(arguments[0])
    try:
        done = subprocess.run(
            arguments,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environ,
            cwd=os.path.abspath(os.sep),
            timeout=LOGIN_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _useless(f"{printable(name)} does not end, or does not start") from error

    if done.returncode:
        lines = done.stderr[-2000:].decode("utf-8", "replace").split()
        raise _useless(f"{printable(name)} says: {printable(' '.join(lines))}")

    return done.stdout[:_LIMIT]


def _answer(said: bytes, version: str) -> dict[str, str]:
    try:
        answer = json.loads(said)
        is_known = answer["apiVersion"] == version
        status = answer["status"] if is_known else {}
        token = status.get("token")
        pair = status.get("clientCertificateData"), status.get("clientKeyData")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        token, pair = None, (None, None)

    if isinstance(token, str) and token:
        return {"token": token}

    if _are_texts(list(pair)):
        certificate, key = (base64.b64encode(str(each).encode()) for each in pair)
        return {
            "client-certificate-data": certificate.decode(),
            "client-key-data": key.decode(),
        }

    raise _useless("there is neither a token nor a certificate in its answer")


def _useless(why: str) -> ConfigError:
    return ConfigError(
        f"The program that logs in to the cluster cannot be used: {why.rstrip('.')}.",
        key="TLSDEV_KUBE_CONTEXT",
        hint="See whether kubectl gets further: kubectl get namespaces",
    )
