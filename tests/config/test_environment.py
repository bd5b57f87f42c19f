from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.cli import load_dotenv
from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st

from flask_tlsdev.config import dotenv_files
from flask_tlsdev.config import user_environment
from flask_tlsdev.config.environment import prefixed_config
from flask_tlsdev.errors import ConfigError


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project's folder, which is the working folder; the environment comes back."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    before = dict(os.environ)
    yield folder
    os.environ.clear()
    os.environ.update(before)


def loaded(env_file: Path | None = None) -> dict[str, str]:
    """The user's environment after Flask itself has loaded the dotenv files."""
    load_dotenv(env_file)
    return user_environment(os.environ, dotenv_files(os.environ, env_file))


@pytest.mark.parametrize("name", [".env", ".flaskenv", "../.env", "../.flaskenv"])
def test_what_a_dotenv_file_sets_is_not_the_user_s(project: Path, name: str) -> None:
    before = dict(os.environ)
    (project / name).write_text("TLSDEV_CA_PATH=/repo/ca\nexport XDG_DATA_HOME='/x'\n")

    assert loaded() == before
    assert os.environ["TLSDEV_CA_PATH"] == "/repo/ca"


def test_what_a_named_dotenv_file_sets_is_not_the_user_s(project: Path) -> None:
    before = dict(os.environ)
    (project / "more.env").write_text("TLSDEV_CA_PATH=/repo/ca\n")

    assert loaded(project / "more.env") == before


def test_a_file_that_another_one_names_for_the_reloader_is_heard_of(
    project: Path,
) -> None:
    before = dict(os.environ)
    (project / ".env").write_text("FLASK_ENV_FILE=more.env\n")
    (project / "more.env").write_text("TLSDEV_CA_PATH=/repo/ca\n")
    load_dotenv()

    # The reloader's child starts with what its parent loaded.
    load_dotenv(os.environ["FLASK_ENV_FILE"])

    assert os.environ["TLSDEV_CA_PATH"] == "/repo/ca"
    assert user_environment(os.environ) == before


def test_the_user_s_own_value_stays(project: Path) -> None:
    os.environ["TLSDEV_CA_PATH"] = "/home/me/ca"
    (project / ".env").write_text("TLSDEV_CA_PATH=/repo/ca\n")

    assert loaded()["TLSDEV_CA_PATH"] == "/home/me/ca"


@pytest.mark.parametrize(
    "line",
    [
        "TLSDEV_CA_PATH=/repo/ca${TLSDEV_CA_PATH}",
        "TLSDEV_CA_PATH='/repo/ca${TLSDEV_CA_PATH}'",
        "A=/repo\nTLSDEV_CA_PATH=${A}${B}/ca\nB=${B}b",
        "TLSDEV_CA_PATH=/repo/${NOTHING:-ca}",
    ],
)
def test_a_value_built_of_other_variables_is_not_the_user_s(
    project: Path, line: str
) -> None:
    (project / ".env").write_text(f"{line}\n")

    environ = loaded()

    assert os.environ["TLSDEV_CA_PATH"].startswith("/repo")
    assert "TLSDEV_CA_PATH" not in environ


def test_of_two_lines_the_one_that_counted_is_left_out(project: Path) -> None:
    (project / ".env").write_text("TLSDEV_CA_PATH=/one\nTLSDEV_CA_PATH=/two\n")

    assert "TLSDEV_CA_PATH" not in loaded()


def test_a_home_of_a_dotenv_file_is_not_the_user_s(project: Path) -> None:
    del os.environ["HOME"]
    (project / ".env").write_text("HOME=/repo\n")

    assert "HOME" not in loaded()


def test_files_that_flask_cannot_read_are_no_harm(project: Path) -> None:
    (project / ".env").write_bytes(b"A=\xff\n")
    (project / ".flaskenv").mkdir()

    assert dotenv_files(os.environ) == (project / ".env",)
    assert user_environment(os.environ) == dict(os.environ)


@pytest.mark.skipif(sys.platform == "win32", reason="keeps the working folder")
def test_a_working_folder_that_is_gone_is_no_harm(project: Path) -> None:
    project.rmdir()

    assert user_environment(os.environ) == dict(os.environ)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
def test_a_fifo_is_read_as_flask_reads_it(project: Path) -> None:
    fifo = project / ".env"
    os.mkfifo(fifo)
    os.environ["TLSDEV_CA_PATH"] = "/repo/ca"
    writer = threading.Thread(
        target=fifo.write_text, args=("TLSDEV_CA_PATH=/repo/ca\n",), daemon=True
    )
    writer.start()

    environ = user_environment(os.environ)

    writer.join(10)
    assert "TLSDEV_CA_PATH" not in environ


def test_without_dotenv_files_the_environment_is_whole(project: Path) -> None:
    environ = {"TLSDEV_CA_PATH": "/ca", "": "${}"}

    assert user_environment(environ) == environ


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
    | st.text("a$ {}'\"\\#=:-\n")
)
def test_no_value_of_a_dotenv_file_passes_for_the_user_s(
    project: Path, value: str
) -> None:
    os.environ.pop("TLSDEV_CA_PATH", None)
    before = dict(os.environ)
    (project / ".env").write_text(f"TLSDEV_CA_PATH={value}\n", encoding="utf-8")

    try:
        load_dotenv()
    except ValueError:
        return

    left = user_environment(os.environ)
    for name in set(os.environ) - set(before):
        del os.environ[name]
    assert left == before


def from_flask(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]) -> object:
    """The same variables as Flask's own reader understands them."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    config = Flask(__name__).config
    config.clear()
    config.from_prefixed_env()
    return dict(config)


@pytest.mark.parametrize(
    "environ",
    [
        {"FLASK_TLSDEV_NAMES": "app.test, 127.0.0.1"},
        {"FLASK_TLSDEV_NAMES": '["app.test"]'},
        {"FLASK_TLSDEV_LIFETIME": "30", "FLASK_TLSDEV_ISSUER": "self-signed"},
        {"FLASK_TLSDEV_HSTS": "null", "FLASK_TLSDEV_COOP": "true"},
        {"FLASK_TLSDEV_HSTS__MAX_AGE": "60", "FLASK_TLSDEV_HSTS__FORCE": "true"},
        {"FLASK_TLSDEV_CSP__IMG_SRC": "'self'", "FLASK_TLSDEV_CSP__A__B": "{}"},
        {"FLASK_TLSDEV_NAMES": "[" * 100_000},
    ],
    ids=["text", "list", "number", "null", "parts", "nested", "deep"],
)
def test_variables_are_read_as_flask_reads_them(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prefixed_config(environ) == from_flask(monkeypatch, environ)


def test_other_variables_are_not_read() -> None:
    assert prefixed_config({"TLSDEV_NAMES": "a", "FLASK_DEBUG": "1"}) == {}


def test_a_slip_in_the_prefix_is_not_lost() -> None:
    assert prefixed_config({"FLASK_TLSDEV__NAMES": "a"}) == {"TLSDEV__NAMES": "a"}


def test_a_key_cannot_be_set_as_a_whole_and_by_parts() -> None:
    environ = {"FLASK_TLSDEV_HSTS": "true", "FLASK_TLSDEV_HSTS__FORCE": "true"}

    with pytest.raises(ConfigError, match="FLASK_TLSDEV_HSTS__FORCE") as caught:
        prefixed_config(environ)

    assert caught.value.key == "TLSDEV_HSTS"
