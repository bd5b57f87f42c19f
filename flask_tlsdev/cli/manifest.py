"""``flask tls manifest``: the app, as a Kubernetes cluster has to be told of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from typing import TYPE_CHECKING

import click
from flask.cli import ScriptInfo

from . import options
from .group import answering
from .group import shown
from .group import usage_error
from .settings import project_settings
from .show import check_may_print_keys

if TYPE_CHECKING:
    from ..manifest import Plan

_KINDS = (
    "cluster-issuer",
    "issuer",
    "bundle",
    "role",
    "certificate",
    "deployment",
    "service",
    "ingress",
    "gateway",
)
_SECRETS = ("ca-secret", "tls-secret")
_DEFAULT = ("cluster-issuer", "certificate", "deployment", "service")
_DNS_PROVIDERS = ("cloudflare", "digitalocean", "route53")


def _type(check: str) -> options.Checked:
    def parse(text: str) -> Any:
        from ..manifest import plan

        return getattr(plan, f"check_{check}")(text)

    return options.Checked(check.replace("_", " "), parse)


@click.command("manifest")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([*_KINDS, *_SECRETS]),
    help=f"What to write. Repeat for more. Without it: {', '.join(_DEFAULT)}.",
)
@click.option(
    "--issuer",
    type=click.Choice(["local-ca", "self-signed", "acme", "vault", "cert-manager"]),
    help="Who issues in the cluster, instead of TLSDEV_ISSUER. local-ca is a CA made"
    " for the cluster.",
)
@click.option(
    "--service",
    type=_type("service"),
    default="web",
    show_default=True,
    help="The name of the Service; all other names begin with it.",
)
@click.option(
    "--namespace",
    type=_type("namespace"),
    help="Where the app runs; by default TLSDEV_KUBE_NAMESPACE, or default.",
)
@click.option("--image", type=_type("image"), help="The app's image.")
@click.option(
    "--probe-path",
    type=_type("probe_path"),
    default="/",
    show_default=True,
    help="What the kubelet asks for before a pod gets requests.",
)
@click.option(
    "--class",
    "class_name",
    type=_type("class"),
    help="The IngressClass or the GatewayClass.",
)
@click.option(
    "--dns-provider",
    type=click.Choice(_DNS_PROVIDERS),
    help="ACME: who answers for the zone with dns-01.",
)
@click.option(
    "--permit",
    "permits",
    multiple=True,
    metavar="NAME",
    allow_from_autoenv=False,
    help="Let the cluster's CA sign this name, too. Repeat for more.",
)
@options.out
@click.option(
    "--secret-file",
    type=options.NEW_FILE,
    allow_from_autoenv=False,
    help="Make a CA for the cluster, and write its Secret with the private key here.",
)
@options.print_private_key("Let Secrets go to standard output. Not in CI.")
@options.force("Replace files that exist.")
@click.pass_context
def manifest(
    ctx: click.Context,
    kinds: Sequence[str],
    issuer: str | None,
    service: str,
    namespace: str | None,
    image: str | None,
    probe_path: str,
    class_name: str | None,
    dns_provider: str | None,
    permits: Sequence[str],
    out: Path | None,
    secret_file: Path | None,
    print_private_key: bool,
    force: bool,
) -> None:
    """Write YAML for cert-manager and Kubernetes, from the app's configuration.

    No cluster is asked. Secrets are written only where --secret-file says, or
    with --print-private-key.
    """
    out = None if str(out) == "-" else out
    open_kinds, secrets = _split(kinds, secret_file)
    _check_together(open_kinds, secrets, out, secret_file, print_private_key)
    _check_free(out, secret_file, force)

    from ..manifest import Plan

    settings = project_settings(ctx).with_options(issuer=issuer)
    if not kinds and settings.issuer == "cert-manager":
        # It is in the cluster already.
        open_kinds = open_kinds[1:]

    plan = Plan(
        settings,
        service=service,
        namespace=namespace or settings.kube.namespace or "default",
        issuer_kind="Issuer" if "issuer" in open_kinds else "ClusterIssuer",
        image=image or f"{service}:dev",
        app=_app(ctx),
        probe_path=probe_path,
        class_name=class_name,
        through_gateway="gateway" in open_kinds,
        dns_provider=dns_provider,
        permits=tuple(permits),
    )
    _write(plan, open_kinds, secrets, out, secret_file, force)


def _split(
    kinds: Sequence[str], secret_file: Path | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What everybody may see, and the Secrets."""
    open_kinds = tuple(each for each in kinds or _DEFAULT if each in _KINDS)
    secrets = tuple(each for each in kinds if each in _SECRETS)
    if secret_file is not None and not secrets:
        secrets = ("ca-secret",)

    return open_kinds, secrets


