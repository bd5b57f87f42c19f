from __future__ import annotations

import itertools
import json
import os
import signal
import stat
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from pathlib import Path

import pytest

from flask_tlsdev import keys
from flask_tlsdev import names
from flask_tlsdev.certificates import self_sign
from flask_tlsdev.errors import PairNotFound
from flask_tlsdev.errors import StoreError
from flask_tlsdev.errors import StoreLocked
from flask_tlsdev.pairs import Pair
from flask_tlsdev.profile import PROFILE
from flask_tlsdev.store import PairStore
from flask_tlsdev.store import StoredPair

from ..files.children import end_of
from ..files.children import kill_at
from ..files.children import needs_fork
from ..files.children import needs_root
from ..files.children import OTHER_USER
from ..files.children import start
from ..tools import run

ISSUER = "self-signed"
NAMES = names.parse("localhost, 127.0.0.1, ::1")
NOW = datetime.now(timezone.utc).replace(microsecond=0)


def make_pair(
    key_type: str = "ec-p256",
    *,
    lifetime: timedelta = timedelta(days=90),
    now: datetime = NOW,
) -> Pair:
    key = keys.generate(key_type)
    leaf = self_sign(NAMES, key, lifetime=lifetime, now=now)
    return Pair(key, (leaf,), (leaf,))


@pytest.fixture(scope="module")
def pair() -> Pair:
    return make_pair()


@pytest.fixture(scope="module")
def other_pair() -> Pair:
    return make_pair()


@pytest.fixture
def store(tmp_path: Path) -> PairStore:
    return PairStore(tmp_path / "pairs")


def save(store: PairStore, pair: Pair) -> StoredPair:
    with store.lock():
        return store.save(ISSUER, NAMES, "ec-p256", "server", pair, PROFILE)


def find(store: PairStore) -> StoredPair | None:
    return store.find(ISSUER, NAMES, "ec-p256")


def fingerprint(stored: StoredPair) -> str:
    """Of the files themselves, which must belong together."""
    read = Pair.from_pem(
        stored.files.certfile.read_bytes(), stored.files.keyfile.read_bytes()
    )
    read.check(NAMES)
    return read.fingerprint


class TestFolderName:
    def test_begins_with_the_first_name(self) -> None:
        name = PairStore.folder_name(NAMES, "ec-p256", "server")

        assert name.startswith("localhost-")
        assert len(name) == len("localhost-") + 8

    def test_is_the_same_in_every_version(self) -> None:
        # Another name would orphan every pair that is stored.
        assert PairStore.folder_name(NAMES, "ec-p256", "server") == EXPECTED_FOLDER

    def test_is_another_one_for_other_names_key_kinds_and_purposes(self) -> None:
        wanted = [
            (NAMES, "ec-p256", "server"),
            (NAMES[:2], "ec-p256", "server"),
            (NAMES, "ec-p384", "server"),
            (NAMES, "ec-p256", "client"),
        ]

        assert len({PairStore.folder_name(*each) for each in wanted}) == 4

    def test_does_not_depend_on_the_order_of_further_names(self) -> None:
        first, *rest = NAMES
        reordered = [first, *reversed(rest)]

        assert PairStore.folder_name(reordered, "ec-p256", "server") == (
            PairStore.folder_name(NAMES, "ec-p256", "server")
        )

    @pytest.mark.parametrize("text", ["*.app.test", "::1", "x" * 63 + ".test"])
    def test_is_safe_on_every_file_system(self, text: str) -> None:
        name = PairStore.folder_name(names.parse([text]), "ec-p256", "server")

        assert not set(name) & set('*:<>"/\\|?')
        assert len(name) < 80


#: What has been written to people's disks.
EXPECTED_FOLDER = "localhost-169dc12d"


