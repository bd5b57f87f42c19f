from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path

import pytest
from flask import Blueprint
from flask import render_template_string

from flask_tlsdev import ConfigError
from flask_tlsdev import csp_hash
from flask_tlsdev import static_integrity

from .apps import make_app


def expected(text: str) -> str:
    digest = hashlib.sha384(text.encode()).digest()
    return f"sha384-{base64.b64encode(digest).decode()}"


def test_a_template_names_the_hash_of_a_static_file(tmp_path: Path) -> None:
    (tmp_path / "app.js").write_text("alert(1)")
    app = make_app(static_folder=tmp_path)

    with app.test_request_context():
        text = render_template_string("{{ static_integrity('app.js') }}")

    assert text == expected("alert(1)")


def test_a_file_that_changes_has_another_hash(tmp_path: Path) -> None:
    file = tmp_path / "app.js"
    file.write_text("1")
    app = make_app(static_folder=tmp_path)

    with app.app_context():
        before = static_integrity("app.js")
        file.write_text("2")
        os.utime(file, ns=(1, 1))
        after = static_integrity("app.js")

    assert (before, after) == (expected("1"), expected("2"))


def test_a_blueprint_has_files_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "app.js").write_text("1")
    app = make_app()
    app.register_blueprint(Blueprint("admin", __name__, static_folder=tmp_path))

    with app.app_context():
        assert static_integrity("app.js", blueprint="admin") == expected("1")


def test_a_blueprint_that_is_not_there_has_no_files() -> None:
    app = make_app()

    with app.app_context(), pytest.raises(ConfigError, match="There is no static file"):
        static_integrity("app.js", blueprint="admin")


@pytest.mark.parametrize("name", ["ap.js", "../secret", "/etc/passwd", "a\0b"])
def test_a_file_that_is_not_there_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "app.js").write_text("1")
    (tmp_path / "secret").write_text("1")
    app = make_app(static_folder=tmp_path / "static")

    with app.app_context(), pytest.raises(ConfigError, match="There is no static file"):
        static_integrity(name)


def test_the_file_that_was_meant_is_named(tmp_path: Path) -> None:
    (tmp_path / "app.js").write_text("1")
    app = make_app(static_folder=tmp_path)

    with app.app_context(), pytest.raises(ConfigError, match=r"Did you mean 'app\.js'"):
        static_integrity("ap.js")


def test_the_hash_of_an_inline_script_is_a_source() -> None:
    source = csp_hash("alert(1)")

    assert source == "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"
    assert make_app(debug=True, CSP={"script-src": {"add": source}})
    with pytest.raises(ValueError, match="sha256, sha384"):
        csp_hash("alert(1)", "md5")
