from __future__ import annotations

import os
from pathlib import Path

import dotenv
import pytest

from flask_tlsdev.errors import TrustError
from flask_tlsdev.trust import shells

from ..tools import program
from ..tools import run

#: What a shell that reads them carelessly would act on.
VALUES = {
    "plain": "/home/you/bundle.pem",
    "a command": "/tmp/$(touch made)/`touch made`/x",
    "quotes": """/tmp/it's "here"/''/x""",
    "backslashes": "/tmp/\\n\\'\\\\/\\",
    "variables": "/tmp/$HOME/$env:HOME/%PATH%/~/x",
    "the rest": "/tmp/;&|<>*?[a]{b,c}!!#x \t=",
    "another script": "/tmp/Größe/‘’‚‛“”/日本",
}

each_value = pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())

#: Prints the value as it is.
PRINT = 'printf %s "$SSL_CERT_FILE"'


@each_value
@pytest.mark.parametrize("names", [("bash",), ("dash", "sh")], ids=str)
def test_a_shell_reads_what_was_meant(
    value: str, names: tuple[str, ...], tmp_path: Path
) -> None:
    text = shells.lines("bash", {"SSL_CERT_FILE": value})

    done = run(program(*names), "-c", text + PRINT, cwd=tmp_path)

    assert (done.stdout, done.stderr) == (value, "")
    assert list(tmp_path.iterdir()) == []


@each_value
def test_a_shell_that_evaluates_the_output_reads_it_too(
    value: str, tmp_path: Path
) -> None:
    lines = tmp_path / "lines"
    lines.write_text(shells.lines("bash", {"OTHER": "x", "SSL_CERT_FILE": value}))

    done = run(program("bash"), "-c", f'eval "$(cat {lines})"; {PRINT}', cwd=tmp_path)

    assert (done.stdout, done.stderr) == (value, "")
    assert list(tmp_path.iterdir()) == [lines]


@each_value
def test_fish_reads_what_was_meant(value: str, tmp_path: Path) -> None:
    text = shells.lines("fish", {"SSL_CERT_FILE": value})
    work = tmp_path / "work"
    work.mkdir()

    done = run(
        *(program("fish"), "--no-config", "-c", text + PRINT),
        env={**os.environ, "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"},
        cwd=work,
    )

    assert (done.stdout, done.stderr) == (value, "")
    assert list(work.iterdir()) == []


@each_value
def test_python_dotenv_reads_what_was_meant(value: str, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(shells.lines("dotenv", {"SSL_CERT_FILE": value}), "utf-8")

    found = dotenv.dotenv_values(file, interpolate=True)

    assert found == {"SSL_CERT_FILE": value}


def test_what_a_dotenv_file_cannot_hold_is_refused() -> None:
    with pytest.raises(TrustError, match="dotenv"):
        shells.lines("dotenv", {"SSL_CERT_FILE": "/tmp/${HOME}/x"})


#: By the rules of about_Quoting_Rules: nothing is put in between apostrophes,
#: and two of them are one. PowerShell takes typographic ones for the same.
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/home/you/x", "'/home/you/x'"),
        ("it's", "'it''s'"),
        ("a\u2019b\u2018", "'a\u2019\u2019b\u2018\u2018'"),
        ('$(rm x) `n "$env:A"', "'$(rm x) `n \"$env:A\"'"),
    ],
)
def test_powershell_is_written_by_its_rules(value: str, expected: str) -> None:
    line = shells.lines("powershell", {"SSL_CERT_FILE": value})

    assert line == f"$env:SSL_CERT_FILE = {expected}\n"


@pytest.mark.parametrize("shell", shells.SHELLS)
@pytest.mark.parametrize("end", ["\n", "\r", "\0"], ids=ascii)
def test_line_ends_and_nul_are_refused(shell: str, end: str) -> None:
    with pytest.raises(TrustError, match="line break"):
        shells.lines(shell, {"SSL_CERT_FILE": f"/tmp/a{end}b"})