class TestSaveAndFind:
    def test_what_is_saved_is_found(self, store: PairStore, pair: Pair) -> None:
        saved = save(store, pair)

        assert find(store) == saved
        assert fingerprint(saved) == pair.fingerprint

    def test_nothing_is_found_in_no_store_and_none_is_made(
        self, store: PairStore
    ) -> None:
        assert find(store) is None
        assert not store.root.exists()

    def test_the_files_lie_where_the_documentation_says(
        self, store: PairStore, pair: Pair
    ) -> None:
        saved = save(store, pair)

        assert saved.folder == store.root / ISSUER / EXPECTED_FOLDER
        assert sorted(os.listdir(saved.folder)) == [
            "ca.crt",
            "tls.crt",
            "tls.key",
            "tlsdev.json",
        ]
        assert saved.files.certfile == saved.folder / "tls.crt"
        assert saved.files.keyfile == saved.folder / "tls.key"
        assert saved.files.cafile == saved.folder / "ca.crt"

    def test_the_key_is_closed_to_others_whatever_the_umask(
        self, store: PairStore, pair: Pair
    ) -> None:
        before = os.umask(0)
        try:
            saved = save(store, pair)
        finally:
            os.umask(before)

        assert _mode(saved.files.keyfile) == 0o600
        assert _mode(saved.files.certfile) == 0o644
        assert {_mode(saved.folder), _mode(store.root)} == {0o700}

    def test_the_sidecar_says_what_is_in_the_certificate(
        self, store: PairStore, pair: Pair
    ) -> None:
        sidecar = save(store, pair).sidecar

        assert sidecar.names == ("localhost", "127.0.0.1", "::1")
        assert sidecar.not_before == pair.not_before
        assert sidecar.not_after == pair.not_after
        assert sidecar.key_type == pair.key_type
        assert sidecar.issuer_id == ISSUER
        assert sidecar.profile == PROFILE
        assert sidecar.usable(NOW, None)

    def test_another_question_finds_nothing(self, store: PairStore, pair: Pair) -> None:
        save(store, pair)

        assert store.find("local-ca-1f3a9c0b", NAMES, "ec-p256") is None
        assert store.find(ISSUER, NAMES[:1], "ec-p256") is None
        assert store.find(ISSUER, NAMES, "ec-p384") is None
        assert store.find(ISSUER, NAMES, "ec-p256", "client") is None

    def test_a_new_pair_takes_the_place_of_the_old_one(
        self, store: PairStore, pair: Pair, other_pair: Pair
    ) -> None:
        save(store, pair)

        saved = save(store, other_pair)

        assert find(store) == saved
        assert fingerprint(saved) == other_pair.fingerprint
        assert store.list() == [saved]

    def test_roots_that_a_new_pair_does_not_have_do_not_stay(
        self, store: PairStore, pair: Pair
    ) -> None:
        save(store, pair)

        saved = save(store, replace(pair, roots=()))

        assert saved.files.cafile is None
        assert not (saved.folder / "ca.crt").exists()
        assert find(store) == saved

    def test_an_expired_pair_is_found_and_not_usable(self, store: PairStore) -> None:
        year = timedelta(days=365)
        save(store, make_pair(now=NOW - year))

        found = find(store)

        assert found is not None
        assert not found.sidecar.usable(NOW, timedelta(0))

    @pytest.mark.parametrize(
        "issuer_id",
        [
            "",
            ".",
            "..",
            "../x",
            "a/b",
            "a\\b",
            "A",
            "x" * 65,
            "é",
            "a\n",
            "-a",
            ".lock",
        ],
    )
    def test_an_issuer_id_is_a_safe_name_for_a_folder(
        self, store: PairStore, pair: Pair, issuer_id: str
    ) -> None:
        with pytest.raises(StoreError, match="cannot be the name of a folder"):
            store.find(issuer_id, NAMES, "ec-p256")
        with pytest.raises(StoreError, match="cannot be the name of a folder"):
            store.save(issuer_id, NAMES, "ec-p256", "server", pair, PROFILE)

    def test_a_pair_is_found_without_cryptography(
        self, store: PairStore, pair: Pair
    ) -> None:
        save(store, pair)
        code = f"""if True:
            import sys
            from pathlib import Path
            from flask_tlsdev import names
            from flask_tlsdev.store import PairStore

            store = PairStore(Path({str(store.root)!r}))
            wanted = names.parse("localhost, 127.0.0.1, ::1")
            assert store.find({ISSUER!r}, wanted, "ec-p256")
            assert len(store.list()) == 1
            print("cryptography" in sys.modules)
        """

        done = run(sys.executable, "-c", code, cwd=Path(__file__).parents[2])

        assert done.stderr == ""
        assert done.stdout == "False\n"

    def test_a_relative_root_is_found_from_elsewhere(
        self, tmp_path: Path, pair: Pair, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        saved = save(PairStore(Path("pairs")), pair)

        monkeypatch.chdir("/")

        assert fingerprint(saved) == pair.fingerprint


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class TestDamagedPairs:
    @pytest.mark.parametrize(
        "damage",
        [
            pytest.param(lambda path: path.unlink(), id="absent"),
            pytest.param(lambda path: path.write_bytes(b""), id="empty"),
            pytest.param(lambda path: path.write_bytes(b"{" * 99), id="no JSON"),
            pytest.param(lambda path: path.write_bytes(b" " * 99_999), id="huge"),
            pytest.param(lambda path: _change(path, key_sha256="0" * 64), id="key"),
            pytest.param(lambda path: _change(path, names=["other.test"]), id="names"),
            pytest.param(lambda path: _change(path, version=2), id="version"),
            pytest.param(lambda path: _change(path, issuer_id="other"), id="issuer"),
        ],
    )
    def test_a_good_pair_gets_a_new_sidecar(
        self, store: PairStore, pair: Pair, damage: Callable[[Path], None]
    ) -> None:
        saved = save(store, pair)
        damage(saved.folder / "tlsdev.json")

        assert find(store) == saved
        assert store.list() == [saved]

    def test_a_good_pair_put_there_by_hand_is_taken_as_it_is_written(
        self, store: PairStore, pair: Pair, other_pair: Pair
    ) -> None:
        saved = save(store, pair)
        text = b"Bag Attributes\n" + other_pair.certificate_pem
        saved.files.certfile.write_bytes(text)
        saved.files.keyfile.write_bytes(other_pair.key_pem)
        (saved.folder / "ca.crt").write_bytes(other_pair.roots_pem)

        found = find(store)

        assert found is not None
        assert found.files.certfile.read_bytes() == text
        assert fingerprint(found) == other_pair.fingerprint
        assert find(store) == found

    @pytest.mark.parametrize("name", ["tls.crt", "tls.key", "ca.crt"])
    @pytest.mark.parametrize("content", [b"", b"-----BEGIN", None], ids=repr)
    def test_a_broken_file_is_no_pair(
        self, store: PairStore, pair: Pair, name: str, content: bytes | None
    ) -> None:
        saved = save(store, pair)
        (saved.folder / "tlsdev.json").unlink()

        if content is None:
            (saved.folder / name).unlink()
        else:
            (saved.folder / name).write_bytes(content)

        is_found = name == "ca.crt" and not content
        assert (find(store) is not None) is is_found

    def test_a_mixed_pair_is_not_found(
        self, store: PairStore, pair: Pair, other_pair: Pair
    ) -> None:
        saved = save(store, pair)
        saved.files.keyfile.write_bytes(other_pair.key_pem)

        assert find(store) is None
        assert store.list() == []

        with pytest.raises(PairNotFound, match="no whole pair"):
            store.load(saved)

    @pytest.mark.parametrize(
        "wrong",
        [
            pytest.param(lambda: make_pair("ec-p384"), id="key kind"),
            pytest.param(lambda: make_pair(now=NOW - timedelta(days=99)), id="expired"),
        ],
    )
    def test_a_pair_that_would_not_be_issued_gets_no_sidecar(
        self, store: PairStore, wrong: Callable[[], Pair]
    ) -> None:
        saved = save(store, wrong())
        (saved.folder / "tlsdev.json").unlink()

        assert find(store) is None

    def test_a_pair_for_other_names_gets_no_sidecar(
        self, store: PairStore, pair: Pair
    ) -> None:
        other = names.parse("other.test")
        with store.lock():
            saved = store.save(ISSUER, other, "ec-p256", "server", pair, PROFILE)
        (saved.folder / "tlsdev.json").unlink()

        assert store.find(ISSUER, other, "ec-p256") is None

    def test_a_servers_pair_is_no_clients(self, store: PairStore, pair: Pair) -> None:
        with store.lock():
            saved = store.save(ISSUER, NAMES, "ec-p256", "client", pair, PROFILE)
        (saved.folder / "tlsdev.json").unlink()

        assert store.find(ISSUER, NAMES, "ec-p256", "client") is None

    def test_a_named_pipe_in_place_of_a_file_makes_nobody_wait(
        self, store: PairStore, pair: Pair
    ) -> None:
        saved = save(store, pair)
        saved.files.keyfile.unlink()
        os.mkfifo(saved.files.keyfile)

        assert find(store) is None
        with pytest.raises(StoreError, match="is a named pipe"):
            save(store, pair)

    def test_a_link_in_place_of_a_file_is_not_written_through(
        self, store: PairStore, pair: Pair, tmp_path: Path
    ) -> None:
        saved = save(store, pair)
        (tmp_path / "precious").write_text("precious")
        saved.files.keyfile.unlink()
        saved.files.keyfile.symlink_to(tmp_path / "precious")

        with pytest.raises(StoreError, match="is a symbolic link"):
            save(store, pair)

        assert (tmp_path / "precious").read_text() == "precious"


def _change(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_bytes()) | changes))


