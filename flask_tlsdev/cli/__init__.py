"""The ``flask tls`` commands: one module a family.

This is imported by each start of ``flask``, whatever its command: a module of ours
is imported when a command of it is typed. None may import cryptography, or what
imports it, before the command runs.
"""

from __future__ import annotations

from .group import tls

__all__ = ["tls"]

#: Where each command is: the module, and what it is called there.
tls.later |= {
    "run": ("run", "run"),
    "issue": ("issue", "issue"),
    "list": ("stored", "list_pairs"),
    "show": ("show", "show"),
    "verify": ("verify", "verify"),
    "delete": ("stored", "delete"),
    "renew": ("renew", "renew"),
    "revoke": ("revoke", "revoke"),
    "key": ("key", "key"),
    "csr": ("csr", "csr"),
    "sign": ("sign", "sign"),
    "import": ("importing", "import_"),
    "export": ("export", "export"),
    "ca": ("ca", "ca"),
    "trust": ("trust", "trust"),
    "env": ("env", "env"),
    "doctor": ("doctor", "doctor"),
    "headers": ("headers", "headers"),
    "manifest": ("manifest", "manifest"),
    "account": ("account", "account"),
    "hooks": ("hooks", "hooks"),
}