def _check_together(
    open_kinds: Sequence[str],
    secrets: Sequence[str],
    out: Path | None,
    secret_file: Path | None,
    print_private_key: bool,
) -> None:
    if {"issuer", "cluster-issuer"} <= set(open_kinds):
        usage_error("An app has one issuer: name either issuer or cluster-issuer.")
    if secret_file is not None and str(secret_file) == "-":
        usage_error(
            "--secret-file is a file. --print-private-key prints what is in it."
        )
    if secret_file is not None and print_private_key:
        usage_error("Either --secret-file FILE or --print-private-key.")
    if print_private_key and out is not None:
        usage_error("--out is for what everybody may read: leave it out.")
    if secrets and secret_file is None:
        if not print_private_key:
            usage_error(
                f"{secrets[0]} has a private key in it: give a file with --secret-file"
                " FILE, or add --print-private-key."
            )
        check_may_print_keys()
    if print_private_key and not secrets:
        usage_error("--print-private-key goes with --kind ca-secret or tls-secret.")


def _check_free(out: Path | None, secret_file: Path | None, force: bool) -> None:
    from .. import files

    if out is not None and secret_file is not None and _same(out, secret_file):
        usage_error("--out and --secret-file are the same file.")

    for path in (out, secret_file):
        if path is not None and not force:
            files.check_free(path)


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _app(ctx: click.Context) -> str:
    """The app as Gunicorn names it."""
    from ..errors import ConfigError
    from ..manifest.plan import check_app

    path = ctx.ensure_object(ScriptInfo).app_import_path or "app"
    module, _, name = path.partition(":")
    name = name or "app"
    if name.startswith(("create_", "make_")) and not name.endswith(")"):
        name = f"{name}()"

    try:
        return check_app(f"{module.removesuffix('.py')}:{name}")
    except ConfigError:
        return "app:app"


def _write(
    plan: Plan,
    open_kinds: tuple[str, ...],
    secrets: tuple[str, ...],
    out: Path | None,
    secret_file: Path | None,
    force: bool,
) -> None:
    from ..manifest import write

    # All of it is made before any of it is written.
    text = write(plan, open_kinds) if open_kinds else ""
    secret = _secrets(plan, secrets) if secrets else ""

    with answering():
        if secret_file is not None:
            _to_file(secret_file, secret, 0o600, force)
            _say_secret(secret_file)
        if out is not None and text:
            _to_file(out, text, 0o644, force)
        else:
            click.echo(text + ("" if secret_file else secret), nl=False)


def _secrets(plan: Plan, kinds: tuple[str, ...]) -> str:
    from ..manifest import secrets
    from ..names import explain_permit

    ca = secrets.ClusterCA.make(plan)
    text = secrets.write(ca, plan, kinds)
    for permit in plan.permits:
        click.echo(explain_permit(permit), err=True)

    click.echo(
        f"Made a CA for the cluster, {ca.authority.id}, until {ca.until:%Y-%m-%d}. It"
        f" can sign {ca.signs}. Its root's key is thrown away.",
        err=True,
    )
    return text


def _to_file(path: Path, text: str, mode: int, force: bool) -> None:
    from .. import files

    files.create(path, text.encode(), mode, force=force)
    click.echo(f"Wrote {shown(path)}", err=True)


def _say_secret(path: Path) -> None:
    click.echo(
        "There is a private key in it. Apply it, then delete it:"
        f" kubectl apply -f {shown(path)}",
        err=True,
    )