class TestOtherUsers:
    @pytest.mark.parametrize("depth", [0, 1, 2])
    def test_a_folder_that_others_write_to_is_refused(
        self, store: PairStore, pair: Pair, depth: int
    ) -> None:
        saved = save(store, pair)
        [store.root, saved.folder.parent, saved.folder][depth].chmod(0o777)

        with pytest.raises(StoreError, match="can be written to by everybody"):
            find(store)
        with pytest.raises(StoreError, match="can be written to by everybody"):
            save(store, pair)

    @needs_root
    def test_a_foreign_folder_is_refused(self, store: PairStore, pair: Pair) -> None:
        saved = save(store, pair)
        os.chown(saved.folder, OTHER_USER, -1)

        with pytest.raises(StoreError, match="belongs to"):
            find(store)


class TestLoad:
    def test_the_pair_is_what_was_saved(self, store: PairStore, pair: Pair) -> None:
        loaded = store.load(save(store, pair))

        assert loaded.fingerprint == pair.fingerprint
        assert loaded.roots == pair.roots
        assert keys.matches(loaded.key, pair.leaf.public_key())

    def test_a_newer_pair_is_loaded_whole(
        self, store: PairStore, pair: Pair, other_pair: Pair
    ) -> None:
        saved = save(store, pair)
        save(store, other_pair)

        assert store.load(saved).fingerprint == other_pair.fingerprint

    def test_a_deleted_pair_is_an_error(self, store: PairStore, pair: Pair) -> None:
        saved = save(store, pair)
        store.delete(saved)

        with pytest.raises(PairNotFound):
            store.load(saved)


