"""Real files of every kind through ``add_model``, then over HTTP in every dialect."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from functions.api.app import create_app
from functions.api.dialects.binary_tensors import HEADER_LENGTH, decode, encode
from inference import golden
from inference.agreement import require_agreement
from inference.models import Metadata, ModelFolder
from inference.rows import to_rows
from inference.signatures import TensorSpec
from inference.tensors import from_json, to_json
from tests import originals
from tests.adding import add
from tests.originals import Arrays, Original

# What Keras and TensorFlow say of themselves and each other.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning:keras")
_DATATYPES = {"FP16": "float16", "FP32": "float32", "FP64": "float64", "BYTES": "string"}


@dataclass
class Added:
    """A folder of models made by ``add_model``, served; and their originals."""

    client: TestClient
    folder: Path
    originals: dict[str, Original]

    def metadata(self, name: str) -> Metadata:
        return Metadata.model_validate_json((self.folder / name / "metadata.json").read_bytes())

    def inputs(self, name: str) -> Arrays:
        """Other values than those that add_model compared on."""
        metadata = self.metadata(name)
        call = golden.unpack(self.folder / name / "golden.npz")[metadata.default_signature]
        return {key: array[::-1].repeat(2, axis=0) for key, array in call.inputs.items()}


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Added]:
    root = tmp_path_factory.mktemp("added")
    originals_by_name = {}
    for name, (write, _) in originals.EVERY.items():
        source = root / "sources" / name
        source.mkdir(parents=True)
        path, originals_by_name[name] = write(source)
        add(root / "models", str(path), name)
    app = create_app(ModelFolder(root / "models"))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Added(client, root / "models", originals_by_name)


@pytest.mark.parametrize(("name", "engine"), [(n, e) for n, (_, e) in originals.EVERY.items()])
def test_the_engine_is_the_fastest_that_agrees(added: Added, name: str, engine: str) -> None:
    metadata = added.metadata(name)
    assert metadata.engine == engine
    assert bool(metadata.engine_reason) == (engine == "tensorflow")


@pytest.mark.parametrize("name", originals.EVERY)
def test_it_answers_as_the_original_in_tensorflow_servings_dialect(added: Added, name: str) -> None:
    inputs = added.inputs(name)
    body = {"inputs": {key: to_json(array, as_b64=True) for key, array in inputs.items()}}
    answer = added.client.post(f"/v1/models/{name}:predict", json=body)
    assert answer.status_code == 200, answer.text
    outputs = answer.json()["outputs"]
    signature = added.metadata(name).signature
    if len(signature.outputs) == 1:
        outputs = {next(iter(signature.outputs)): outputs}
    actual = {key: from_json(outputs[key], spec, key) for key, spec in signature.outputs.items()}
    require_agreement(actual, added.originals[name](inputs))


@pytest.mark.parametrize("binary", [False, True], ids=["json", "binary"])
@pytest.mark.parametrize("name", originals.EVERY)
def test_it_answers_as_the_original_in_the_open_inference_protocol(
    added: Added, name: str, *, binary: bool
) -> None:
    inputs = added.inputs(name)
    described = {
        tensor["name"]: tensor["datatype"]
        for tensor in added.client.get(f"/v2/models/{name}").json()["inputs"]
    }
    tensors: list[dict[str, Any]] = []
    raw = b""
    for key, array in inputs.items():
        tensor = {"name": key, "shape": list(array.shape), "datatype": described[key]}
        if binary:
            encoded = encode(array)
            raw += encoded
            tensor["parameters"] = {"binary_data_size": len(encoded)}
        else:
            tensor["data"] = to_json(array)
        tensors.append(tensor)
    header = {"id": "7", "inputs": tensors, "parameters": {"binary_data_output": binary}}
    packed = json.dumps(header).encode()
    headers = {HEADER_LENGTH: str(len(packed))} if binary else {}
    answer = added.client.post(f"/v2/models/{name}/infer", content=packed + raw, headers=headers)
    assert answer.status_code == 200, answer.text
    length = int(answer.headers.get(HEADER_LENGTH, len(answer.content)))
    parsed = json.loads(answer.content[:length])
    assert parsed["id"] == "7"
    raw = answer.content[length:]
    actual = {}
    for tensor in parsed["outputs"]:
        kind = tensor["datatype"]
        spec = TensorSpec.model_validate(
            {"dtype": _DATATYPES.get(kind, kind.lower()), "shape": tensor["shape"]}
        )
        if binary:
            size = tensor["parameters"]["binary_data_size"]
            array, raw = decode(memoryview(raw[:size]), spec, tensor["name"]), raw[size:]
        else:
            array = from_json(tensor["data"], spec, tensor["name"])
        actual[tensor["name"]] = array.reshape(tensor["shape"])
    require_agreement(actual, added.originals[name](inputs))


@pytest.mark.parametrize("name", originals.EVERY)
def test_it_answers_as_the_original_on_its_own_route(added: Added, name: str) -> None:
    inputs = added.inputs(name)
    answer = added.client.post(f"/models/{name}/predict", json={"instances": to_rows(inputs)})
    assert answer.status_code == 200, answer.text
    predictions = answer.json()["predictions"]
    signature = added.metadata(name).signature
    actual = {
        key: from_json([row[key] for row in predictions], spec, key)
        for key, spec in signature.outputs.items()
    }
    require_agreement(actual, added.originals[name](inputs))


@pytest.mark.parametrize("name", originals.EVERY)
def test_its_example_works(added: Added, name: str) -> None:
    example = (added.folder / name / "example.json").read_bytes()
    answer = added.client.post(f"/v1/models/{name}:predict", content=example)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["predictions"]) == 1


def test_a_second_signature_is_served(added: Added) -> None:
    body = {"signature_name": "total", "instances": [[1, 2, 3], [4, 5, 6]]}
    answer = added.client.post("/v1/models/every_dtype:predict", json=body)
    assert answer.status_code == 400  # `rows` is no row each
    body = {"signature_name": "total", "inputs": [[1, 2, 3], [4, 5, 6]]}
    answer = added.client.post("/v1/models/every_dtype:predict", json=body)
    assert answer.json() == {"outputs": {"sum": [6.0, 15.0], "rows": 2}}


@pytest.mark.parametrize("name", ["no_extension", "attention"])
def test_values_that_the_model_refuses_are_the_clients_error(added: Added, name: str) -> None:
    answer = added.client.post(f"/v1/models/{name}:predict", json={"instances": [[1, 2_000_000]]})
    assert answer.status_code == 400
    assert answer.json()["error"] == "the model cannot compute with these values"
    good = added.client.post(f"/v1/models/{name}:predict", json={"instances": [[1, 2]]})
    assert good.status_code == 200


def test_adding_again_makes_the_version_one_higher_and_keeps_the_card(tmp_path: Path) -> None:
    path, _ = originals.keras_archive(tmp_path)
    add(tmp_path / "models", str(path), "flowers")
    card = tmp_path / "models/flowers/card.md"
    card.write_text("filled in")
    labels = tmp_path / "labels.txt"
    labels.write_text("setosa\nversicolor\nvirginica\n")
    examples = tmp_path / "rows.csv"
    examples.write_text("a,b,c,d\n5.1,3.5,1.4,0.2\n6.7,3.1,4.7,1.5\n")
    add(tmp_path / "models", str(path), "flowers", f"--labels={labels}", f"--examples={examples}")
    assert card.read_text() == "filled in"
    client = TestClient(create_app(ModelFolder(tmp_path / "models")))
    documented = client.get("/openapi.json").json()["components"]["schemas"]["flowers_request"]
    assert documented["example"] == {"instances": [{"flower": [5.1, 3.5, 1.4, 0.2]}]}
    answer = client.post("/models/flowers/predict", json=documented["example"]).json()
    assert answer["version"] == 2
    (row,) = answer["predictions"]
    best = int(np.argmax(row["species"]))
    assert row["label"] == ["setosa", "versicolor", "virginica"][best]
    assert row["score"] == row["species"][best]
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == ["flowers"]
