"""Files of what people have: keys of pictures, objects by column."""

import base64
import shutil
from pathlib import Path
from typing import Any

import pytest

from functions.scheduled import handler, pictures
from inference.models import ModelFolder
from tests.aws import context
from tests.buckets import BUCKET, contents, rows
from tests.folders import change, copy_iris
from tests.processes import MODELS_WITH_INPUTS, REPOSITORY

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:botocore")
CONTEXT = context("ScheduledFunction")
DIGITS = REPOSITORY / "tests/data/digits"
COLUMNS = ["sepal_length", "sepal_width", "petal_length", "petal_width"]


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(MODELS_WITH_INPUTS / "digits", tmp_path / "digits")
    columns = [{"name": name} for name in COLUMNS]
    change(copy_iris(tmp_path), inputs={"flower": {"kind": "table", "columns": columns}})
    monkeypatch.setattr(handler, "_models", ModelFolder(tmp_path))


def score(s3: Any, model: str, lines: list[str], folder: str) -> tuple[dict[int, Any], Any]:
    """Predictions and errors, by row."""
    s3.put_object(Bucket=BUCKET, Key="in/rows.jsonl", Body="\n".join(lines).encode())
    event = {
        "scheduled_time": "2026-11-25T15:00:00Z",
        "model": model,
        "source": f"s3://{BUCKET}/in/rows.jsonl",
        "target": f"s3://{BUCKET}/{folder}",
    }
    run = handler.lambda_handler(event, CONTEXT)["batch"]
    written = contents(s3, f"{folder}/{run}/")
    scored = rows(written["part-00000.jsonl.gz"])
    rejected = rows(written.get("rejects-00000.jsonl.gz", b""))
    return (
        {row["row"]: row["prediction"] for row in scored},
        {row["row"]: row["error"] for row in rejected},
    )


def test_a_row_names_a_picture_in_s3(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_MOST_BYTES", 1000)
    for name in ("seven", "two"):
        key = f"pictures/{name}.png"
        s3.put_object(Bucket=BUCKET, Key=key, Body=(DIGITS / f"{name}.png").read_bytes())
    s3.put_object(Bucket=BUCKET, Key="pictures/large.png", Body=b"\x89PNG" * 300)
    s3.put_object(Bucket=BUCKET, Key="pictures/text.png", Body=b"no picture")
    inline = base64.b64encode((DIGITS / "four.png").read_bytes()).decode()
    lines = [
        '"pictures/seven.png"',
        f'{{"image": "s3://{BUCKET}/pictures/two.png"}}',
        f'{{"image": {{"b64": "{inline}"}}}}',
        '"pictures/missing.png"',
        '"s3://no-such-bucket/a.png"',
        '"pictures/large.png"',
        '{"image": "pictures/text.png"}',
        "7",
    ]
    predictions, errors = score(s3, "digits", lines, "digits-out")
    assert {row: value["label"] for row, value in predictions.items()} == {
        1: "seven",
        2: "two",
        3: "four",
    }
    assert len(predictions[1]["digit"]) == 10
    missing = f"s3://{BUCKET}/pictures/missing.png"
    assert errors[4] == f"there is no picture {missing}, or it may not be read"
    assert "no-such-bucket" in errors[5]
    assert errors[6] == f"the picture s3://{BUCKET}/pictures/large.png has more than 1000 bytes"
    assert errors[7].startswith("'image': ")
    assert set(errors) == {4, 5, 6, 7, 8}


def test_a_row_is_an_object_by_column(s3: Any) -> None:
    lines = [
        '{"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}',
        "[6.7, 3.1, 5.6, 2.4]",
        '{"sepal_length": 5.1, "sepal_widht": 3.5, "petal_length": 1.4, "petal_width": 0.2}',
    ]
    predictions, errors = score(s3, "iris", lines, "iris-out")
    assert [predictions[row]["label"] for row in (1, 2)] == ["setosa", "virginica"]
    assert "did you mean 'sepal_width'?" in errors[3]
