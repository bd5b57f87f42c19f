"""A real JDK's list of roots, copied; its own keytool; a real Java client."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from flask_tlsdev.programs import Done
from flask_tlsdev.programs import Programs
from flask_tlsdev.trust.changes import install
from flask_tlsdev.trust.changes import look
from flask_tlsdev.trust.changes import remove
from flask_tlsdev.trust.java import cacerts
from flask_tlsdev.trust.java import JavaStore
from flask_tlsdev.trust.java import jdks

from ..tools import program
from ..tools import run
from .making import our_root
from .making import Remembering

ROOT = our_root()


def _real_home() -> Path:
    return Path(os.path.realpath(program("keytool"))).parent.parent


@pytest.fixture
def jdk(tmp_path: Path) -> Path:
    """A JDK whose list is a copy and whose programs are the real ones."""
    real = _real_home()
    found = cacerts(real)
    assert found is not None
    home = tmp_path / "jdk"
    (home / "lib/security").mkdir(parents=True)
    shutil.copy(found, home / "lib/security/cacerts")
    (home / "bin").symlink_to(real / "bin")
    return home


def _store(home: Path) -> JavaStore:
    return JavaStore(home, Programs(os.environ, interactive=False))


def _listed(home: Path) -> list[str]:
    """The fingerprints in the list, which say no date."""
    done = run(
        program("keytool"),
        *("-list", "-keystore", home / "lib/security/cacerts"),
        *("-storepass", "changeit"),
    )
    assert done.returncode == 0, done.stdout
    return sorted(line for line in done.stdout.splitlines() if "SHA-256" in line)


def test_the_list_is_the_same_after_the_root_came_and_went(jdk: Path) -> None:
    store = _store(jdk)
    before = _listed(jdk)

    installed = install(store, ROOT)
    between = _listed(jdk)
    removed = remove(store)

    assert (installed.state, installed.changed) == ("trusted", True)
    assert len(between) == len(before) + 1
    assert (removed.state, removed.changed) == ("not trusted", True)
    assert _listed(jdk) == before


def test_a_root_under_another_alias_is_found_and_removed(jdk: Path) -> None:
    store = _store(jdk)
    (step,) = store.install_steps(ROOT)
    alias = step.arguments.index("-alias") + 1
    by_hand = (*step.arguments[:alias], "by hand", *step.arguments[alias + 1 :])
    store.runner.run(by_hand, stdin=ROOT.pem)

    assert look(store, ROOT).state == "trusted"
    assert remove(store).changed
    assert store.ours() == ()


def test_an_encrypted_list_is_read_by_keytool(jdk: Path) -> None:
    file = jdk / "lib/security/cacerts"
    file.unlink()
    store = _store(jdk)
    (step,) = store.install_steps(ROOT)

    # keytool makes an encrypted PKCS#12 of its own where there is no list.
    assert store.runner.run(step.arguments, stdin=ROOT.pem).status == 0
    assert ROOT.der not in file.read_bytes()
    assert look(store, ROOT).state == "trusted"
    assert remove(store).state == "not trusted"


def test_a_wrong_password_is_a_failure_in_keytools_words(jdk: Path) -> None:
    file = jdk / "lib/security/cacerts"
    file.unlink()
    store = _store(jdk)
    (step,) = store.install_steps(ROOT)
    other = tuple("another" if part == "changeit" else part for part in step.arguments)
    assert store.runner.run(other, stdin=ROOT.pem).status == 0

    outcome = look(store, ROOT)

    assert outcome.state == "failed"
    assert "password was incorrect" in outcome.detail


def test_the_commands_are_these(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/keytool").touch()
    (tmp_path / "lib/security").mkdir(parents=True)
    (tmp_path / "lib/security/cacerts").touch()
    listing = f"Alias name: mine\nEntry type: x\n\n{ROOT.pem.decode()}\n".encode()
    runner = Remembering({"keytool": lambda *_: Done(0, stdout=listing)}, is_root=True)
    store = JavaStore(tmp_path, runner)

    lines = [
        step.typed(runner)
        for step in (*store.install_steps(ROOT), *store.remove_steps([ROOT]))
    ]

    keytool = f"{tmp_path}/bin/keytool -J-Duser.language=en"
    target = f"-keystore {tmp_path}/lib/security/cacerts -storepass changeit"
    assert lines == [
        f"{keytool} -importcert -noprompt -alias flask-tlsdev-{ROOT.ca_id} {target}"
        " < /ca/0/root.crt",
        f"{keytool} -delete -alias mine {target}",
    ]


def _home_of_jdk(path: Path, part: str = "lib/security/cacerts") -> Path:
    (path / part).parent.mkdir(parents=True)
    (path / part).write_bytes(b"")
    return path


def test_every_jdk_is_found_once(tmp_path: Path) -> None:
    named = _home_of_jdk(tmp_path / "named")
    sdkman = _home_of_jdk(tmp_path / "home/.sdkman/candidates/java/25")
    (sdkman.parent / "current").symlink_to(sdkman)
    old = _home_of_jdk(tmp_path / "home/.jdks/8", "jre/lib/security/cacerts")
    (tmp_path / "home/.jdks/broken").mkdir()
    environ = {"JAVA_HOME": str(named), "HOME": str(tmp_path / "home")}

    found = list(jdks(environ, Remembering(), platform="other"))

    assert found == [named, sdkman, old]


def test_macos_keeps_a_jdk_in_a_bundle(tmp_path: Path) -> None:
    bundle = tmp_path / "Library/Java/JavaVirtualMachines/a.jdk/Contents/Home"
    _home_of_jdk(bundle)

    found = list(jdks({"HOME": str(tmp_path)}, Remembering(), platform="other"))

    assert found == [bundle]


def test_the_jdks_can_be_named_or_left_alone(tmp_path: Path) -> None:
    home = _home_of_jdk(tmp_path / "mine")
    environ = {"JAVA_HOME": str(_home_of_jdk(tmp_path / "other"))}

    named = jdks(
        {**environ, "TLSDEV_JAVA_HOMES": str(home)}, Remembering(), platform="linux"
    )
    none = jdks({**environ, "TLSDEV_JAVA_HOMES": ""}, Remembering(), platform="linux")

    assert (list(named), list(none)) == ([home], [])


def test_a_list_of_roots_own_is_the_machines(tmp_path: Path) -> None:
    home = _home_of_jdk(tmp_path / "mine")
    store = JavaStore(home, Remembering())

    if os.geteuid() == 0:
        assert store.needs_root
        os.chown(home / "lib/security/cacerts", 12345, 12345)

    assert not store.needs_root


def test_a_java_home_without_a_list_is_no_jdk(tmp_path: Path) -> None:
    found = jdks({"JAVA_HOME": str(tmp_path)}, Remembering(), platform="other")

    assert list(found) == []


def test_without_keytool_that_is_said(tmp_path: Path) -> None:
    store = JavaStore(_home_of_jdk(tmp_path / "jre"), Remembering())

    outcome = install(store, ROOT)

    assert outcome.state == "failed"
    assert "keytool" in outcome.detail
    assert outcome.install_hint
