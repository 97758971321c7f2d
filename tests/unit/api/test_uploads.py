"""What people have, sent to the typed route: pictures, forms, tables; and what is answered."""

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from functions.api.app import create_app
from inference.models import ModelFolder
from tests.folders import change, copy_iris
from tests.processes import MODELS_WITH_INPUTS, REPOSITORY

PICTURES = REPOSITORY / "tests/data/digits"
SEVEN = (PICTURES / "seven.png").read_bytes()
TWO = (PICTURES / "two.png").read_bytes()
B64 = {"b64": base64.b64encode(SEVEN).decode()}
COLUMNS = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
TABLE = {"kind": "table", "columns": [{"name": name} for name in COLUMNS]}
CSV = ",".join(COLUMNS) + "\n5.1,3.5,1.4,0.2\n6.7,3.1,5.6,2.4\n"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    shutil.copytree(MODELS_WITH_INPUTS / "digits", tmp_path / "digits")
    change(copy_iris(tmp_path), inputs={"flower": TABLE})
    copy_iris(tmp_path, "plain")
    with TestClient(create_app(ModelFolder(tmp_path))) as client:
        yield client


def labels(answer: list[dict[str, Any]]) -> list[str]:
    scores = [entry["score"] for entry in answer]
    assert scores == sorted(scores, reverse=True)
    return [entry["label"] for entry in answer]


@pytest.mark.parametrize("field", ["image", "photo"])
def test_a_form_with_a_picture_gets_its_best_labels_alone(client: TestClient, field: str) -> None:
    response = client.post("/models/digits/predict", files={field: ("a.png", SEVEN, "image/png")})
    if field == "photo":
        assert response.status_code == 422
        assert "unknown field; expected 'image'" in response.json()["error"]
        return
    assert labels(response.json())[0] == "seven"
    assert len(response.json()) == 5


# `curl --data-binary @seven.png` sends the last two.
@pytest.mark.parametrize(
    "content_type", ["image/png", "image/*", "application/x-www-form-urlencoded", ""]
)
def test_the_body_itself_may_be_a_picture(client: TestClient, content_type: str) -> None:
    headers = {"content-type": content_type}
    response = client.post("/models/digits/predict?top=3", content=SEVEN, headers=headers)
    assert labels(response.json())[0] == "seven"
    assert len(response.json()) == 3


def test_several_files_of_a_form_are_rows(client: TestClient) -> None:
    files = [("image", ("a.png", SEVEN)), ("image", ("b.png", TWO))]
    answer = client.post("/models/digits/predict?top=1", files=files).json()
    assert (answer["model"], answer["version"]) == ("digits", 1)
    assert [labels(row) for row in answer["predictions"]] == [["seven"], ["two"]]


def test_pictures_stand_in_json_as_base64(client: TestClient) -> None:
    rows = {"instances": [{"image": B64}]}
    (row,) = client.post("/models/digits/predict", json=rows).json()["predictions"]
    assert row["label"] == "seven"
    assert len(row["digit"]) == 10


@pytest.mark.parametrize(
    "body",
    [
        {"instances": [B64]},
        {"instances": [{"image": B64}]},
        {"inputs": [B64]},
        {"inputs": {"image": [B64]}},
    ],
)
def test_tensorflow_serving_takes_pictures(client: TestClient, body: dict[str, Any]) -> None:
    answer = client.post("/v1/models/digits:predict", json=body).json()
    ((row,),) = (answer.values(),)
    assert max(range(10), key=row[0].__getitem__) == 7


def test_open_inference_takes_pictures(client: TestClient) -> None:
    tensor = {"name": "image", "shape": [1], "datatype": "BYTES", "data": [B64["b64"]]}
    answer = client.post("/v2/models/digits/infer", json={"inputs": [tensor]}).json()
    row = answer["outputs"][0]["data"]
    assert max(range(10), key=row.__getitem__) == 7


def test_open_inference_takes_pictures_as_bytes(client: TestClient) -> None:
    raw = b"".join(len(picture).to_bytes(4, "little") + picture for picture in (SEVEN, TWO))
    size = len(raw)
    header = (
        '{"inputs": [{"name": "image", "shape": [2, 1], "datatype": "BYTES", '
        f'"parameters": {{"binary_data_size": {size}}}}}]}}'
    ).encode()
    headers = {"Inference-Header-Content-Length": str(len(header))}
    answer = client.post("/v2/models/digits/infer", content=header + raw, headers=headers).json()
    scores = answer["outputs"][0]["data"]
    assert max(range(10), key=scores[:10].__getitem__) == 7
    assert max(range(10), key=scores[10:].__getitem__) == 2


def test_the_tensor_itself_is_still_taken(client: TestClient) -> None:
    pixels = [[[0.0]] * 8] * 8
    for path, body in (
        ("/models/digits/predict", {"instances": [{"image": pixels}, {"image": B64}]}),
        ("/v1/models/digits:predict", {"instances": [pixels]}),
        ("/v1/models/digits:predict", {"inputs": [pixels]}),
    ):
        assert client.post(path, json=body).status_code == 200


