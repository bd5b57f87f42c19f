"""How does the library get to know which cluster is meant?"""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

from ...errors import ConfigError
from ...printable import printable
from ...printable import quoted
from ._kubeconfig import choose

if TYPE_CHECKING:
    from .options import Options
    from .options import Pod

_DEFAULT_NAMESPACE = "default"


def configure(options: Options) -> tuple[Any, str]:
    """The library's configuration for the cluster that is meant, and the namespace."""
    from kubernetes.client import Configuration

    if options.foreign_clusters:
        raise ConfigError(
            f"A dotenv file sets {quoted(options.foreign_clusters[0])}: it would decide"
            " where your credentials go, and which program logs you in.",
            key="TLSDEV_KUBE_CONTEXT",
            hint="If it is meant so, set it in your shell instead, or add"
            " --kube-config FILE",
        )

    configuration = Configuration()
    # What it takes from this process's environment may be a repository's.
    configuration.proxy = None
    configuration.no_proxy = options.no_proxy
    configuration.retries = False
    if options.pod is not None:
        namespace = _from_pod(options.pod, configuration)
    else:
        namespace = _from_kubeconfig(options, configuration)

    if configuration.proxy is None and configuration.host.startswith("https://"):
        configuration.proxy = options.proxy

    if options.foreign_trust and not configuration.ssl_ca_cert:
        raise ConfigError(
            f"A dotenv file sets {quoted(options.foreign_trust[0])}: it would decide"
            " which API server is believed, for your kubeconfig names no CA.",
            key="TLSDEV_KUBE_CONTEXT",
            hint="Name it: kubectl config set-cluster NAME"
            " --certificate-authority=FILE",
        )

    return configuration, options.namespace or namespace or _DEFAULT_NAMESPACE


def _from_pod(pod: Pod, configuration: Any) -> str | None:
    from kubernetes.config.config_exception import ConfigException
    from kubernetes.config.incluster_config import InClusterConfigLoader

    try:
        InClusterConfigLoader(
            str(pod.folder / "token"),
            str(pod.folder / "ca.crt"),
            environ={
                "KUBERNETES_SERVICE_HOST": pod.host,
                "KUBERNETES_SERVICE_PORT": pod.port,
            },
        ).load_and_set(configuration)
    except (ConfigException, OSError) as error:
        raise _not_loaded("This pod's service account", error) from error

    return pod.namespace


def _from_kubeconfig(options: Options, configuration: Any) -> str | None:
    from kubernetes.config import load_kube_config_from_dict
    from kubernetes.config.config_exception import ConfigException

    context = choose(options)
    content = context.as_kubeconfig(options.environ)
    try:
        load_kube_config_from_dict(
            content, client_configuration=configuration, persist_config=False
        )
    except (ConfigException, OSError, ValueError, TypeError) as error:
        raise _not_loaded(f"The context {quoted(context.name)}", error) from error

    return context.namespace


def _not_loaded(what: str, error: Exception) -> ConfigError:
    return ConfigError(
        f"{what} cannot be used: {printable(error).rstrip('.')}.",
        key="TLSDEV_KUBE_CONTEXT",
        hint="See whether kubectl gets further: kubectl get namespaces",
    )
