from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_tlsdev.config import KEYS
from flask_tlsdev.config import Settings
from flask_tlsdev.errors import ConfigError
from flask_tlsdev.errors import StoreError
from flask_tlsdev.names import parse

FOLDER = Path.cwd().anchor + "srv"


def make(config: dict[str, Any] | None = None, **options: Any) -> Settings:
    options.setdefault("environ", {"HOME": FOLDER})
    return Settings.from_mapping(config or {}, **options)


class Corp:
    """An issuer of the app's own."""

    id = "corp"

    def issue(self, request: Any) -> Any:
        raise NotImplementedError


def make_corp(settings: Settings) -> Corp:
    return Corp()


def test_nothing_set_is_what_the_documentation_says() -> None:
    settings = make()

    assert settings.names == parse("localhost, 127.0.0.1, ::1")
    assert settings.issuer == "local-ca"
    assert not settings.issuer_is_named
    assert settings.key_type == "ec-p256"
    assert settings.lifetime == timedelta(days=90)
    assert settings.renew_before is None
    assert settings.minimum_version == "TLSv1.2"
    assert settings.handshake_timeout == 10
    assert settings.files_path is None
    assert len({header.name for header in settings.policy.headers}) == 9


def test_the_environment_says_what_an_app_would() -> None:
    environ = {"HOME": FOLDER, "FLASK_TLSDEV_NAMES": "app.test"}

    settings = Settings.from_environment(environ)

    assert settings == make({"TLSDEV_NAMES": "app.test"})


@pytest.mark.skipif(sys.platform != "linux", reason="the data folder of Linux")
def test_folders_are_the_user_s_data_folder() -> None:
    settings = make()

    assert settings.store_path == Path(FOLDER, ".local/share/flask-tlsdev/pairs")
    assert settings.ca_path == Path(FOLDER, ".local/share/flask-tlsdev/ca")


def test_the_user_s_environment_moves_the_folders() -> None:
    environ = {"TLSDEV_STORE_PATH": f"{FOLDER}/s", "TLSDEV_CA_PATH": f"{FOLDER}/c"}

    settings = make(environ=environ)

    assert settings.store_path == Path(FOLDER, "s")
    assert settings.ca_path == Path(FOLDER, "c")
    assert settings.store.root == settings.store_path


def test_the_command_line_moves_the_folders_before_the_environment(
    tmp_path: Path,
) -> None:
    environ = {"TLSDEV_STORE_PATH": f"{FOLDER}/s", "TLSDEV_CA_PATH": f"{FOLDER}/c"}

    settings = make(environ=environ, store_path=tmp_path)
    moved = settings.with_paths(ca_path=tmp_path)

    assert (settings.store_path, settings.ca_path) == (tmp_path, Path(FOLDER, "c"))
    assert (moved.store_path, moved.ca_path) == (tmp_path, tmp_path)


@pytest.mark.parametrize("variable", ["TLSDEV_STORE_PATH", "TLSDEV_CA_PATH"])
def test_a_folder_that_is_not_absolute_is_refused(variable: str) -> None:
    with pytest.raises(ConfigError, match="Did you mean") as caught:
        make(environ={variable: "keys"})

    assert caught.value.key == variable


def test_an_empty_variable_is_no_variable() -> None:
    environ = {"HOME": FOLDER, "TLSDEV_STORE_PATH": "", "TLSDEV_CA_PATH": ""}

    assert make(environ=environ) == make()


def test_a_dotenv_file_does_not_move_the_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {"HOME": FOLDER, "TLSDEV_CA_PATH": f"{FOLDER}/c"}
    (tmp_path / ".env").write_text(f"TLSDEV_CA_PATH={FOLDER}/c\n")

    assert make(environ=environ).ca_path == make().ca_path
    assert Settings.from_environment(environ).ca_path == make().ca_path


@pytest.mark.skipif(sys.platform == "win32", reason="has no password database")
def test_a_user_without_a_home_can_have_headers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.getuid", lambda: 2**31 - 7)

    settings = make(environ={})

    assert settings.policy.headers
    with pytest.raises(StoreError):
        _ = settings.store


def test_an_issuer_that_does_not_exist_is_told_which_do() -> None:
    with pytest.raises(ConfigError) as caught:
        make({"TLSDEV_ISSUER": "selfsigned"}, issuers={"corp": make_corp})

    assert caught.value.key == "TLSDEV_ISSUER"
    assert "Did you mean 'self-signed'?" in caught.value.hint
    assert "corp" in caught.value.hint


def test_a_named_issuer_is_known_to_be_named() -> None:
    assert make({"TLSDEV_ISSUER": "local-ca"}).issuer_is_named
    assert make().with_options(issuer="local-ca").issuer_is_named


def test_the_self_signed_issuer_is_made() -> None:
    settings = make({"TLSDEV_ISSUER": "self-signed"})

    assert settings.make_issuer().id == "self-signed"
    assert settings.find_issuer() is not None


def test_an_issuer_of_the_app_s_own_is_made() -> None:
    settings = make({"TLSDEV_ISSUER": "corp"}, issuers={"corp": make_corp})

    assert isinstance(settings.make_issuer(), Corp)
    assert isinstance(settings.find_issuer(), Corp)


