"""docs/your-own-model.md, followed to the letter in a copy of the repository."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import keras
import pytest

from tests.processes import REPOSITORY, fetch, free_port, running, wait_until_answering

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning:keras")
TEXT = (REPOSITORY / "docs/your-own-model.md").read_text()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What a user has cloned, with the environments that are set up here."""
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, check=True, capture_output=True, text=True
    ).stdout
    for name in filter(None, tracked.split("\0")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(REPOSITORY / ".venv")
    return tmp_path


def test_from_a_keras_model_to_an_endpoint_of_ones_own(copy: Path) -> None:
    layers = [keras.Input((4,)), keras.layers.Dense(3, activation="softmax")]
    keras.Sequential(layers).save(copy / "iris.h5")

    (add,) = re.findall(r"^make add-model.*$", TEXT, re.MULTILINE)
    done = subprocess.run(["sh", "-c", add], cwd=copy, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]

    (module,) = re.findall(r'```python\n("""Which iris.*?)```', TEXT, re.DOTALL)
    (copy / "functions/api/iris.py").write_text(module)
    app = copy / "functions/api/app.py"
    changed = app.read_text().replace("    health,\n", "    health,\n    iris,\n")
    (line,) = re.findall(r"`(app\.include_router\(iris\.router\))`", TEXT)
    changed = changed.replace(
        "    app.include_router(health", f"    {line}\n    app.include_router(health"
    )
    app.write_text(changed)

    (request,) = re.findall(r"^curl -d @(\S+) http://127.0.0.1:8000(\S+)$", TEXT, re.MULTILINE)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log = copy / "log"
    command = ["make", "-C", str(copy), "serve", f"PORT={port}"]
    with running(command, log) as process:
        wait_until_answering(f"{url}/health", process, log)
        predicted = json.loads(fetch(url + request[1], (copy / request[0]).read_bytes()))
        assert len(predicted["predictions"][0]) == 3
        query = "sepal_length=5.1&sepal_width=3.5&petal_length=1.4&petal_width=0.2"
        scores = json.loads(fetch(f"{url}/iris?{query}"))
        assert list(scores) == ["setosa", "versicolor", "virginica"]
        assert sum(scores.values()) == pytest.approx(1, abs=1e-5)
