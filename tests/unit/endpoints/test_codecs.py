"""An endpoint may decode the requests of a model's typed route, and encode its answers."""

import re
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from functions.api.app import create_app
from inference.models import ModelFolder
from tests.processes import MODELS, REPOSITORY

# The documentation's example.
BOTH = re.findall(r"```python\n(.*?)```", (REPOSITORY / "docs/inputs.md").read_text(), re.DOTALL)[0]
ENCODE = BOTH[: BOTH.index("async def decode")] + BOTH[BOTH.index("def encode") :]
DECODE = BOTH[: BOTH.index("def encode")]
BODY = {"instances": [{"flower": [5.1, 3.5, 1.4, 0.2]}]}


def client() -> TestClient:
    return TestClient(create_app(ModelFolder(MODELS)))


def test_a_request_and_its_answer_are_the_module_s(folder: Path) -> None:
    (folder / "flowers.py").write_text(BOTH)
    response = client().post("/models/iris/predict", content="6.7;3.1;5.6;2.4")
    assert response.json() == {"species": 2}
    wrong = client().post("/models/iris/predict", content="tall")
    assert wrong.status_code == 422
    assert wrong.json()["error"].startswith("send four sizes")
    # What decode returns is checked as any input is.
    short = client().post("/models/iris/predict", content="6.7;3.1")
    assert short.status_code == 422
    assert "the signature wants" in short.json()["error"]


def test_the_other_dialects_stay(folder: Path) -> None:
    (folder / "flowers.py").write_text(BOTH)
    body = {"instances": [[5.1, 3.5, 1.4, 0.2]]}
    assert "predictions" in client().post("/v1/models/iris:predict", json=body).json()


def test_each_of_the_two_may_be_left_out(folder: Path) -> None:
    (folder / "flowers.py").write_text(ENCODE)
    assert client().post("/models/iris/predict", json=BODY).json() == {"species": 0}
    (folder / "flowers.py").write_text(DECODE)
    del sys.modules["functions.endpoints.flowers"]
    answer = client().post("/models/iris/predict", content="5.1;3.5;1.4;0.2").json()
    assert answer["predictions"][0]["label"] == "setosa"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (BOTH.replace('model = "iris"', ""), 'add a line such as model = "iris"'),
        (BOTH.replace("async def", "def").replace("await ", ""), "async def decode"),
    ],
)
def test_a_module_that_cannot_work_is_refused_at_the_start(
    folder: Path, code: str, message: str
) -> None:
    (folder / "flowers.py").write_text(code)
    with pytest.raises(ValueError, match=message):
        client()


def test_two_modules_for_one_model_are_refused(folder: Path) -> None:
    (folder / "flowers.py").write_text(DECODE)
    (folder / "garden.py").write_text(ENCODE)
    with pytest.raises(ValueError, match="another endpoint has some too"):
        client()
