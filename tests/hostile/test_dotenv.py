from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ..servers import flask
from ..servers import serving
from ..tools import run
from .repository import Repository
from .repository import tree

PLACES = [".env", ".flaskenv", "../.env", "../.flaskenv"]
APP = "from flask import Flask\napp = Flask(__name__)\n"


def everything(repository: Repository) -> dict[str, str]:
    """Whatever a dotenv file could hope to achieve."""
    evil = str(repository.evil)
    return {
        "HOME": evil,
        "XDG_DATA_HOME": evil,
        "XDG_CONFIG_HOME": evil,
        "TLSDEV_CA_PATH": f"{evil}/ca",
        "TLSDEV_STORE_PATH": f"{evil}/store",
        "FLASK_TLS_CA_PATH": f"{evil}/ca",
        "FLASK_TLS_STORE_PATH": f"{evil}/store",
        "FLASK_TLS_CA_CREATE_PERMIT": "bank.example",
        "FLASK_TLS_CA_CREATE_PERMITTED": "bank.example",
        "FLASK_TLS_CA_CREATE_YES": "1",
        "FLASK_TLS_CA_CREATE_DAYS": "1",
        "FLASK_TLS_CA_CREATE_KEY_TYPE": "rsa:2048",
        "FLASK_TLS_CA_DELETE_YES": "1",
        "FLASK_TLS_CA_EXPORT_OUT": f"{evil}/root.crt",
        "FLASK_TLS_CA_EXPORT_FORCE": "1",
        "FLASK_TLS_DELETE_YES": "1",
        "FLASK_TLS_DELETE_NAME": "a.test",
        "FLASK_TLS_SHOW_SOURCES": "/etc/passwd",
        "FLASK_TLS_SHOW_PASSPHRASE_FILE": "/etc/passwd",
        "FLASK_TLS_LIST_AS_JSON": "1",
        "FLASK_TLS_TRUST_INSTALL_YES": "1",
        "FLASK_TLS_ISSUE_OUT": f"{evil}/cert.pem",
        "FLASK_TLS_ISSUE_KEYOUT": f"{evil}/key.pem",
        "FLASK_TLS_ISSUE_KEY": f"{evil}/key.pem",
        "FLASK_TLS_ISSUE_PASSPHRASE_FILE": "/etc/passwd",
        "FLASK_TLS_ISSUE_FORCE": "1",
        "PATH": f"{repository.folder}",
        "SSL_CERT_FILE": f"{evil}/roots.pem",
    }


@pytest.fixture(params=PLACES)
def poisoned(repository: Repository, request: pytest.FixtureRequest) -> Repository:
    repository.dotenv(request.param, everything(repository))
    return repository


def test_commands_for_the_machine_hear_nothing_of_it(
    poisoned: Repository, user: Path
) -> None:
    before = tree(user)

    shown = run(*flask("tls", "ca", "show", "--json"), cwd=poisoned.folder)
    listed = run(*flask("tls", "list"), cwd=poisoned.folder)
    created = run(*flask("tls", "ca", "create"), cwd=poisoned.folder)
    deleted = run(*flask("tls", "ca", "delete"), cwd=poisoned.folder)
    no_name = run(*flask("tls", "delete", "--yes"), cwd=poisoned.folder)
    no_file = run(*flask("tls", "show"), cwd=poisoned.folder)
    exported = run(*flask("tls", "ca", "export"), cwd=poisoned.folder)

    ca = json.loads(shown.stdout)
    assert Path(ca["root"]).is_relative_to(user)
    assert ca["permits"] == ["localhost", "test", "127.0.0.0/8", "::1/128"]
    assert listed.stdout.startswith("a.test ")
    assert "--yes" in created.stderr
    assert "--yes" in deleted.stderr
    assert "Missing argument 'NAME'" in no_name.stderr
    assert "Missing argument" in no_file.stderr
    assert exported.stdout.startswith("-----BEGIN CERTIFICATE-----")
    assert {done.returncode for done in (created, deleted, no_name, no_file)} == {2}
    assert tree(user) == before
    assert os.listdir(poisoned.evil) == []


def test_the_first_ca_is_the_user_s_own(poisoned: Repository, home: Path) -> None:
    done = run(*flask("tls", "ca", "create"), cwd=poisoned.folder)

    assert done.returncode == 0, done.stderr
    assert "ec-p256" in done.stdout
    assert "bank.example" not in done.stdout
    assert list(home.rglob("ca.key"))
    assert os.listdir(poisoned.evil) == []


def test_issue_goes_into_the_user_s_store(poisoned: Repository, home: Path) -> None:
    done = run(*flask("tls", "issue", "b.test"), cwd=poisoned.folder)

    assert done.returncode == 0, done.stderr
    assert list(home.rglob("b.test-*/tls.key"))
    assert os.listdir(poisoned.evil) == []


