from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flask_tlsdev.challenges import Challenges
from flask_tlsdev.challenges import is_token

TOKEN = "abcdefghijklmnopqrstuvwxyz_-0123"
THUMBPRINT = "t" * 43
PROOF = f"{TOKEN}.{THUMBPRINT}"


def test_an_answer_is_there_as_long_as_the_challenge_lasts(tmp_path: Path) -> None:
    challenges = Challenges(tmp_path / "store")

    with challenges.publish_token(TOKEN, PROOF):
        during = challenges.key_authorization(TOKEN)

    assert during == PROOF.encode()
    assert challenges.key_authorization(TOKEN) is None


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_nobody_else_reads_the_answers(tmp_path: Path) -> None:
    challenges = Challenges(tmp_path / "store")

    with challenges.publish_certificate("shop.test", b"a key"):
        path = challenges.certificate("SHOP.test.")
        assert path is not None
        modes = [each.stat().st_mode & 0o777 for each in (path, path.parent)]

    assert modes == [0o600, 0o700]


def test_what_a_killed_process_left_is_not_answered_and_goes(tmp_path: Path) -> None:
    challenges = Challenges(tmp_path / "store")
    with challenges.publish_token(TOKEN, PROOF):
        (left,) = tmp_path.glob("store/.challenges/http-01/*")
        data = left.read_bytes()
    left.write_bytes(data)
    long_ago = time.time() - 3600
    os.utime(left, (long_ago, long_ago))

    assert challenges.key_authorization(TOKEN) is None
    with challenges.publish_token(TOKEN[::-1], f"{TOKEN[::-1]}.{THUMBPRINT}"):
        assert not left.exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "../../etc/passwd",
        "a" * 21,
        "a" * 129,
        "a" * 30 + "/",
        "a" * 30 + "\n",
        "é" * 30,
    ],
)
def test_what_is_no_token_is_never_looked_up(text: str, tmp_path: Path) -> None:
    challenges = Challenges(tmp_path)

    assert not is_token(text)
    assert challenges.key_authorization(text) is None
    with pytest.raises(ValueError, match="no token"):
        with challenges.publish_token(text, "x"):
            pass
    assert not list(tmp_path.iterdir())


def test_only_a_proof_for_this_token_goes_out(tmp_path: Path) -> None:
    challenges = Challenges(tmp_path / "store")

    with challenges.publish_token(TOKEN, PROOF):
        (path,) = tmp_path.glob("store/.challenges/http-01/*")
        path.write_bytes(b"something else")
        assert challenges.key_authorization(TOKEN) is None


@pytest.mark.parametrize("name", ["short", "../key", "with.dot" * 4])
def test_a_file_that_no_order_made_is_not_given_out(name: str, tmp_path: Path) -> None:
    challenges = Challenges(tmp_path)
    folder = tmp_path / ".challenges" / "http-01"
    folder.mkdir(parents=True)
    (folder / name).write_text(f"{name}.{THUMBPRINT}")

    assert challenges.key_authorization(name) is None


@given(st.text(max_size=300))
@settings(max_examples=200)
def test_no_host_leads_out_of_the_folder(host: str) -> None:
    assert Challenges(Path("/nowhere")).certificate(host) is None
