"""``make add-model`` as a user runs it: what it prints, and the request that it prints."""

import json
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inference import golden
from inference.models import ModelFolder
from inference.rows import from_columns
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
    steps = [line[:5] for line in lines if line.startswith("[")]
    assert steps == [f"[{step}/6]" for step in range(1, 7)]
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
    found = "nothing.h5 cannot be read: No such file or directory"
    assert first == f"make add-model: x was not added: {found}"
    assert all(line.startswith("make") for line in rest)
    assert "usage: make add-model MODEL=path NAME=name" in make().stderr


@pytest.mark.parametrize(
    "rows",
    [
        [[5.1, 3.5, 1.4, 0.2], [6.7, 3.1, 4.7, 1.5]],
        [{"flower": [5.1, 3.5, 1.4, 0.2]}, {"flower": [6.7, 3.1, 4.7, 1.5]}],
        {"instances": [[5.1, 3.5, 1.4, 0.2], [6.7, 3.1, 4.7, 1.5]]},
        [
            {"flower": [5.1, 3.5, 1.4, 0.2], "species": "setosa"},
            {"flower": [6.7, 3.1, 4.7, 1.5], "species": "virginica"},
        ],
    ],
)
def test_real_rows_are_what_the_golden_file_keeps(tmp_path: Path, rows: object) -> None:
    path, original = originals.keras_archive(tmp_path)
    examples = tmp_path / "rows.json"
    examples.write_text(json.dumps(rows))
    add(tmp_path / "models", str(path), "flowers", f"--examples={examples}")
    calls = golden.unpack(tmp_path / "models/flowers/golden.npz")
    call = calls["serving_default"]
    np.testing.assert_array_equal(
        call.inputs["flower"], np.array([[5.1, 3.5, 1.4, 0.2], [6.7, 3.1, 4.7, 1.5]], np.float32)
    )
    answers = original(dict(call.inputs))
    np.testing.assert_allclose(call.outputs["species"], answers["species"], atol=1e-6)


@pytest.mark.parametrize(
    ("option", "content", "message"),
    [
        ("--labels", "cat\ndog\n", "2 labels for a model of 3 classes"),
        ("--labels", '["a", 1, 2]', "every label must be text"),
        ("--examples", "[[1, 2]]", "does not fit the model's inputs flower float32[-1, 4]"),
        ("--examples", "[]", "holds no rows"),
        ("--examples", "{", "does not fit"),
        ("--examples", "{}", 'expected a list of rows, or {"instances": [row, …]}'),
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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no rows"),
        ("age,region\n", "holds no rows"),
        ("41,3\n", "the first line must name the inputs ['age', 'region']"),
        ("age,region\n41,3\n41\n", "line 3 has 1 cells, the first line has 2"),
        ("age,region\n41,north\n", "'region' takes a number, found a text"),
        ("age,region\n41,99\n", "cannot compute with the rows of rows.csv: indices[0,0] = 99"),
    ],
)
def test_a_table_that_does_not_fit(tmp_path: Path, content: str, message: str) -> None:
    path, _ = originals.dict_inputs(tmp_path)
    (tmp_path / "rows.csv").write_text(content)
    with pytest.raises(SystemExit) as refused:
        add(tmp_path / "models", str(path), "insurance", f"--examples={tmp_path / 'rows.csv'}")
    assert message in str(refused.value)
    assert not list((tmp_path / "models").glob("*"))


def test_a_table_with_other_columns(tmp_path: Path) -> None:
    path, _ = originals.dict_inputs(tmp_path)
    (tmp_path / "rows.csv").write_text("region,sex,age\n3,f,41\n5,m,33.5\n")
    add(tmp_path / "models", str(path), "insurance", f"--examples={tmp_path / 'rows.csv'}")
    example = json.loads((tmp_path / "models/insurance/example.json").read_text())
    assert example == {"instances": [{"age": [41.0], "region": [3]}]}


@pytest.mark.parametrize("write", [originals.without_rows, originals.without_inputs])
def test_a_model_that_takes_no_rows(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    path = write(tmp_path)
    add(tmp_path / "models", str(path), "single")
    example = json.loads((tmp_path / "models/single/example.json").read_text())
    models = ModelFolder(tmp_path / "models")
    model = models.get("single")
    model.predict(from_columns(example["inputs"], model.metadata.signature))
    golden.replay(model, tmp_path / "models/single/golden.npz")
    examples, labels = tmp_path / "rows.json", tmp_path / "labels.txt"
    examples.write_text("[[1], [2]]")
    with pytest.raises(SystemExit, match="holds rows, but the model takes none: its inputs are"):
        add(tmp_path / "models", str(path), "other", f"--examples={examples}")
    labels.write_text("cat\ndog\n")
    with pytest.raises(SystemExit, match="2 labels for a model"):
        add(tmp_path / "models", str(path), "other", f"--labels={labels}")


def test_a_model_that_draws_random_numbers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"y differs by .* a layer draws random numbers"):
        add(tmp_path / "models", str(originals.random_saved_model(tmp_path)), "noisy")
