from __future__ import annotations

import html
import io
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from flask_tlsdev.cli import tls
from flask_tlsdev.config import KEYS

from .tools import missing
from .tools import run

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the HTML pages; a warning while building fails."""
    needed("sphinx", "pallets_sphinx_themes")
    folder = tmp_path_factory.mktemp("docs")

    done = run(
        sys.executable,
        *("-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"),
        *("-d", folder / "doctrees", ROOT / "docs", folder / "html"),
        cwd=folder,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr

    return folder / "html"


def needed(*modules: str) -> None:
    """End this test as a missing program does if one of these is not installed."""
    for module in modules:
        if find_spec(module) is None:
            missing(module)


def text_of(page: Path) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8")))


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from commands(inner, f"{path} {name}")


def test_every_page_is_built_and_found_from_the_first(built: Path) -> None:
    index = (built / "index.html").read_text(encoding="utf-8")

    for page in (ROOT / "docs").glob("*.rst"):
        assert (built / f"{page.stem}.html").exists()
        assert page.stem == "index" or f'href="{page.stem}.html"' in index


def test_every_configuration_key_is_written_down(built: Path) -> None:
    page = (built / "config.html").read_text(encoding="utf-8")

    for name, key in KEYS.items():
        assert f'id="confval-{name}"' in page
        assert key.takes in text_of(built / "config.html")


@pytest.mark.parametrize(
    ("path", "command"),
    [pytest.param(*each, id=each[0]) for each in commands(tls, "flask tls")],
)
def test_every_command_and_option_is_written_down(
    built: Path, path: str, command: click.Command
) -> None:
    page = (built / "cli.html").read_text(encoding="utf-8")
    prefix = "cmdoption-" + path.replace(" ", "-")

    options = [each for each in command.params if isinstance(each, click.Option)]

    assert f"<h2>{path}<" in page
    for option in options:
        for spelling in (*option.opts, *option.secondary_opts):
            assert f'id="{prefix}-{spelling.lstrip("-")}"' in page


def test_what_no_environment_can_give_is_said(built: Path) -> None:
    page = text_of(built / "cli.html")

    for variable in ("FLASK_TLS_CA_CREATE_YES", "FLASK_TLS_ISSUE_KEYOUT"):
        assert variable not in page
    assert "FLASK_TLS_ISSUE_KEY_TYPE" in page
    assert "FLASK_RUN_PORT" in page


@pytest.mark.parametrize("name", ["CONTRIBUTING.rst", "SECURITY.rst", "README.rst"])
def test_page_outside_of_the_docs_is_sound(name: str) -> None:
    needed("docutils")

    document = import_module("docutils.core").publish_doctree(
        (ROOT / name).read_text(encoding="utf-8"),
        settings_overrides={"warning_stream": io.StringIO(), "raw_enabled": False},
    )
    problems = document.findall(lambda node: node.tagname == "system_message")

    assert [problem.astext() for problem in problems] == []