@pytest.mark.parametrize(
    ("issuers", "sentence"),
    [
        ({"local-ca": make_corp}, "another name"),
        ({"Corp": make_corp}, "cannot be called 'Corp'"),
        ({"../corp": make_corp}, "cannot be called"),
        ({"": make_corp}, "cannot be called"),
        ({7: make_corp}, "cannot be called 7"),
        ({"corp": "module:make_corp"}, "nothing that can be called"),
    ],
)
def test_an_issuer_that_cannot_be_made_is_refused_at_once(
    issuers: Any, sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        make(issuers=issuers)


def test_a_missing_local_ca_is_not_found_until_it_is_made(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    settings = make(ca_path=tmp_path / "ca")

    assert settings.find_issuer() is None

    made = settings.make_issuer()
    found = settings.find_issuer()

    assert found is not None
    assert found.id == made.id


def test_files_of_others_are_found_and_never_issued(tmp_path: Path) -> None:
    (tmp_path / "tls.crt").touch()
    (tmp_path / "tls.key").touch()
    config = {"TLSDEV_ISSUER": "files", "TLSDEV_FILES_PATH": tmp_path}

    settings = make(config)
    files = settings.mounted_files()

    assert files is not None
    assert files.certfile == tmp_path / "tls.crt"
    with pytest.raises(ConfigError, match="issues none"):
        settings.make_issuer()


def test_no_files_of_others_without_the_issuer_files(tmp_path: Path) -> None:
    assert make({"TLSDEV_FILES_PATH": tmp_path}).mounted_files() is None


def test_the_issuer_files_needs_a_folder() -> None:
    with pytest.raises(ConfigError, match="none is named") as caught:
        make({"TLSDEV_ISSUER": "files"})

    assert caught.value.key == "TLSDEV_FILES_PATH"


def test_a_pair_is_not_renewed_before_it_was_issued() -> None:
    with pytest.raises(ConfigError) as caught:
        make({"TLSDEV_LIFETIME": "1d", "TLSDEV_RENEW_BEFORE": "24h"})

    assert caught.value.key == "TLSDEV_RENEW_BEFORE"


def test_options_of_the_command_line_change_what_was_configured() -> None:
    settings = make({"TLSDEV_NAMES": "app.test"})

    changed = settings.with_options(
        issuer="self-signed",
        key_type="rsa:2048",
        lifetime=timedelta(hours=1),
        add_names=parse("app.test, api.test"),
    )

    assert changed.names == parse("app.test, api.test")
    assert changed.issuer == "self-signed"
    assert changed.key_type == "rsa:2048"
    assert changed.lifetime == timedelta(hours=1)
    assert settings.with_options() == settings


def test_options_of_the_command_line_are_checked_as_well() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'local-ca'"):
        make().with_options(issuer="localca")

    with pytest.raises(ConfigError, match="renewed as soon as"):
        make({"TLSDEV_RENEW_BEFORE": "7d"}).with_options(lifetime=timedelta(hours=1))


@given(st.sampled_from(sorted(KEYS)), st.text())
def test_no_variable_makes_anything_but_a_config_error(name: str, value: str) -> None:
    try:
        Settings.from_environment({"HOME": FOLDER, f"FLASK_{name}": value})
    except ConfigError as error:
        assert error.key.startswith("TLSDEV_")  # noqa: PT017 - it may be good as well


def test_settings_are_read_without_cryptography() -> None:
    program = (
        "import sys; from flask_tlsdev.config import Settings;"
        "Settings.from_mapping({}, environ={}).store;"
        "sys.exit('cryptography' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], check=False)

    assert done.returncode == 0


LOADED = """\
import json, sys
from flask_tlsdev.config import Settings
settings = Settings.from_mapping(json.loads(sys.argv[1]), environ={"HOME": "/"})
print(*sys.modules)
settings.acme, settings.vault, settings.recipe
assert {"%s", "%s", "%s"} <= set(sys.modules)
"""

ROOMS = {
    "acme": "flask_tlsdev.issuers.acme",
    "vault": "flask_tlsdev.issuers.vault",
    "headers": "flask_tlsdev.headers",
}


@pytest.mark.parametrize(
    ("config", "needed"),
    [
        ({}, set()),
        ({"TLSDEV_NAMES": "app.test", "TLSDEV_VALIDATION_PATH": FOLDER}, set()),
        ({"TLSDEV_ACME_EMAIL": "me@app.test"}, {"acme"}),
        ({"TLSDEV_VAULT_ROLE": "web"}, {"vault"}),
        ({"TLSDEV_COOP": None}, {"headers"}),
    ],
)
def test_only_that_is_loaded_of_which_a_key_is_set(
    config: dict[str, Any], needed: set[str]
) -> None:
    program = LOADED % tuple(ROOMS.values())

    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(config)],
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = done.stdout.split()
    assert {name for name, room in ROOMS.items() if room in loaded} == needed


def test_a_hook_that_is_none_is_told_before_anybody_needs_it() -> None:
    environ = {"HOME": FOLDER, "TLSDEV_ACME_DNS_HOOK": "'"}

    with pytest.raises(ConfigError, match="TLSDEV_ACME_DNS_HOOK"):
        make(environ=environ)


def test_what_is_read_late_is_what_was_set_at_first() -> None:
    config: dict[str, Any] = {}
    environ = {"HOME": FOLDER, "VAULT_ADDR": "https://vault.test:8200"}
    settings = make(config, environ=environ)

    config |= {"TLSDEV_HEADERS": "off", "TLSDEV_ACME_EMAIL": "me@app.test"}
    environ["VAULT_ADDR"] = "https://elsewhere.test"

    assert settings.policy.headers
    assert settings.acme.email is None
    assert settings.vault.address == "https://vault.test:8200"