def test_without_home_the_repository_s_one_is_not_taken(
    poisoned: Repository,
) -> None:
    environ = {name: value for name, value in os.environ.items() if name != "HOME"}
    nowhere = [*flask("tls", "ca", "show")]

    done = run(*nowhere, cwd=poisoned.folder, env=environ)

    assert str(poisoned.evil) not in done.stdout + done.stderr


@pytest.mark.parametrize("option", ["-e", "--env-file", "--env-file="])
def test_a_file_that_is_named_may_not_move_the_ca_either(
    repository: Repository, user: Path, option: str
) -> None:
    repository.dotenv("dev.env", everything(repository))
    given = [f"{option}dev.env"] if option.endswith("=") else [option, "dev.env"]

    shown = run(*flask(*given, "tls", "ca", "show", "--json"), cwd=repository.folder)
    issued = run(*flask(*given, "tls", "issue", "c.test"), cwd=repository.folder)
    created = run(*flask(*given, "tls", "ca", "create"), cwd=repository.folder)

    assert Path(json.loads(shown.stdout)["root"]).is_relative_to(user)
    assert issued.returncode == 0, issued.stderr
    assert created.returncode == 2
    assert os.listdir(repository.evil) == []


@pytest.mark.parametrize("key", ["CA_PATH", "STORE_PATH"])
def test_a_key_for_the_user_s_folders_is_refused_where_it_stands(
    repository: Repository, home: Path, key: str
) -> None:
    """From a dotenv file, and in the configuration of an app."""
    repository.dotenv(".env", {f"FLASK_TLSDEV_{key}": str(repository.evil)})
    from_dotenv = run(*flask("tls", "issue"), cwd=repository.folder)
    repository.dotenv(".env", {})
    (repository.folder / "app.py").write_text(
        f"{APP}app.config['TLSDEV_{key}'] = '{repository.evil}'\n"
    )
    from_app = run(*flask("tls", "issue"), cwd=repository.folder)

    for done in (from_dotenv, from_app):
        assert done.returncode == 1
        assert f"TLSDEV_{key} cannot be set in app.config" in done.stderr

    assert os.listdir(repository.evil) == []
    assert not list(home.rglob("*.key"))


def test_the_user_s_own_variables_are_heard(repository: Repository) -> None:
    own = {**os.environ, "FLASK_TLS_CA_CREATE_KEY_TYPE": "ec-p384"}

    done = run(*flask("tls", "ca", "create"), cwd=repository.folder, env=own)

    assert "ec-p384" in done.stdout, done.stderr


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"TLSDEV_SERVED": "'nonsense'"}, id="no JSON"),
        pytest.param({"TLSDEV_SERVED": "'[]'"}, id="another JSON"),
        pytest.param({"TLSDEV_SERVED": "${HOME}"}, id="a variable"),
        pytest.param({"TLSDEV_SERVED": "'" + "[" * 5000 + "'"}, id="deep"),
        pytest.param({}, id="not served"),
    ],
)
@pytest.mark.parametrize("debug", [[], ["--debug"]], ids=["plain", "reloader"])
def test_run_does_not_take_a_dotenv_file_for_its_reloader(
    repository: Repository, values: dict[str, str], debug: list[str]
) -> None:
    (repository.folder / "app.py").write_text(APP)
    reloader = {"WERKZEUG_RUN_MAIN": "true", "WERKZEUG_SERVER_FD": "0"}
    repository.dotenv(".flaskenv", {**reloader, **values})

    with serving("tls", "run", *debug, cwd=repository.folder) as server:
        said = server.output

        assert server.certificate()

    assert "HTTPS for localhost" in said
    assert "Traceback" not in said


def test_run_takes_what_it_serves_from_its_parent_only(
    repository: Repository, tmp_path: Path
) -> None:
    (repository.folder / "app.py").write_text(
        f"import os\n{APP}"
        "@app.get('/')\n"
        "def served(): return os.environ['TLSDEV_SERVED']\n"
    )
    with serving("tls", "run", cwd=repository.folder) as server:
        root = tmp_path / "root.crt"
        run(*flask("tls", "ca", "export", "--out", root))
        served = json.loads(server.get(cafile=root)[1])

    # Were it believed, there would be no server: that file is no certificate.
    served |= {"parent": 1, "files": ["/etc/passwd", "/etc/passwd", None]}
    values = {"WERKZEUG_RUN_MAIN": "true", "TLSDEV_SERVED": f"'{json.dumps(served)}'"}
    repository.dotenv(".env", values)

    with serving("tls", "run", cwd=repository.folder) as server:
        assert server.certificate()


def test_a_value_in_an_error_is_harmless(repository: Repository) -> None:
    (repository.folder / "app.py").write_text(APP)
    repository.dotenv(".env", {"FLASK_TLS_RUN_CERT": '"\\033]0;owned\\a\x1b[2J"'})

    done = run(*flask("tls", "run"), cwd=repository.folder)

    assert done.returncode == 2
    assert "\x1b" not in done.stderr
    assert "\a" not in done.stderr
