"""One image with a LiteRT model and a TensorFlow model, through ``sam local start-api``."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import originals
from tests.adding import add
from tests.processes import (
    REPOSITORY,
    copy_repository,
    fetch,
    free_port,
    running,
    wait_until_answering,
)

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning:keras")
TAG = "apifunction:two-engines"
MAX_BYTES = 1_300_000_000


@pytest.fixture(scope="module")
def expected(docker: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A copy of this repository with two models and no others, built and started."""
    root = tmp_path_factory.mktemp("two_engines")
    copy = root / "copy"
    copy_repository(copy)
    template = copy / "template.yaml"
    template.write_text(template.read_text().replace("DockerTag: latest", "DockerTag: two-engines"))
    for metadata in copy.glob("model/*/metadata.json"):
        shutil.rmtree(metadata.parent)
    path, network = originals.r_network(root)
    add(copy / "model", str(path), "r_network")
    path, text = originals.text_vectorization(root)
    add(copy / "model", str(path), "text", "--engine=tensorflow")
    subprocess.run([copy / "scripts/base-image"], check=True, capture_output=True)
    sam = [str(REPOSITORY / ".venv-sam/bin/sam")]
    build = subprocess.run([*sam, "build"], cwd=copy, capture_output=True, text=True)
    assert build.returncode == 0, build.stderr[-4000:]
    url = f"http://127.0.0.1:{(port := free_port())}"
    command = [*sam, "local", "start-api", "--port", str(port), "--warm-containers", "EAGER"]
    log: Path = root / "log"
    with running(["env", f"--chdir={copy}", *command], log) as process:
        wait_until_answering(f"{url}/health", process, log)
        yield {"url": url, "network": network, "text": text}


def predict(url: str, name: str, instances: object) -> Any:
    body = json.dumps({"instances": instances}).encode()
    return json.loads(fetch(f"{url}/v1/models/{name}:predict", body))["predictions"]


def test_both_engines_answer_as_their_originals(expected: dict[str, Any]) -> None:
    served = json.loads(fetch(f"{expected['url']}/health"))["models"]
    assert {model["name"]: model["engine"] for model in served} == {
        "r_network": "litert",
        "text": "tensorflow",
    }
    rows = np.eye(31, dtype=np.float32)[np.arange(20).reshape(2, 10)]
    answer = predict(expected["url"], "r_network", rows.tolist())
    original = expected["network"]({"characters": rows})["next"]
    np.testing.assert_allclose(answer, original, atol=1e-5)
    answer = predict(expected["url"], "text", [["good dog"], ["cat"]])
    original = expected["text"]({"text": np.array([["good dog"], ["cat"]], object)})["scores"]
    np.testing.assert_allclose(answer, original, atol=1e-5)


def test_the_image_is_smaller_than_rs(expected: dict[str, Any]) -> None:
    size = subprocess.run(
        ["docker", "image", "inspect", "--format", "{{.Size}}", TAG],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert 350_000_000 < int(size) <= MAX_BYTES
