from __future__ import annotations

from pathlib import Path

import pytest

from flask_tlsdev.cli.trust import _NAMES
from flask_tlsdev.programs import Done
from flask_tlsdev.trust import hosts
from flask_tlsdev.trust.changes import install
from flask_tlsdev.trust.changes import look
from flask_tlsdev.trust.firefox import FirefoxOfSystem
from flask_tlsdev.trust.machine import CLIENTS
from flask_tlsdev.trust.machine import databases
from flask_tlsdev.trust.machine import NAMES
from flask_tlsdev.trust.machine import stores
from flask_tlsdev.trust.p11kit import P11KitStore
from flask_tlsdev.trust.windows import WindowsStore

from ..browsers import trust_in_nss
from .making import our_root
from .making import Remembering

ROOT = our_root()


def _names(
    home: Path, platform: str, *here: str, top: Path | None = None, **environ: str
) -> list[str]:
    environment = {"HOME": str(home), "APPDATA": str(home), **environ}
    environment.setdefault("TLSDEV_JAVA_HOMES", "")
    found = stores(
        environment, Remembering(here=here), platform=platform, top=top or home
    )
    return [store.name for store in found]


def test_the_users_own_stores_come_first_and_java_last(tmp_path: Path) -> None:
    jdk = tmp_path / "jdk"
    (jdk / "lib/security").mkdir(parents=True)
    (jdk / "lib/security/cacerts").touch()

    found = _names(tmp_path, "linux", TLSDEV_JAVA_HOMES=str(jdk))

    assert found == ["chromium", "firefox", "system", "java"]


def test_databases_of_snaps_and_flatpaks_are_made_and_those_of_nobody_are_not(
    tmp_path: Path,
) -> None:
    (tmp_path / "snap/brave/current").mkdir(parents=True)
    (tmp_path / ".var/app/com.google.Chrome").mkdir(parents=True)

    def available(*here: str) -> list[bool]:
        runner = Remembering(here=here)
        return [each.available() for each in databases({"HOME": str(tmp_path)}, runner)]

    # The last one stands for a Firefox that was never started.
    assert available() == [False, True, True, False]
    assert available("google-chrome") == [True, True, True, False]


def test_of_a_flatpak_it_is_said_that_it_may_forget(tmp_path: Path) -> None:
    folder = tmp_path / ".var/app/org.chromium.Chromium/data/pki/nssdb"
    trust_in_nss(folder, ROOT.pem, ROOT.listed_as)

    outcomes = [
        look(store, ROOT) for store in databases({"HOME": str(tmp_path)}, Remembering())
    ]

    (found,) = [each for each in outcomes if each.state == "trusted"]
    assert found.detail == "a Flatpak, which may lose it when it is updated"


def test_wsl_has_the_windows_store_too(tmp_path: Path) -> None:
    (tmp_path / "proc/sys/fs/binfmt_misc").mkdir(parents=True)
    (tmp_path / "proc/sys/fs/binfmt_misc/WSLInterop").touch()

    assert "windows" in _names(tmp_path, "linux")
    assert "windows" not in _names(tmp_path, "linux", top=tmp_path / "proc")


@pytest.mark.parametrize(
    ("platform", "folder", "own"),
    [
        ("darwin", "Library/Application Support/Firefox", "macos"),
        ("win32", "Mozilla/Firefox", "windows"),
    ],
)
def test_firefox_on_other_systems_follows_the_system(
    tmp_path: Path, platform: str, folder: str, own: str
) -> None:
    (tmp_path / folder / "mine").mkdir(parents=True)
    (tmp_path / folder / "profiles.ini").write_text("[Profile0]\nPath=mine\n")

    assert _names(tmp_path, platform) == [own, "firefox"]


def test_a_firefox_that_does_not_look_at_the_system_is_named(tmp_path: Path) -> None:
    held = Remembering({"powershell.exe": lambda *_: Done(0, stdout=b"")})
    store = FirefoxOfSystem(tmp_path, WindowsStore("C:\\powershell.exe", held))

    followed = look(store, ROOT)
    (tmp_path / "prefs.js").write_text(
        'user_pref("security.enterprise_roots.enabled", false);\n'
    )
    switched_off = install(store, ROOT)

    assert followed.state == "not trusted"
    assert switched_off.state == "failed"
    assert "about:config" in switched_off.detail


def test_an_unknown_linux_with_p11_kit_is_asked_through_it(tmp_path: Path) -> None:
    found = stores(
        {"HOME": str(tmp_path), "TLSDEV_JAVA_HOMES": ""},
        Remembering(),
        platform="linux",
        top=tmp_path,
    )

    assert isinstance(found[-1], P11KitStore)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"CODESPACES": "true"}, "a Codespace"),
        ({"REMOTE_CONTAINERS": "true"}, "a dev container"),
        ({"container": "podman"}, "a container"),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "a pod"),
        ({}, ""),
    ],
)
def test_containers_are_recognised(
    tmp_path: Path, environ: dict[str, str], expected: str
) -> None:
    assert hosts.container(environ, top=tmp_path) == expected


@pytest.mark.parametrize("mark", [".dockerenv", "run/.containerenv"])
def test_containers_leave_a_mark(tmp_path: Path, mark: str) -> None:
    (tmp_path / mark).parent.mkdir(exist_ok=True)
    (tmp_path / mark).touch()

    assert hosts.container({}, top=tmp_path) == "a container"


def test_the_names_of_the_option_are_those_of_the_stores() -> None:
    assert {key: set(value) for key, value in _NAMES.items()} == {
        key: set(value) for key, value in NAMES.items() if key != "linux"
    }
    assert set(CLIENTS) == {name for names in NAMES.values() for name in names}
