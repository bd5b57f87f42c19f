"""Work in another user's home that cannot do more than that user could."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass

from ..errors import TrustError
from ..printable import printable
from .changes import Outcome

#: What a child may tell us, in bytes.
_LIMIT = 1 << 20


@dataclass(frozen=True)
class Owner:
    """A user, as the password database knows him."""

    name: str
    uid: int
    gid: int
    home: str

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a program that works for this user."""
        path = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
        return {
            "HOME": self.home,
            "USER": self.name,
            "LOGNAME": self.name,
            "PATH": path,
        }


def home_owner(environ: Mapping[str, str]) -> Owner | None:
    """Whose home root works in, where that is not root's own; else ``None``.

    His files are never touched as root: he could have put links there.
    """
    if sys.platform == "win32" or os.geteuid() != 0:
        return None

    import pwd

    try:
        status = os.lstat(environ.get("HOME", "/root"))
    except OSError:
        return None

    if stat.S_ISLNK(status.st_mode):
        status = os.stat(environ["HOME"])
    if status.st_uid == 0:
        return None

    try:
        entry = pwd.getpwuid(status.st_uid)
    except KeyError as error:
        raise TrustError(
            f"HOME belongs to the user number {status.st_uid}, whom the password"
            " database does not know.",
            hint="Type it as that user, or set HOME to root's own: HOME=/root",
        ) from error

    return Owner(entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir)


def as_owner(
    owner: Owner, work: Callable[[], Sequence[Outcome]]
) -> tuple[Outcome, ...]:
    """Do this work in a child process that has become the owner for good.

    :raises TrustError: The child did not come to its end.
    """
    if sys.platform == "win32":
        raise TrustError("There is no becoming another user on Windows.")

    readable, writable = os.pipe()
    child = os.fork()

    if child == 0:
        os.close(readable)
        _work_and_exit(owner, work, writable)

    os.close(writable)
    with open(readable, "rb") as pipe:
        data = pipe.read(_LIMIT)
    _, status = os.waitpid(child, 0)

    try:
        answer = json.loads(data)
        if status or not isinstance(answer, list):
            raise ValueError(answer)
        return tuple(_outcome(each) for each in answer)
    except (KeyError, TypeError, ValueError) as error:
        raise TrustError(
            f"The stores of the user {printable(owner.name)} could not be worked on:"
            f" {printable(data) or 'the child process ended early'}."
        ) from error


def _work_and_exit(
    owner: Owner, work: Callable[[], Sequence[Outcome]], writable: int
) -> None:
    """The child: nothing of the parent's may run in it afterwards."""
    status = 1
    try:
        _become(owner)
        answer = [asdict(each) for each in work()]
        os.write(writable, json.dumps(answer).encode())
        status = 0
    except BaseException as error:
        os.write(writable, repr(error).encode("ascii", "backslashreplace")[:1000])
    finally:
        os._exit(status)


def _become(owner: Owner) -> None:
    if sys.platform == "win32":
        return

    os.umask(0o077)
    os.initgroups(owner.name, owner.gid)
    os.setgid(owner.gid)
    os.setuid(owner.uid)
    if os.geteuid() != owner.uid or os.getuid() != owner.uid:
        raise PermissionError(f"could not become the user {owner.name}")

    os.chdir("/")
    os.environ.clear()
    os.environ.update(owner.environ)


def _outcome(values: Mapping[str, object]) -> Outcome:
    """An outcome that another user's process has written: nothing in it is trusted."""
    state = values["state"]
    if state not in ("trusted", "not trusted", "another root", "absent", "failed"):
        raise ValueError(state)

    others = values["others"]
    return Outcome(
        printable(values["name"]),
        printable(values["path"], 1024),
        state,
        printable(values["detail"], 1000),
        tuple(map(printable, others)) if isinstance(others, list) else (),
        changed=bool(values["changed"]),
        needs_root=bool(values["needs_root"]),
        install_hint=printable(values["install_hint"]),
    )
