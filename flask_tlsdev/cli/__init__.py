"""The ``flask tls`` commands: one module a family.

Every module here is imported by each start of ``flask``: none may import
cryptography, or what imports it, before a command runs.
"""

from __future__ import annotations

from .account import account
from .ca import ca
from .csr import csr
from .doctor import doctor
from .env import env
from .export import export
from .group import tls
from .headers import headers
from .hooks import hooks
from .importing import import_
from .issue import issue
from .key import key
from .manifest import manifest
from .renew import renew
from .revoke import revoke
from .run import run
from .show import show
from .sign import sign
from .stored import delete
from .stored import list_pairs
from .trust import trust
from .variables import name_variables
from .verify import verify

__all__ = ["tls"]

for command in (
    run,
    issue,
    list_pairs,
    show,
    verify,
    delete,
    renew,
    revoke,
    key,
    csr,
    sign,
    import_,
    export,
    ca,
    trust,
    env,
    doctor,
    headers,
    manifest,
    account,
    hooks,
):
    tls.add_command(command)

name_variables(tls, "FLASK_TLS")
