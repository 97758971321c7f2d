"""``make add-model`` as a user runs it: what it prints, and the request that it prints."""

import json
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest

from inference import golden
from tests import originals
from tests.adding import add
from tests.processes import REPOSITORY, free_port, running, wait_until_answering

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning:keras")


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "-s", "add-model", *arguments], cwd=REPOSITORY, capture_output=True, text=True
    )


def test_its_last_line_is_the_request_that_works(tmp_path: Path) -> None:
    path, network = originals.r_network(tmp_path)
    models = tmp_path / "my models"
    done = make(f"MODEL={path}", "NAME=network", f"MODELS_DIR={models}")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line[:5] for line in lines[:6]] == [f"[{step}/6]" for step in range(1, 7)]
    assert not done.stderr
    port = free_port()
    command = shlex.split(lines[-1].replace(":8000/", f":{port}/"))
    assert command[0] == "curl"
    log = tmp_path / "log"
    with running(["make", "serve", f"PORT={port}", f"MODELS_DIR={models}"], log) as process:
        wait_until_answering(f"http://127.0.0.1:{port}/health", process, log)
        answer = subprocess.run([*command, "-s"], capture_output=True, text=True, check=True)
    (example,) = json.loads((models / "network/example.json").read_text())["instances"]
    row = np.array([example["characters"]], np.float32)
    np.testing.assert_allclose(
        json.loads(answer.stdout)["predictions"], network({"characters": row})["next"], atol=1e-5
    )


def test_its_errors_are_one_line_and_its_exit_code_tells(tmp_path: Path) -> None:
    done = make(f"MODEL={tmp_path / 'nothing.h5'}", "NAME=x", f"MODELS_DIR={tmp_path}")
    assert done.returncode != 0
    first, *rest = done.stderr.splitlines()
    assert first == "x was not added: nothing.h5 cannot be read: No such file or directory"
    assert all(line.startswith("make") for line in rest)
    assert "usage: make add-model MODEL=path NAME=name" in make().stderr


@pytest.mark.parametrize(
    "rows",
    [
        [[5.1, 3.5, 1.4, 0.2], [6.7, 3.1, 4.7, 1.5]],
        [{"flower": [5.1, 3.5, 1.4, 0.2]}, {"flower": [6.7, 3.1, 4.7, 1.5]}],
        {"instances": [[5.1, 3.5, 1.4, 0.2], [6.7, 3.1, 4.7, 1.5]]},
    ],
)
def test_real_rows_are_what_the_golden_file_keeps(tmp_path: Path, rows: object) -> None:
    path, original = originals.keras_archive(tmp_path)
    examples = tmp_path / "rows.json"
    examples.write_text(json.dumps(rows))
    add(tmp_path / "models", str(path), "flowers", f"--examples={examples}")
    calls = golden.unpack(tmp_path / "models/flowers/golden.npz")
    inputs, outputs = calls["serving_default"]
    np.testing.assert_array_equal(
        inputs["flower"], np.array([[5.1, 3.5, 1.4, 0.2], [6.7, 3.1, 4.7, 1.5]], np.float32)
    )
    np.testing.assert_allclose(outputs["species"], original(dict(inputs))["species"], atol=1e-6)


@pytest.mark.parametrize(
    ("option", "content", "message"),
    [
        ("--labels", "cat\ndog\n", "2 labels for a model of 3 classes"),
        ("--labels", '["a", 1, 2]', "every label must be text"),
        ("--examples", "[[1, 2]]", "does not fit the model's inputs flower float32[-1, 4]"),
        ("--examples", "[]", "holds no rows"),
        ("--examples", "{", "does not fit"),
        ("--examples", '[["a", "b", "c", "d"]]', "takes numbers, not str"),
    ],
)
def test_labels_and_examples_that_do_not_fit(
    tmp_path: Path, option: str, content: str, message: str
) -> None:
    path, _ = originals.keras_archive(tmp_path)
    (tmp_path / "file").write_text(content)
    with pytest.raises(SystemExit) as refused:
        add(tmp_path / "models", str(path), "flowers", f"{option}={tmp_path / 'file'}")
    assert message in str(refused.value)
    assert not list((tmp_path / "models").glob("*"))
