"""Golden rows of models of every dtype, there and back through the real application."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from functions import replay
from functions.api.app import create_app
from inference.calls import Call, pack
from inference.errors import DisagreementError
from inference.metadata import Metadata
from inference.models import ModelFolder
from inference.signatures import Signature, Tensors, TensorSpec
from tests.fronts import Ask, Asked, Given, front
from tests.smoke_command import Smoke

ROWS = 6
TEXTS = [b"cat", "Käse".encode(), b"\xff\xfe", b"", b'"quoted"\n', b"[1]"]
# A dtype each, what JSON cannot write as it is, and no rows.
TENSORS: dict[str, Any] = {
    "plain": np.arange(ROWS * 2, dtype=np.float32).reshape(ROWS, 2) / 3,
    "half": np.array([1.5, 65504, -0.1, 0, 1e-4, 3], np.float16),
    "not_finite": np.array([1, np.nan, np.inf, -np.inf, 0, 2], np.float64),
    "reciprocal": np.array([1, 0, -0.0, 2, 4, 8], np.float32),  # answers infinity
    "pixels": np.arange(ROWS * 4, dtype=np.uint8).reshape(ROWS, 2, 2) * 10,
    "large": np.array([2**63 - 1, -(2**63), 0, 1, 2, 3], np.int64),
    "flags": np.array([True, False, True, True, False, False]),
    "texts": np.array(TEXTS, object),
    "texts_bytes": np.array(TEXTS, object),
}


def answered(name: str, array: Any) -> Any:
    with np.errstate(divide="ignore"):
        return 1 / array if name == "reciprocal" else array


class Echo:
    """An engine that answers what it is given, or one through it."""

    signatures: dict[str, Any]

    def __init__(self, signatures: dict[str, Signature]) -> None:
        self.signatures = signatures

    def run(self, signature: str, inputs: Tensors) -> Tensors:
        assert signature in self.signatures
        return {f"out_{name}": answered(name, array) for name, array in inputs.items()}


def specification(array: Any, *, batched: bool) -> TensorSpec:
    dtype = "string" if array.dtype == object else array.dtype.name
    shape = (-1, *array.shape[1:]) if batched else array.shape
    return TensorSpec.model_validate({"dtype": dtype, "shape": shape})


def write(models: Path, name: str, tensors: Tensors, *, batched: bool = True, **more: Any) -> None:
    specs = {tensor: specification(array, batched=batched) for tensor, array in tensors.items()}
    signature = Signature(
        inputs=specs, outputs={f"out_{tensor}": spec for tensor, spec in specs.items()}
    )
    signatures = {"first": signature, "second": signature}
    metadata = Metadata(
        name=name,
        version=3,
        engine="litert",
        file="model",
        signatures=signatures,
        default_signature="first",
        **more,
    )
    (models / name).mkdir(parents=True)
    (models / name / "model").touch()
    (models / name / "metadata.json").write_text(metadata.model_dump_json())
    outputs = {f"out_{tensor}": answered(tensor, array) for tensor, array in tensors.items()}
    calls = dict.fromkeys(signatures, Call(tensors, outputs))
    with (models / name / "golden.npz").open("wb") as file:
        np.savez(file, allow_pickle=False, **pack(calls))


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "models"
    for name, array in TENSORS.items():
        write(folder, name, {name: array})
    write(folder, "all_of_them", TENSORS)
    write(folder, "without_rows", {"scalar": np.array(2.5, np.float32)}, batched=False)
    described = {
        path.name: Metadata.model_validate_json((path / "metadata.json").read_text())
        for path in folder.iterdir()
    }

    def load_engine(_name: str, file: Path, *_: object, **__: object) -> Echo:
        return Echo(described[file.parent.name].signatures)

    monkeypatch.setattr("inference.loading.load_engine", load_engine)
    return folder


@pytest.fixture
def ask(models: Path) -> Iterator[Ask]:
    application = create_app(ModelFolder(models, verify="none"))
    with TestClient(application, raise_server_exceptions=False) as client:

        def answer(asked: Asked) -> Given:
            response = client.request(
                asked.method, asked.path, content=asked.body, headers=dict(asked.headers)
            )
            headers = {
                name: value for name, value in response.headers.items() if name != "content-length"
            }
            return Given(response.status_code, response.content, headers)

        yield answer


def test_every_dtype_comes_back_in_every_dialect(ask: Ask, models: Path, smoke: Smoke) -> None:
    with front(ask) as address:
        outcome = smoke(address, models=models)
    assert outcome.status == 0, outcome.out
    replayed = {model["name"]: model for model in outcome.report["models"]}
    assert len(replayed) == len(TENSORS) + 2
    # Two signatures in V1, V2 and binary, and the default one in its typed route.
    assert {model["requests"] for name, model in replayed.items() if name in TENSORS} == {7}
    assert replayed["all_of_them"]["rows"] == 6 * ROWS + 3  # three of them JSON can hold
    assert replayed["without_rows"]["requests"] == 6


def test_large_calls_are_sent_in_parts_and_too_large_rows_are_told(
    ask: Ask, models: Path, smoke: Smoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "MOST_BYTES", 160)
    sizes: list[int] = []

    def measure(asked: Asked) -> Given:
        if ":predict" in asked.path and b"signature_name" in asked.body:
            sizes.append(len(asked.body))
        return ask(asked)

    with front(measure) as address:
        outcome = smoke(address, "--requests=0", models=models)
    replayed = {model["name"]: model for model in outcome.report["models"]}
    assert replayed["pixels"]["requests"] > 7
    assert max(sizes) <= 160
    assert outcome.status == 1
    assert any("is the most that is sent" in note for note in replayed["all_of_them"]["notes"])
    assert "no golden row can be sent" in outcome.differences["all_of_them/second"]


def test_a_wrong_row_keeps_its_number_where_others_were_left_out(
    ask: Ask, models: Path, smoke: Smoke
) -> None:
    def alter(asked: Asked) -> Given:
        given = ask(asked)
        if asked.path != "/models/not_finite/predict":
            return given
        return Given(200, given.body.replace(b"2.0", b"9.0"))  # the last of three finite

    with front(alter) as address:
        differences = smoke(address, models=models).differences
    assert len(differences) == 1, differences
    (where,) = differences
    assert where == "not_finite/first, typed, row 5"
    assert "expected 2, found 9" in differences[where]


def test_an_empty_output_of_json_has_any_shape() -> None:
    none = {"boxes": np.zeros((0, 4), np.float32)}
    read = replay.read_outputs(
        b'{"outputs": []}',
        Signature(inputs={}, outputs={"boxes": TensorSpec(dtype="float32", shape=(-1, 4))}),
    )
    assert replay.compare(read, none, {}) == 0
    with pytest.raises(DisagreementError):
        replay.compare({"boxes": np.zeros((1, 4), np.float32)}, none, {})