class TestList:
    def test_an_absent_store_is_empty_and_stays_absent(self, store: PairStore) -> None:
        assert store.list() == []
        assert not store.root.exists()

    def test_it_is_in_order(self, store: PairStore, pair: Pair) -> None:
        wanted = [("b-ca", "b.test"), ("a-ca", "b.test"), ("a-ca", "a.test")]
        with store.lock():
            saved = [
                store.save(issuer, names.parse(text), "ec-p256", "server", pair, 1)
                for issuer, text in wanted
            ]

        assert store.list() == list(reversed(saved))

    def test_odd_folders_and_files_are_passed_over(
        self, store: PairStore, pair: Pair, tmp_path: Path
    ) -> None:
        saved = save(store, pair)
        (store.root / "file").touch()
        (store.root / ISSUER / "file").touch()
        (store.root / ISSUER / "empty").mkdir()
        (store.root / "link").symlink_to(store.root / ISSUER)
        (store.root / ISSUER / "link").symlink_to(saved.folder)
        os.rename(
            _copy(saved.folder, tmp_path / "copy"), _made(store.root / "other") / "x"
        )

        assert store.list() == [saved]


def _copy(folder: Path, to: Path) -> Path:
    import shutil

    return Path(shutil.copytree(folder, to))


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


class TestDelete:
    def test_nothing_of_the_pair_remains(self, store: PairStore, pair: Pair) -> None:
        saved = save(store, pair)

        store.delete(saved)

        assert find(store) is None
        assert not (store.root / ISSUER).exists()

    def test_other_pairs_of_the_issuer_remain(
        self, store: PairStore, pair: Pair
    ) -> None:
        saved = save(store, pair)
        with store.lock():
            other = store.save(ISSUER, NAMES, "rsa:2048", "server", pair, PROFILE)

        store.delete(saved)

        assert store.list() == [other]

    def test_it_may_hold_the_lock_already(self, store: PairStore, pair: Pair) -> None:
        with store.lock():
            store.delete(save(store, pair))

        assert store.list() == []

    def test_a_file_of_the_user_remains_and_is_spoken_of(
        self, store: PairStore, pair: Pair
    ) -> None:
        saved = save(store, pair)
        (saved.folder / "diary").touch()

        with pytest.raises(StoreError, match="holds others"):
            store.delete(saved)

        assert os.listdir(saved.folder) == ["diary"]

    def test_nothing_outside_of_the_store_is_deleted(
        self, store: PairStore, pair: Pair, tmp_path: Path
    ) -> None:
        elsewhere = save(PairStore(tmp_path / "elsewhere"), pair)

        with pytest.raises(StoreError, match="is not in the store"):
            store.delete(elsewhere)

        assert elsewhere.files.keyfile.exists()

    @needs_fork
    def test_of_one_that_is_cut_short_no_key_remains(
        self, store: PairStore, pair: Pair
    ) -> None:
        for step in itertools.count(1):
            saved = save(store, pair)

            if not kill_at(step, lambda saved=saved: store.delete(saved)):  # type: ignore[misc]
                break

            if not saved.files.keyfile.exists():
                assert find(store) is None

            names_left = set(os.listdir(saved.folder)) if saved.folder.exists() else {}
            assert "tls.key" not in names_left or len(names_left) == 4