@pytest.mark.parametrize(
    ("content", "content_type", "status", "expected"),
    [
        (b"<svg/>", "image/svg+xml", 422, "'image': "),
        (SEVEN[:60], "image/png", 422, "'image': "),
        (b"", "image/png", 422, "'image': "),
        (b"seven", "text/plain", 415, "takes application/json, multipart/form-data, image/*"),
        (b"PK", "application/zip", 415, "takes application/json, multipart/form-data, image/*"),
    ],
)
def test_what_is_no_picture_is_refused(
    client: TestClient, content: bytes, content_type: str, status: int, expected: str
) -> None:
    headers = {"content-type": content_type}
    response = client.post("/models/digits/predict", content=content, headers=headers)
    assert response.status_code == status
    assert expected in response.json()["error"]


def test_each_wrong_picture_of_several_is_named(client: TestClient) -> None:
    rows = {"instances": [{"image": B64}, {"image": {"b64": "AAAA"}}, {"image": {"b64": "?"}}]}
    response = client.post("/models/digits/predict", json=rows)
    assert response.status_code == 422
    fields = [detail["field"] for detail in response.json()["details"]]
    assert fields == ["body.instances.1.image", "body.instances.2.image"]


def test_more_pictures_than_the_model_takes_are_refused_before_they_are_read(
    client: TestClient,
) -> None:
    rows = {"instances": [{"image": {"b64": "AAAA"}}] * 2000}
    response = client.post("/models/digits/predict", json=rows)
    assert response.status_code == 413
    assert "max_batch" in response.json()["error"]


def test_a_table_arrives_as_csv_or_by_column(client: TestClient) -> None:
    headers = {"content-type": "text/csv; charset=utf-8"}
    answer = client.post("/models/iris/predict", content=CSV, headers=headers).json()
    assert [row["label"] for row in answer["predictions"]] == ["setosa", "virginica"]
    row = dict(zip(COLUMNS, [5.1, 3.5, 1.4, 0.2], strict=True))
    same = client.post("/models/iris/predict", json={"instances": [row]}).json()
    assert same["predictions"] == answer["predictions"][:1]
    best = client.post("/models/iris/predict?top=2", content=CSV, headers=headers).json()
    assert [labels(row)[0] for row in best["predictions"]] == ["setosa", "virginica"]
    form = client.post("/models/iris/predict", data={k: str(v) for k, v in row.items()})
    assert form.status_code == 422  # a plain form is read as JSON, because `curl -d` sends one
    form = client.post("/models/iris/predict", files={k: (None, str(v)) for k, v in row.items()})
    assert labels(form.json())[0] == "setosa"


def test_a_wrong_column_names_the_known_ones(client: TestClient) -> None:
    row = dict.fromkeys(COLUMNS, 1.0) | {"petal_widht": 2}
    response = client.post("/models/iris/predict", json={"instances": [row]})
    assert response.status_code == 422
    assert "did you mean 'petal_width'?" in response.json()["error"]
    del row["petal_widht"], row["sepal_width"]
    response = client.post("/models/iris/predict", json={"instances": [row]})
    assert response.status_code == 422
    (detail,) = response.json()["details"]
    assert detail["field"] == "body.instances.0.sepal_width"


def test_a_model_without_declarations_takes_tensors_alone(client: TestClient) -> None:
    files = {"flower": ("a.png", SEVEN, "image/png")}
    response = client.post("/models/plain/predict", files=files)
    assert response.status_code == 415
    assert "takes application/json" in response.json()["error"]


def test_top_needs_labels_and_a_sensible_number(tmp_path: Path) -> None:
    change(copy_iris(tmp_path, "nameless"), labels=[])
    copy_iris(tmp_path, "plain")
    with TestClient(create_app(ModelFolder(tmp_path))) as client:
        body = {"instances": [{"flower": [1, 2, 3, 4]}]}
        for query in ("top=0", "top=-1", "top=x"):
            response = client.post(f"/models/plain/predict?{query}", json=body)
            assert response.status_code == 422
            assert "top" in response.json()["error"]
        response = client.post("/models/nameless/predict?top=2", json=body)
        assert response.status_code == 422
        assert "has no labels" in response.json()["error"]
        everything = client.post("/models/plain/predict?top=100", json=body).json()
        assert len(everything["predictions"][0]) == 3


def test_openapi_shows_every_form_of_a_body(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    digits = paths["/models/digits/predict"]["post"]
    assert set(digits["requestBody"]["content"]) == {
        "application/json",
        "multipart/form-data",
        "image/*",
    }
    assert [parameter["name"] for parameter in digits["parameters"]] == ["top"]
    table = paths["/models/iris/predict"]["post"]["description"].split("```")[1].strip()
    response = client.post(
        "/models/iris/predict", content=table, headers={"content-type": "text/csv"}
    )
    assert response.status_code == 200
