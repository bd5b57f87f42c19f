"""The commands for each distribution. Debian's are run for real elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from flask_tlsdev.errors import TrustError
from flask_tlsdev.programs import Done
from flask_tlsdev.trust.changes import install
from flask_tlsdev.trust.changes import look
from flask_tlsdev.trust.changes import remove
from flask_tlsdev.trust.linux import find_layout
from flask_tlsdev.trust.linux import Layout
from flask_tlsdev.trust.linux import LAYOUTS
from flask_tlsdev.trust.linux import LinuxStore

from .making import our_root
from .making import Remembering

ROOT = our_root()
ID = ROOT.ca_id

#: Where each distribution's file goes, and what follows.
EXPECTED = {
    "fedora": (
        f"/etc/pki/ca-trust/source/anchors/flask-tlsdev-{ID}.pem",
        "/usr/bin/update-ca-trust extract",
        "/usr/bin/update-ca-trust extract",
    ),
    "debian": (
        f"/usr/local/share/ca-certificates/flask-tlsdev-{ID}.crt",
        "/usr/sbin/update-ca-certificates",
        "/usr/sbin/update-ca-certificates --fresh"
        " && if [ -x /etc/ca-certificates/update.d/jks-keystore ];"
        f" then /usr/bin/printf -- '-/etc/ssl/certs/%s.pem\\n' flask-tlsdev-{ID}"
        " | /etc/ca-certificates/update.d/jks-keystore; fi",
    ),
    "arch": (
        f"/etc/ca-certificates/trust-source/anchors/flask-tlsdev-{ID}.crt",
        "/usr/bin/trust extract-compat",
        "/usr/bin/trust extract-compat",
    ),
    "tumbleweed": (
        f"/etc/pki/trust/anchors/flask-tlsdev-{ID}.pem",
        "/usr/sbin/update-ca-certificates",
        "/usr/sbin/update-ca-certificates",
    ),
    "suse": (
        f"/usr/share/pki/trust/anchors/flask-tlsdev-{ID}.pem",
        "/usr/sbin/update-ca-certificates",
        "/usr/sbin/update-ca-certificates",
    ),
}


def _machine(top: Path, family: str) -> Layout:
    """A file system with the folders and the program of a distribution."""
    anchor, update, _ = EXPECTED[family]
    for path in (anchor, update.split(" ")[0]):
        (top / path[1:]).parent.mkdir(parents=True, exist_ok=True)
    (top / update.split(" ")[0][1:]).touch()

    layout = find_layout(top)
    assert layout is not None
    (top / layout.bundle[1:]).parent.mkdir(parents=True, exist_ok=True)
    (top / layout.bundle[1:]).write_bytes(our_root(1).pem)
    return layout


@pytest.mark.parametrize("family", EXPECTED)
def test_the_root_is_put_in_by_one_command(tmp_path: Path, family: str) -> None:
    anchor, update, _ = EXPECTED[family]
    runner = Remembering()
    store = LinuxStore(_machine(tmp_path, family), runner, top=tmp_path)

    (step,) = store.install_steps(ROOT)
    step.run(runner)

    script = f"/usr/bin/install -m 0644 /dev/stdin {anchor} && {update}"
    assert runner.commands == [("/usr/bin/sudo", "--", "/bin/sh", "-c", script)]
    assert runner.stdin == [ROOT.pem]
    assert step.typed(runner) == (
        f"/usr/bin/sudo -- /bin/sh -c '{script}' < /ca/0/root.crt"
    )


@pytest.mark.parametrize("family", EXPECTED)
def test_the_root_is_taken_out_by_one_command(tmp_path: Path, family: str) -> None:
    anchor, _, removed = EXPECTED[family]
    runner = Remembering(is_root=True)
    store = LinuxStore(_machine(tmp_path, family), runner, top=tmp_path)
    (tmp_path / anchor[1:]).write_bytes(ROOT.pem)

    (step,) = store.remove_steps(store.ours())
    step.run(runner)

    script = f"/bin/rm -f {anchor} && {removed}"
    assert runner.commands == [("/bin/sh", "-c", script)]


def test_fedora_stands_before_debian_and_suses_new_folder_before_its_old() -> None:
    assert [layout.family for layout in LAYOUTS] == [
        "Fedora, RHEL",
        "Debian, Ubuntu, Alpine",
        "Arch",
        "SUSE",
        "SUSE",
    ]
    assert [layout.anchors for layout in LAYOUTS[-2:]] == [
        "/etc/pki/trust/anchors",
        "/usr/share/pki/trust/anchors",
    ]


def test_a_folder_without_its_program_is_not_a_layout(tmp_path: Path) -> None:
    (tmp_path / "usr/local/share/ca-certificates").mkdir(parents=True)

    assert find_layout(tmp_path) is None


def test_an_unknown_distribution_has_no_store(tmp_path: Path) -> None:
    store = LinuxStore(None, Remembering(), top=tmp_path)

    assert look(store, ROOT).state == "absent"
    assert remove(store).state == "absent"


def _installing(top: Path, *, into_bundle: bool = True) -> Remembering:
    """A machine whose ``sudo`` does what was asked, in the folder."""

    def sudo(arguments: Sequence[str], stdin: bytes) -> Done:
        script = arguments[-1]
        file = script.split()[4 if "/dev/stdin" in script else 2]
        if "/dev/stdin" in script:
            (top / file[1:]).write_bytes(stdin)
        else:
            (top / file[1:]).unlink()
        if into_bundle:
            bundle = top / "etc/ssl/certs/ca-certificates.crt"
            bundle.write_bytes(our_root(1).pem + stdin)
        return Done(0)

    return Remembering({"sudo": sudo})


def test_the_bundle_is_read_back(tmp_path: Path) -> None:
    layout = _machine(tmp_path, "debian")
    store = LinuxStore(layout, _installing(tmp_path), top=tmp_path)

    outcome = install(store, ROOT)

    assert (outcome.state, outcome.changed) == ("trusted", True)
    assert remove(store).state == "not trusted"


def test_a_command_that_does_nothing_is_found_out(tmp_path: Path) -> None:
    layout = _machine(tmp_path, "debian")
    runner = _installing(tmp_path, into_bundle=False)
    store = LinuxStore(layout, runner, top=tmp_path)

    outcome = install(store, ROOT)

    assert outcome.state == "failed"
    assert "not trusted there" in outcome.detail
    assert store.ours() == ()


def test_earlier_roots_go_after_the_new_one_is_in(tmp_path: Path) -> None:
    layout = _machine(tmp_path, "debian")
    runner = _installing(tmp_path)
    store = LinuxStore(layout, runner, top=tmp_path)
    old = our_root(2)
    install(store, old)

    outcome = install(store, ROOT, [old])

    scripts = [command[-1] for command in runner.commands]
    assert [ROOT.ca_id in script for script in scripts] == [False, True, False]
    assert "/bin/rm" in scripts[-1]
    assert outcome.others == ()


def test_the_sudo_of_nobody_is_not_asked(tmp_path: Path) -> None:
    runner = Remembering(interactive=False)
    store = LinuxStore(_machine(tmp_path, "debian"), runner, top=tmp_path)

    (step,) = store.install_steps(ROOT)
    step.run(runner)

    assert runner.commands[0][:3] == ("/usr/bin/sudo", "-n", "--")
    assert runner.asked == [False]


def test_what_sudo_says_is_passed_on_printable(tmp_path: Path) -> None:
    def sudo(arguments: object, stdin: bytes) -> Done:
        return Done(1, stderr=b"sudo: a password\x1b[31m is required\n")

    store = LinuxStore(
        _machine(tmp_path, "debian"), Remembering({"sudo": sudo}), top=tmp_path
    )

    outcome = install(store, ROOT)

    assert outcome.state == "failed"
    assert "a password\\x1b[31m is required" in outcome.detail


@pytest.mark.parametrize("name", ["a b.crt", "$(id).crt", "';id;'.crt", "a\nb.crt"])
def test_a_name_that_a_shell_would_act_on_gets_into_no_script(
    tmp_path: Path, name: str
) -> None:
    layout = _machine(tmp_path, "debian")
    runner = Remembering(is_root=True)
    (tmp_path / layout.anchors[1:] / name).write_bytes(ROOT.pem)
    store = LinuxStore(layout, runner, top=tmp_path)

    with pytest.raises(TrustError, match="did not give"):
        store.remove_steps(store.ours())
    assert remove(store).state == "failed"
    assert runner.commands == []


def test_anchors_of_others_are_left_alone(tmp_path: Path) -> None:
    layout = _machine(tmp_path, "debian")
    folder = tmp_path / layout.anchors[1:]
    (folder / "corporate.crt").write_text("-----BEGIN CERTIFICATE-----\nx\n")
    (folder / "folder.crt").mkdir()
    (folder / "flask-tlsdev-00000000.crt").write_bytes(b"not a certificate")

    store = LinuxStore(layout, Remembering(), top=tmp_path)

    assert store.ours() == ()
    assert store.needs_root
