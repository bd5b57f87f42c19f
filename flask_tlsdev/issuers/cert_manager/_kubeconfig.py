"""Which cluster is asked, and as whom?

A kubeconfig can run programs and says where credentials go: one is read that the user
himself has named, and none of a repository's.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ... import files
from ...errors import ConfigError
from ...errors import StoreError
from ...printable import printable
from ...printable import quoted
from . import _plugin
from .options import CONFIG_LIMIT

if TYPE_CHECKING:
    from .options import Options

#: What of an entry is the path of a file, from where the kubeconfig lies.
_PATHS = ("certificate-authority", "client-certificate", "client-key", "tokenFile")

_Entry = dict[str, Any]


@dataclass(frozen=True)
class Context:
    """One context: where the API server is and who asks it."""

    name: str
    namespace: str | None
    cluster: _Entry
    user: _Entry
    #: Where the kubeconfig with the user lies.
    folder: Path

    def as_kubeconfig(self, environ: Mapping[str, str]) -> _Entry:
        """A kubeconfig with this context only, in which no program is named.

        :param environ: The user's own environment, for the one that is run now.
        """
        user = {key: self.user[key] for key in self.user if key != "exec"}
        if "exec" in self.user and not user.keys() & {"token", "tokenFile"}:
            plugin = self.user["exec"]
            user |= _plugin.credentials(plugin, self.cluster, self.folder, environ)

        here = {"cluster": self.name, "user": self.name}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": self.name,
            "contexts": [{"name": self.name, "context": here}],
            "clusters": [{"name": self.name, "cluster": self.cluster}],
            "users": [{"name": self.name, "user": user}],
        }


def choose(options: Options) -> Context:
    """The context that is meant.

    :raises ConfigError: There is none, or it must not be used.
    """
    documents = list(_documents(options))
    if not documents:
        raise _no_cluster(options)

    current = next((text for each in documents if (text := each.current)), None)
    name = options.context or current
    if name is None:
        raise ConfigError(
            f"No context is current in {quoted(options.kubeconfigs[0])}.",
            key="TLSDEV_KUBE_CONTEXT",
            hint="Add --kube-context NAME; to see them, type: kubectl config"
            " get-contexts",
        )

    if name != current and not options.context_is_own:
        raise ConfigError(
            f"The app asks for the context {quoted(name)}, and yours is"
            f" {quoted(current or 'none')}: your credentials are not used elsewhere"
            " because a repository says so.",
            key="TLSDEV_KUBE_CONTEXT",
            hint=f"If you mean it, add --kube-context {printable(name)}",
        )

    return _context(name, documents)


@dataclass(frozen=True)
class _Document:
    """One kubeconfig."""

    path: Path
    content: _Entry

    @property
    def current(self) -> str | None:
        name = self.content.get("current-context")
        return name if isinstance(name, str) and name else None

    def find(self, group: str, name: str) -> _Entry | None:
        """The entry of this name, its paths absolute."""
        listed = self.content.get(f"{group}s") or []
        for each in listed if isinstance(listed, list) else []:
            if isinstance(each, dict) and each.get("name") == name:
                found = each.get(group)
                return self._placed(found) if isinstance(found, dict) else {}

        return None

    def _placed(self, entry: _Entry) -> _Entry:
        folder = self.path.parent
        placed = {key: os.path.join(folder, entry[key]) for key in self._paths(entry)}
        return {**entry, **placed}

    @staticmethod
    def _paths(entry: _Entry) -> list[str]:
        return [each for each in _PATHS if isinstance(entry.get(each), str)]


def _documents(options: Options) -> Iterator[_Document]:
    import yaml

    for path in options.kubeconfigs:
        if not path.exists():
            # As kubectl does: KUBECONFIG may name files that are to come.
            continue

        try:
            content = yaml.safe_load(files.read(path, limit=CONFIG_LIMIT))
        except StoreError as error:
            raise _damaged(path, error.message) from error
        except (yaml.YAMLError, RecursionError, UnicodeError) as error:
            raise _damaged(path, "it is no YAML") from error

        if content is not None and not isinstance(content, dict):
            raise _damaged(path, "it is a list or a text")

        yield _Document(path, content or {})


def _context(name: str, documents: list[_Document]) -> Context:
    context, _ = _find("context", name, documents)
    cluster, _ = _find("cluster", context.get("cluster"), documents)
    user, path = (
        _find("user", context["user"], documents)
        if context.get("user")
        else ({}, documents[0].path)
    )
    _check_cluster(name, cluster)
    if "auth-provider" in user:
        raise ConfigError(
            f"The user of the context {quoted(name)} logs in by 'auth-provider', which"
            " kubectl does not know any more either.",
            key="TLSDEV_KUBE_CONTEXT",
            hint="Log in by a credential plugin (exec), as your provider describes it.",
        )

    namespace = context.get("namespace")
    return Context(
        name,
        namespace if isinstance(namespace, str) and namespace else None,
        cluster,
        user,
        path.parent,
    )


def _find(group: str, name: object, documents: list[_Document]) -> tuple[_Entry, Path]:
    for document in documents:
        found = document.find(group, name) if isinstance(name, str) else None
        if found is not None:
            return found, document.path

    where = " and ".join(quoted(each.path) for each in documents[:3])
    raise ConfigError(
        f"There is no {group} {quoted(name)} in {where}.",
        key="TLSDEV_KUBE_CONTEXT",
        hint="To see what is there, type: kubectl config view",
    )


def _check_cluster(name: str, cluster: _Entry) -> None:
    server = cluster.get("server")
    if not isinstance(server, str) or not _is_safe(server):
        raise ConfigError(
            f"The API server of the context {quoted(name)} is {quoted(server)}:"
            " credentials go to https:// only, and to http:// on this machine.",
            key="TLSDEV_KUBE_CONTEXT",
            hint="Look at it: kubectl config view --minify",
        )

    if cluster.get("insecure-skip-tls-verify"):
        raise ConfigError(
            f"The context {quoted(name)} does not verify its API server"
            " (insecure-skip-tls-verify): whoever is on the way would get your"
            " credentials.",
            key="TLSDEV_KUBE_CONTEXT",
            hint="Name its CA: kubectl config set-cluster NAME"
            " --certificate-authority=FILE --insecure-skip-tls-verify=false",
        )


def _is_safe(server: str) -> bool:
    try:
        parts = urlsplit(server)
        host = parts.hostname or ""
        is_here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = False

    return server.isprintable() and (
        server.startswith("https://") or (server.startswith("http://") and is_here)
    )


def _no_cluster(options: Options) -> ConfigError:
    named = " and ".join(quoted(each) for each in options.kubeconfigs[:3])
    where = f"there is no file {named}" if named else "you have no home folder"
    return ConfigError(
        f"No cluster is known: this is no pod, and {where}.",
        key="TLSDEV_KUBE_CONTEXT",
        hint="Add --kube-config FILE, or type: export KUBECONFIG=FILE",
    )


def _damaged(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"The kubeconfig {quoted(path)} cannot be used: {why.rstrip('.')}.",
        key="TLSDEV_KUBE_CONTEXT",
        hint="See whether kubectl reads it: kubectl config view",
    )