@needs_fork
class TestLock:
    def test_the_store_is_made_and_closed_to_others(self, store: PairStore) -> None:
        with store.lock():
            pass

        assert _mode(store.root) == 0o700
        assert sorted(os.listdir(store.root)) == [".gitignore", ".lock", "CACHEDIR.TAG"]

    def test_a_thread_may_lock_again(self, store: PairStore) -> None:
        with store.lock(), PairStore(store.root).lock(timeout=0):
            pass

        with store.lock(timeout=0):
            pass

    def test_the_inner_one_does_not_let_go_of_the_outer_one(
        self, store: PairStore
    ) -> None:
        with store.lock():
            with store.lock():
                pass

            assert _in_thread(lambda: _is_locked(store))

    def test_another_thread_is_kept_out(self, store: PairStore) -> None:
        with store.lock():
            assert _in_thread(lambda: _is_locked(store))

        assert not _in_thread(lambda: _is_locked(store))

    def test_many_processes_make_one_pair(self, store: PairStore) -> None:
        def obtain() -> None:
            if find(store):
                return
            with store.lock():
                if not find(store):
                    with open(store.root / "made", "a") as log:
                        log.write("x")
                    save(store, make_pair())
            assert find(store)

        children = [start(obtain) for _ in range(6)]

        assert [end_of(child) for child in children] == [0] * 6
        assert (store.root / "made").read_text() == "x"


def _is_locked(store: PairStore) -> bool:
    try:
        with store.lock(timeout=0):
            return False
    except StoreLocked:
        return True


def _in_thread(function: Callable[[], bool]) -> bool:
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(function()))
    thread.start()
    thread.join()
    return answers[0]


@needs_fork
class TestWhileSaving:
    def test_a_process_killed_in_the_middle_leaves_one_pair_or_the_other(
        self, store: PairStore, pair: Pair, other_pair: Pair
    ) -> None:
        seen: set[str | None] = set()

        for step in itertools.count(1):
            saved = save(store, pair)
            assert len(os.listdir(saved.folder)) == 4, "what was left is cleared"

            killed = kill_at(step, lambda: save(store, other_pair))
            found = find(store)
            seen.add(fingerprint(found) if found else None)

            if not killed:
                break

        # Key and certificate of different pairs are never answered, so that
        # between the two writes there is none.
        assert seen == {pair.fingerprint, other_pair.fingerprint, None}

    def test_readers_see_one_pair_or_the_other(
        self, store: PairStore, pair: Pair, other_pair: Pair
    ) -> None:
        stored = save(store, pair)

        def keep_saving() -> None:
            for new in itertools.cycle([other_pair, pair]):
                save(store, new)
                # Leave the lock to the reader for a moment.
                time.sleep(0.01)

        child = start(keep_saving)
        try:
            seen: list[str] = []
            # On a busy machine the child comes late.
            while len(seen) < 40 or (len(set(seen)) < 2 and len(seen) < 4000):
                found = find(store)
                assert found is not None
                store.load(stored).check(NAMES)
                seen.append(found.sidecar.certificate_sha256)
        finally:
            os.kill(child, signal.SIGKILL)
            with suppress(ChildProcessError):
                end_of(child)

        assert len(set(seen)) == 2
