from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from flask_tlsdev.errors import TLSDevError
from flask_tlsdev.manifest import dump
from flask_tlsdev.manifest import Noted
from flask_tlsdev.manifest.yaml import plain

from .api_server import as_kubectl_reads

#: What one parser or another takes for something else than this text.
HOSTILE = (
    "",
    " ",
    "no",
    "No",
    "y",
    "on",
    "null",
    "~",
    "1e3",
    "0x1f",
    "0o17",
    "0440",
    "1_000",
    "12:30:45",
    ".5",
    ".inf",
    "-",
    "--- ",
    "...",
    "2027-01-31",
    "*alias",
    "&anchor",
    "!!python/object/apply:os.system [id]",
    "%TAG",
    "@at",
    "`id`",
    "$(id)",
    "${HOME}",
    "{a: b}",
    "[a]",
    "a: b",
    "a:",
    ": a",
    "a #b",
    "# a",
    "a ",
    " a",
    "|",
    ">",
    "?",
    "? a",
    "<<",
    "=",
    "'",
    '"',
    "it's",
    '"quoted" \\n',
    "\\",
    "bücher",
    "\U0001f512",
    "x" * 500,
)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_is_read_as_it_was_written(text: str) -> None:
    document = {"key": text, "list": [text, {text or "empty": text}]}

    assert yaml.safe_load(dump([document])) == document


def test_go_reads_what_python_reads() -> None:
    data = {f"k{number}": text for number, text in enumerate(HOSTILE)}
    document = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "hostile", "namespace": "default"},
        "data": data,
    }

    (read,) = as_kubectl_reads(dump([document]))

    assert read["data"] == data


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_any_text_is_read_as_it_was_written_or_refused(text: str) -> None:
    try:
        written = dump([{"key": text}])
    except TLSDevError:
        assert not text.isprintable()
    else:
        assert yaml.safe_load(written) == {"key": text}
        assert written.isascii()


@pytest.mark.parametrize("text", ["a\nb: c", "a\rb", "a\0", "\x1b[2J", "a\u2028b"])
def test_a_text_that_could_begin_a_line_is_refused(text: str) -> None:
    with pytest.raises(TLSDevError, match="line break or another character"):
        dump([{"key": text}])


def test_what_is_no_text_is_written_as_what_it_is() -> None:
    document: dict[str, Any] = {
        "yes": True,
        "no": False,
        "number": 8443,
        "nothing": {},
        "none": [],
        "deep": {"list": [{"a": 1, "b": [{"c": 2}]}, "d", {"e": {"f": 3}, "g": 4}]},
    }

    assert yaml.safe_load(dump([document])) == document


def test_what_a_manifest_does_not_hold_is_refused() -> None:
    with pytest.raises(TypeError):
        dump([{"key": None}])


def test_documents_are_parted() -> None:
    assert list(yaml.safe_load_all(dump([{"a": 1}, {"a": 2}]))) == [{"a": 1}, {"a": 2}]


def test_notes_stand_above_what_they_are_of() -> None:
    document = Noted(
        {"a": Noted([Noted({"b": Noted("c", "of b")}, "of the item")], "of a")},
        "of all",
    )

    assert dump([document]) == (
        "---\n# of all\n# of a\na:\n  # of the item\n  # of b\n  - b: c\n"
    )
    assert plain(document) == {"a": [{"b": "c"}]}


def test_a_note_is_broken_into_lines_but_a_command_in_it_is_not() -> None:
    command = f"kubectl create secret generic {'x' * 100}"

    lines = dump([{"a": Noted("b", f"{'word ' * 30}\n{command}")}]).splitlines()

    assert f"# {command}" in lines
    assert all(len(line) < 80 for line in lines if command not in line)
