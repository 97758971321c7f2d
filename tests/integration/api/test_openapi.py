"""The OpenAPI document tells the truth: schemathesis sends what it allows, and what it does not."""

import shutil
import subprocess
from pathlib import Path

import keras
import pytest

from tests import originals
from tests.adding import add
from tests.processes import MODELS, REPOSITORY, free_port, running, wait_until_answering

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning:keras")
CLIENTS = REPOSITORY / "tests/clients"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of LiteRT, one of TensorFlow, and one whose rows have a free length."""
    root = tmp_path_factory.mktemp("openapi")
    shutil.copytree(MODELS / "iris", root / "models/iris")
    path, _ = originals.text_vectorization(root)
    add(root / "models", str(path), "text", "--engine=tensorflow")
    sequence = keras.Sequential(
        [keras.Input((None, 3), name="signal"), keras.layers.LSTM(4, name="state")]
    )
    sequence.save(root / "sequence.keras")
    add(root / "models", str(root / "sequence.keras"), "sequence")
    return root / "models"


def test_schemathesis_finds_nothing(models: Path, tmp_path: Path) -> None:
    """The seed is fixed, so that a change passes or fails for its own reasons."""
    port = free_port()
    command = ["make", "serve", f"PORT={port}", f"MODELS_DIR={models}"]
    log = tmp_path / "log"
    with running(command, log) as process:
        address = f"http://127.0.0.1:{port}"
        wait_until_answering(f"{address}/health", process, log)
        found = subprocess.run(
            [
                REPOSITORY / ".venv-clients/bin/schemathesis",
                f"--config-file={CLIENTS / 'schemathesis.toml'}",
                *("run", f"{address}/openapi.json", "--checks=all", "--continue-on-failure"),
                *("--max-examples=15", "--seed=1"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
    assert found.returncode == 0, found.stdout[-10_000:]
    assert "Tested: 24" in found.stdout, "not every operation of the document was tried"
    assert "Traceback" not in log.read_text(errors="replace")
