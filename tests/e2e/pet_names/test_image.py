"""The example in the image."""

import json
from pathlib import Path

from tests.e2e.conftest import Containers
from tests.e2e.test_image import inside
from tests.processes import fetch


def test_names_over_http(containers: Containers, tmp_path: Path) -> None:
    with containers(tmp_path / "log") as url:
        assert len(json.loads(fetch(f"{url}/names"))) == 20
        assert b"<li>" in fetch(f"{url}/")


def test_the_image_holds_what_serving_needs_of_it() -> None:
    files = inside("find", "/var/task/model/pet_names", "-type", "f").split()
    assert {file.rsplit("/", 1)[1] for file in files} == {
        "card.html",
        "drawing.json",
        "golden.npz",
        "known_names.txt.gz",
        "learning_curve.png",
        "metadata.json",
        "model.tflite",
    }
