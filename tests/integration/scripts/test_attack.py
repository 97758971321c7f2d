"""The checks of ``make attack`` find the defects that they are for: each is tried on one."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from scripts.attacking.attacks import Attack, filled, given
from scripts.attacking.bodies import hostile_bodies
from scripts.attacking.bounds import NO_BOUNDS, Bounds
from scripts.attacking.client import exchange, request_bytes
from scripts.attacking.corpus import corpus, try_corpus
from scripts.attacking.crowds import Crowd, attack_in_crowds
from scripts.attacking.damage import known_damages, random_damages
from scripts.attacking.measuring import Outcome, attack_all
from scripts.attacking.mutation import try_damages
from scripts.attacking.process import peak_megabytes, read_usage, reset_peak
from scripts.attacking.soak import soak
from scripts.attacking.target import Server, Subject, serve_command, serving, subject
from scripts.attacking.wires import hostile_wires
from tests.processes import MODELS

HERE = Path(__file__).parent
ATTACK = Attack("an attack", "/", given(b"[1]"))


@contextmanager
def bad_server(folder: Path, defect: str) -> Iterator[Server]:
    def command(port: int) -> list[str]:
        return [sys.executable, str(HERE / "bad_server.py"), defect, str(port)]

    with serving(command, folder / "log", {}) as server:
        yield server


@pytest.fixture
def iris(tmp_path: Path) -> Iterator[Subject]:
    with subject(tmp_path) as (model, _):
        yield replace(model, path="/")


def attacked(folder: Path, defect: str, attack: Attack, bounds: Bounds) -> Outcome:
    told: list[Outcome] = []
    with bad_server(folder, defect) as server:
        (outcome,) = attack_all(server, [attack], bounds, 30, told.append)
    assert told == [outcome]
    return outcome


def test_a_server_without_a_defect_passes(tmp_path: Path) -> None:
    assert attacked(tmp_path, "none", ATTACK, NO_BOUNDS).broken == []


@pytest.mark.parametrize(
    ("defect", "bounds", "expected"),
    [
        ("slow", replace(NO_BOUNDS, refused_seconds=0.5), "over 0.5 s"),
        ("frozen", replace(NO_BOUNDS, health_seconds=0.1), "/health over 100 ms"),
        ("large", replace(NO_BOUNDS, refused_megabytes=150), "over 150 MB"),
        ("failing", NO_BOUNDS, "status 500"),
        ("credulous", NO_BOUNDS, "answered, and should be refused"),
        ("dying", NO_BOUNDS, "the server has ended"),
    ],
)
def test_a_defect_is_found(tmp_path: Path, defect: str, bounds: Bounds, expected: str) -> None:
    assert expected in attacked(tmp_path, defect, ATTACK, bounds).broken


def test_what_must_be_answered_is_not_refused(tmp_path: Path) -> None:
    attack = replace(ATTACK, must_be_answered=True)
    assert attacked(tmp_path, "none", attack, NO_BOUNDS).broken == [
        "refused, and should be answered"
    ]
    assert attacked(tmp_path, "credulous", attack, NO_BOUNDS).broken == []


CROWD = Crowd(unfinished=3, abandoned=3)


@pytest.mark.parametrize(
    ("defect", "expected"),
    [
        ("patient", "3 still open after 1.5 s"),
        ("talking", "MB of log"),
        ("failing", "a small request: 500"),
        ("dying", "the server has ended"),
    ],
)
def test_a_defect_is_found_by_a_crowd(
    tmp_path: Path, iris: Subject, defect: str, expected: str
) -> None:
    bounds = replace(NO_BOUNDS, unfinished_seconds=1.5)
    with bad_server(tmp_path, defect) as server:
        outcomes = attack_in_crowds(server, iris, bounds, CROWD, lambda _: None)
    assert any(expected in problem for outcome in outcomes for problem in outcome.broken)


def test_a_server_without_a_defect_withstands_a_crowd(tmp_path: Path, iris: Subject) -> None:
    bounds = replace(NO_BOUNDS, unfinished_seconds=60)
    with bad_server(tmp_path, "none") as server:
        outcomes = attack_in_crowds(server, iris, bounds, CROWD, lambda _: None)
    assert [outcome.broken for outcome in outcomes] == [[]] * 6


@pytest.mark.parametrize(
    ("defect", "expected"),
    [
        ("leaking", "file handles more, 16 are allowed"),
        ("failing", "wrong answers"),
        ("dying", "the server has ended"),
    ],
)
def test_a_soak_finds_what_grows(
    tmp_path: Path, iris: Subject, defect: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bounds = replace(NO_BOUNDS, grown_files=16)
    with bad_server(tmp_path, defect) as server:
        problems = soak(server, iris, [ATTACK], bounds, 2, seed=1)
    assert any(expected in problem for problem in problems)


def nothing_wrong(directory: Path, good: str, answer: Connection) -> None:
    assert {folder.name for folder in directory.iterdir()} == {good, "suspect"}
    answer.send(None)


def killed(directory: Path, good: str, answer: Connection) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def wrong(directory: Path, good: str, answer: Connection) -> None:
    answer.send("it is wrong")
    answer.send(None)


def test_each_damage_is_tried_and_each_problem_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELS_DIR", "")  # both are set by what is tested, and are put back here
    monkeypatch.setenv("PRELOAD_MODELS", "")
    damages = list(random_damages(seed=1, count=2))
    for trial, problems in (
        (nothing_wrong, []),
        (wrong, ["it is wrong"] * 2),
        (killed, ["the process ended by signal 11"] * 2),
    ):
        found = try_damages(MODELS / "iris", tmp_path / trial.__name__, damages, trial)
        assert [problem for _, problem in found] == problems


def test_a_failing_corpus_is_told(tmp_path: Path) -> None:
    (tmp_path / "test_good.py").write_text("def test_good(): pass")
    (tmp_path / "test_bad.py").write_text("def test_bad(): assert False")
    assert try_corpus([tmp_path / "test_good.py"]) == []
    assert try_corpus([*tmp_path.iterdir()]) == ["hostile files: pytest ends with 1"]
    assert try_corpus([]) == ["the corpus of hostile files is missing"]
    assert corpus()


def test_random_damage_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    def contents(seed: int) -> list[list[bytes]]:
        changed = []
        for number, (_, damage) in enumerate(random_damages(seed, 10)):
            folder = tmp_path / f"{seed}-{len(list(tmp_path.iterdir()))}-{number}"
            folder.mkdir()
            for name in ("metadata.json", "golden.npz", "model.tflite"):
                (folder / name).write_bytes((MODELS / "iris" / name).read_bytes())
            damage(folder)
            changed.append([file.read_bytes() for file in sorted(folder.iterdir())])
        return changed

    assert contents(1) == contents(1) != contents(2)
    whole = [file.read_bytes() for file in sorted((MODELS / "iris").glob("*.*"))]
    assert all(each != whole for each in contents(1))


def test_every_known_damage_changes_the_folder(tmp_path: Path) -> None:
    def state(folder: Path) -> dict[str, tuple[int, bytes | None]]:
        return {
            file.name: (file.lstat().st_mode, file.read_bytes() if file.is_file() else None)
            for file in folder.iterdir()
            if not file.is_dir() or file.name == "golden.npz"
        }

    for number, (name, damage) in enumerate(known_damages().items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        for each in ("metadata.json", "golden.npz", "model.tflite"):
            (folder / each).write_bytes((MODELS / "iris" / each).read_bytes())
        before = state(folder)
        damage(folder)
        assert state(folder) != before, name


def test_usage_counts_children_and_handles(tmp_path: Path) -> None:
    with bad_server(tmp_path, "large") as server:
        before = read_usage(server.pid)
        assert before.megabytes > 5
        assert before.files >= 4
        assert before.threads >= 1
        reset_peak(server.pid)
        assert exchange(server.port, ATTACK.sent(), 30).status == 400
        assert peak_megabytes(server.pid) > 290
        reset_peak(server.pid)
        assert peak_megabytes(server.pid) < 290


def test_attacks_have_names_of_their_own_and_are_requests(iris: Subject) -> None:
    attacks = [*hostile_bodies(iris), *hostile_wires(iris, bomb_megabytes=1)]
    assert len({attack.name for attack in attacks}) == len(attacks) > 200
    for attack in attacks:
        assert attack.sent()


def test_large_bodies_are_large_and_their_packed_form_is_small() -> None:
    large = Attack("large", "/", filled('{"instances": [1', ", 1", "]}"))
    assert 5_000_000 < len(large.sent()) < 6_000_000
    packed = large.packed().sent()
    assert len(packed) < 20_000
    assert b"content-encoding: gzip" in packed


def test_the_server_is_the_one_of_make_serve() -> None:
    command = serve_command(8123)
    assert command[:2] == [sys.executable, "-m"]
    assert command[-2:] == ["--port", "8123"]
    assert command[2:-2]


def test_headers_are_replaced_or_left_out() -> None:
    sent = request_bytes("GET", "/", b"", {"content-type": "", "Host": "a"})
    assert sent == b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
